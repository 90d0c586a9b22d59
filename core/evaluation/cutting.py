"""Images cut into parts by what is known of them: a number into quantiles, a word by its values."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

LEAST = 10
"""A slice has at least so many images; of fewer an accuracy says next to nothing."""
MOST_PARTS, MOST_VALUES = 4, 12
"""Into how many quantiles a number is cut, and how many values of a word are looked at, the commonest."""


@dataclass(frozen=True)
class Attribute:
    """Something that is known of images beside their class.

    Attributes:
        name: a code word that `core.health.attributes` says in words, such as "brightness".
        values: by the images' ids: numbers, which are cut into quantiles, or words.
    """

    name: str
    values: Mapping[str, float | str]

    @property
    def is_number(self) -> bool:
        """Whether the values are numbers."""
        return all(isinstance(value, float) for value in self.values.values())


@dataclass(frozen=True)
class Part:
    """A part of the images by one attribute.

    Attributes:
        attribute: the attribute's name.
        value: the word that these images have; "" for a number, and for several words together.
        pooled: how many words of too few images each are together here; 0 for one of its own.
        low: the least number among them; None for words.
        high: the greatest.
    """

    attribute: str
    value: str = ""
    pooled: int = 0
    low: float | None = None
    high: float | None = None


Cut = list[tuple[Part, NDArray[np.int64]]]
"""The parts by one attribute, each with its rows."""


def cut_by(attribute: Attribute, ids: Iterable[str]) -> Cut:
    """The parts of n images by an attribute; [] where there are too few, or nothing is known of them.

    Args:
        attribute: what the images are cut by.
        ids: the images' ids; the rows in the parts count these.
    """
    known = [(row, attribute.values[id_]) for row, id_ in enumerate(ids) if id_ in attribute.values]
    if not known:
        return []
    rows = np.array([row for row, _value in known])
    if attribute.is_number:
        return _by_number(attribute.name, rows, np.array([value for _row, value in known], np.float64))
    return _by_word(attribute.name, rows, [str(value) for _row, value in known])


def _by_number(name: str, rows: NDArray[np.int64], numbers: NDArray[np.float64]) -> Cut:
    """Quantiles of about as many images each; equal numbers stay together."""
    parts = min(len(rows) // LEAST, MOST_PARTS)
    if parts < 2:
        return []
    edges = np.unique(np.quantile(numbers, np.linspace(0, 1, parts + 1)[1:-1]))
    bins = np.searchsorted(edges, numbers, side="left")
    members = _joined([np.flatnonzero(bins == each) for each in range(len(edges) + 1)])
    return [
        (Part(name, low=float(numbers[part].min()), high=float(numbers[part].max())), rows[part]) for part in members
    ]


def _joined(parts: Sequence[NDArray[np.int64]]) -> list[NDArray[np.int64]]:
    """Parts in their order, of which one with too few images is joined with the one before it, or else the next."""
    joined: list[NDArray[np.int64]] = []
    for part in parts:
        if joined and (len(part) < LEAST or len(joined[-1]) < LEAST):
            joined[-1] = np.concatenate([joined[-1], part])
        elif len(part):
            joined.append(part)
    return joined


def _by_word(name: str, rows: NDArray[np.int64], words: Sequence[str]) -> Cut:
    """The commonest words, and all others together."""
    common = Counter(words).most_common()
    own = [word for word, n in common[:MOST_VALUES] if n >= LEAST]
    array = np.array(words, dtype=object)
    cut = [(Part(name, value=word), rows[array == word]) for word in own]
    others = rows[[word not in own for word in words]]
    pooled = len(common) - len(own)
    return [*cut, (Part(name, pooled=pooled), others)] if len(others) >= LEAST else cut
