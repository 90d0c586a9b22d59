"""Which engine runs a network: the fastest on this machine that is proved to give the plain engine's results.

The choice comes first and costs nothing, since the feature store's key depends on it; the check needs the network and a
batch, and is made when there is something to compute.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from core.engines.engine import FP32, Engine, Forward
from core.engines.torch import FusedTorch, PlainTorch
from core.i18n import gettext as _

if TYPE_CHECKING:
    from torch import Tensor, nn

LEAST_COSINE = 0.999
PLAIN = PlainTorch()
"""The engine that others are checked against: it runs every network on every machine."""

ENGINES: list[Engine] = [FusedTorch(), PLAIN]
"""The fastest first."""


@dataclass(frozen=True, eq=False)
class CheckedNetwork:
    """A network that is ready to run.

    Attributes:
        engine: the engine that runs it: the chosen one, or the plain one.
        forward: runs it over a batch.
        note: what the user should know about the engine; "" where there is nothing.
    """

    engine: Engine
    forward: Forward
    note: str = ""


def choose(precision: str = "") -> Engine:
    """The fastest engine that is available here, with this precision where one is named."""
    suitable = (engine for engine in ENGINES if engine.is_available() and precision in ("", engine.precision))
    return next(suitable, PLAIN)


def check(engine: Engine, network: nn.Module, batch: Tensor) -> CheckedNetwork:
    """Prepares `engine` if its results for a batch have the directions of the plain engine's, else the plain engine.

    Args:
        engine: as `choose` gives it.
        network: gives one row of numbers for each image.
        batch: normalised images (b, 3, h, w).
    """
    plain_forward = PLAIN.prepare(network)
    if engine == PLAIN:
        return CheckedNetwork(PLAIN, plain_forward)
    try:
        forward = engine.prepare(network)
        cosine = agreement(plain_forward(batch), forward(batch))
    except RuntimeError:  # the engine or the device does not support a layer, or has too little memory
        cosine = 0.0
    if cosine >= LEAST_COSINE:
        return CheckedNetwork(engine, forward)
    return CheckedNetwork(
        PLAIN, plain_forward, _("The faster way gives other features on this machine, so the plain one is used.")
    )


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
