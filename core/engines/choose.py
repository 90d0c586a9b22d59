"""Which engine runs a network: the fastest on this machine that is proved to give the plain engine's results.

The choice comes first and costs nothing, since the feature store's key depends on it; the check needs the network and a
batch, and is made when there is something to compute.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from time import perf_counter
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from core.engines.engine import FP32, Engine, Forward
from core.engines.onnx import OnnxRuntime
from core.engines.torch import FusedTorch, PlainTorch
from core.i18n import gettext as _

if TYPE_CHECKING:
    from torch import Tensor, nn

LEAST_COSINE = 0.999
_MOST_SAVED = 0.5
"""An engine that needs a start is worth it where that takes less than this share of what is left without it."""

PLAIN = PlainTorch()
"""The engine that others are checked against: it runs every network on every machine."""

ENGINES: list[Engine] = [OnnxRuntime(), FusedTorch(), PLAIN]
"""The fastest first, as a rule."""


@dataclass(frozen=True, eq=False)
class CheckedNetwork:
    """A network that is ready to run.

    Attributes:
        engine: the engine that runs it: the chosen one, or the plain one.
        forward: runs it over a batch.
        note: what the user should know about the engine; "" where there is nothing.
        later: an engine that was not tried, since its start would take longer than it can save here.
    """

    engine: Engine
    forward: Forward
    note: str = ""
    later: Engine | None = None


def choose(precision: str = "") -> Engine:
    """The fastest engine that is available here, with this precision where one is named."""
    return next(iter(_available(precision)), PLAIN)


def named(name: str) -> Engine | None:
    """The engine of that name; None where there is none here."""
    return next((engine for engine in _available("") if engine.name == name), None)


def check(engine: Engine, network: nn.Module, batch: Tensor, images: int = 0) -> CheckedNetwork:
    """Prepares the quickest engine, of those with the precision of `engine`, that gives what the plain one gives.

    An engine that needs a start, such as writing a graph, is tried where it may save more than that, and is used where
    it is quicker over the batch. Results agree where, for each image, they have the same direction.

    Args:
        engine: as `choose` gives it.
        network: gives one row of numbers for each image.
        batch: normalised images (b, 3, h, w).
        images: how many there are in all; 0 where this is the last time that the network runs as it is now.
    """
    rivals = [rival for rival in dict.fromkeys([engine, *_available(engine.precision)]) if rival != PLAIN]
    if not rivals:
        return CheckedNetwork(PLAIN, PLAIN.prepare(network, batch))
    best, seconds, expected = _tried(PLAIN, network, batch)
    for rival in reversed(rivals):
        start_s, left_s = rival.start_s(network, batch), seconds * max(images - len(batch), 0) / len(batch)
        if start_s > _MOST_SAVED * left_s:
            best = replace(best, later=rival if images and math.isfinite(start_s) else None)
            continue
        try:
            tried, took, output = _tried(rival, network, batch)
            agrees = agreement(expected, output) >= LEAST_COSINE
        except RuntimeError:  # the engine or the device does not support a layer, or has too little memory
            agrees = False
        if not agrees:
            best = replace(best, note=_disagrees(rival, best.engine))
        elif start_s == 0 or took < seconds:
            best, seconds = tried, took
    return best


def _tried(engine: Engine, network: nn.Module, batch: Tensor) -> tuple[CheckedNetwork, float, NDArray[np.float32]]:
    """The network as an engine has prepared it, the seconds that a batch takes it, and what it makes of the batch."""
    forward = engine.prepare(network, batch)
    started = perf_counter()
    output = forward(batch)
    return CheckedNetwork(engine, forward), perf_counter() - started, output


def _disagrees(engine: Engine, instead: Engine) -> str:
    return _("{engine} gives other features on this machine, so {instead} is used.").format(
        engine=engine.name, instead=instead.name
    )


def _available(precision: str) -> list[Engine]:
    return [engine for engine in ENGINES if engine.is_available() and precision in ("", engine.precision)]


def exact() -> Engine:
    """The fastest engine that computes in float32 throughout."""
    return choose(FP32)


def agreement(a: NDArray[np.float32], b: NDArray[np.float32]) -> float:
    """The least cosine between rows of two (n, d) arrays; not-a-number counts as no agreement."""
    tiny = 1e-12
    a64, b64 = a.astype(np.float64), b.astype(np.float64)
    norms = np.linalg.norm(a64, axis=1) * np.linalg.norm(b64, axis=1)
    cosines = ((a64 * b64).sum(axis=1) + tiny) / (norms + tiny)
    return float(np.nan_to_num(cosines, nan=0.0).min(initial=1.0))
