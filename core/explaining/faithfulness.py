"""How far a heat map can be believed: its brightest places are hidden, and shown alone, against others of that shape.

Source: V. Petsiuk, A. Das and K. Saenko, "RISE: Randomized Input Sampling for Explanation of Black-box Models", BMVC
2018. Their areas say little by themselves, as a model may fall for any hole in a photo; so each is held against the
same map moved elsewhere, which hides as much in pieces of the same shape, and against the middle of the photo, where
most subjects are: a map that knows nothing of the photo but that would be as good.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from core.explaining.believed import Faithfulness
from core.explaining.records import CELLS, HeatMap
from core.explaining.subject import Photo, Subject

SHARES = (0.0, 0.1, 0.2, 0.35, 0.5, 0.7, 1.0)
"""How much of what is seen of the photo is hidden, or shown."""

DRAWS = 19
"""Against so many maps elsewhere: that a map of no worth beats them all has a chance of 5 %."""


def faithfulness(subject: Subject, photo: Photo, heat: HeatMap, target: int, seed: int = 0) -> Faithfulness:
    """Tests a map by what the model says when the brightest places are hidden, and when only these are seen.

    What is hidden has the mean colour; where a part is shown alone, the rest of the photo is blurred.

    Args:
        subject: the model.
        photo: as the model sees it.
        heat: the map.
        target: the class that it is about.
        seed: of how the map is moved elsewhere.
    """
    orders = [ranks(heat.cells()), middle(), *moved(heat.cells(), seed)]
    hidden = _curves(subject, target, orders, photo.hidden)
    shown = _curves(subject, target, orders, lambda first: photo.hidden(~first, photo.blurred))
    return Faithfulness(
        shares=SHARES,
        hidden=_plain(hidden[0]),
        shown=_plain(shown[0]),
        hidden_elsewhere=tuple(map(_plain, hidden[2:])),
        shown_elsewhere=tuple(map(_plain, shown[2:])),
        hidden_middle=_plain(hidden[1]),
        shown_middle=_plain(shown[1]),
    )


def ranks(cells: NDArray[np.float64], seed: int = 0) -> NDArray[np.int64]:
    """(CELLS, CELLS): the place of each cell when they are sorted, the brightest first; equal ones in any order."""
    shuffled = np.random.default_rng(seed).permutation(cells.size)
    order = shuffled[np.argsort(-cells.ravel()[shuffled], kind="stable")]
    places = np.empty(cells.size, dtype=np.int64)
    places[order] = np.arange(cells.size)
    return places.reshape(cells.shape)


def middle() -> NDArray[np.int64]:
    """The ranks of a map that is the brighter the nearer to the middle, whatever the photo."""
    away = np.arange(CELLS) - (CELLS - 1) / 2
    return ranks(-np.hypot(away[:, None], away))


def moved(cells: NDArray[np.float64], seed: int) -> list[NDArray[np.int64]]:
    """The ranks of `DRAWS` maps: the same one moved far to the side, or up; what leaves it comes in again opposite."""
    rng = np.random.default_rng(seed)
    steps = rng.integers(CELLS // 4, CELLS - CELLS // 4 + 1, size=(DRAWS, 2))
    return [np.roll(ranks(cells), (int(down), int(right)), (0, 1)) for down, right in steps]


def _curves(
    subject: Subject, target: int, orders: Sequence[NDArray[np.int64]], drawn: Callable[[NDArray[np.bool_]], Tensor]
) -> list[NDArray[np.float32]]:
    """The probabilities by share of each order; with none and with all of the cells they are the same of all orders."""
    none, whole = _proba(subject, target, [drawn(_first(orders[0], share)) for share in (SHARES[0], SHARES[-1])])
    between = [_proba(subject, target, [drawn(_first(order, share)) for share in SHARES[1:-1]]) for order in orders]
    return [np.array([none, *values, whole], np.float32) for values in between]


def _first(order: NDArray[np.int64], share: float) -> NDArray[np.bool_]:
    return order < round(share * order.size)


def _proba(subject: Subject, target: int, inputs: Sequence[Tensor]) -> NDArray[np.float32]:
    return subject.proba(torch.stack(list(inputs)))[:, target]


def _plain(values: NDArray[np.float32]) -> tuple[float, ...]:
    return tuple(round(float(value), 4) for value in values)
