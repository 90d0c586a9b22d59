"""From a probe's result to a candidate for the verdict, with the registry's facts about its backbone."""

from __future__ import annotations

import math

import numpy as np

from core.backbones import registry
from core.backbones.spec import BackboneInfo
from core.errors import BackboneError
from core.probing.comparison.verdict import BackboneCandidate
from core.probing.crossval.crossval import ProbeResult


def candidate(result: ProbeResult, *, with_probe: bool = False) -> BackboneCandidate:
    """A result as a candidate; several backbones together cost the sum of their costs."""
    name = f"{result.backbone} · {result.probe}" if with_probe else result.backbone
    cost = sum(_gflops(member) for member in result.backbone.split(" + "))
    return BackboneCandidate(name, np.array(result.fold_accuracy), result.oof, cost, is_floor(result.backbone))


def info_of(backbone: str) -> BackboneInfo | None:
    """The registry's entry for a backbone; None for several together, or for one that the registry no longer has."""
    try:
        return registry.info(backbone)
    except BackboneError:
        return None


def is_floor(backbone: str) -> bool:
    """Whether a backbone is the floor: no network, and so what every network has to beat."""
    info = info_of(backbone)
    return info is not None and info.is_floor


def _gflops(backbone: str) -> float:
    """Multiply-adds an image, in 10⁹; infinite where they are not known."""
    info = info_of(backbone)
    if info is None:
        return math.inf
    return info.gflops if info.gflops or info.is_floor else math.inf
