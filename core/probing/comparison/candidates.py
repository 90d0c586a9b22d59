"""From a probe's result to a candidate for the verdict, with the registry's facts about its backbone."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from core.backbones import registry
from core.backbones.names import joined, parts
from core.backbones.spec import BackboneInfo
from core.errors import BackboneError
from core.probing.comparison.against import BackboneCandidate
from core.probing.crossval.crossval import ProbeResult


def candidate(result: ProbeResult, *, with_probe: bool = False) -> BackboneCandidate:
    """A result as a candidate."""
    name = f"{result.backbone} · {result.probe}" if with_probe else result.backbone
    fold_accuracy, cost = np.array(result.fold_accuracy), _gflops(info_of(result.backbone))
    return BackboneCandidate(name, fold_accuracy, result.oof, cost, is_floor(result.backbone))


def best_pair(ranked: Sequence[ProbeResult]) -> str:
    """The name of the two most accurate networks side by side; "" where there are fewer than two.

    Args:
        ranked: one probe's results, the most accurate first.
    """
    alone = [result.backbone for result in ranked if is_alone(result.backbone)]
    return joined(alone[:2]) if len(alone) > 1 else ""


def is_alone(backbone: str) -> bool:
    """Whether this is one network: neither the floor nor several side by side."""
    return not is_floor(backbone) and len(parts(backbone)) == 1


def info_of(backbone: str) -> BackboneInfo | None:
    """The registry's entry for a backbone; None for one that the registry no longer has."""
    try:
        return registry.info(backbone)
    except BackboneError:
        return None


def is_floor(backbone: str) -> bool:
    """Whether a backbone is the floor: no network, and so what every network has to beat."""
    info = info_of(backbone)
    return info is not None and info.is_floor


def _gflops(info: BackboneInfo | None) -> float:
    """Multiply-adds an image, in 10⁹; infinite where they are not known."""
    if info is None:
        return math.inf
    if info.parts:
        return sum(map(_gflops, info.parts))
    return info.gflops if info.gflops or info.is_floor else math.inf
