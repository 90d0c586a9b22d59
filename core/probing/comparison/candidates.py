"""A probe's result as the verdict sees it, with what the registry knows of its backbone."""

from __future__ import annotations

import math

import numpy as np

from core.backbones import registry
from core.backbones.spec import BackboneInfo
from core.errors import BackboneError
from core.probing.comparison.verdict import Candidate
from core.probing.crossval.crossval import ProbeResult


def candidate(result: ProbeResult, *, with_probe: bool = False) -> Candidate:
    """What the verdict needs to know of a result; of several backbones together the cost is the sum."""
    name = f"{result.backbone} · {result.probe}" if with_probe else result.backbone
    cost = sum(_gflops(member) for member in result.backbone.split(" + "))
    return Candidate(name, np.array(result.fold_accuracy), result.oof, cost, is_floor(result.backbone))


def known(backbone: str) -> BackboneInfo | None:
    """What the registry knows of a backbone; None of several together, or of one that is gone."""
    try:
        return registry.info(backbone)
    except BackboneError:
        return None


def is_floor(backbone: str) -> bool:
    """Whether this is no network, which a backbone has to beat."""
    info = known(backbone)
    return info is not None and info.is_floor


def _gflops(backbone: str) -> float:
    """Multiply-adds for an image, in 10⁹; infinite where that is not known."""
    info = known(backbone)
    if info is None:
        return math.inf
    return info.gflops if info.gflops or info.is_floor else math.inf
