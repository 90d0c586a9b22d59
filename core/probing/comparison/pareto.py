"""Accuracy against cost, and the backbones that no other one beats in both."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from core.probing.comparison.candidates import info_of, is_floor
from core.probing.crossval.crossval import ProbeResult

COSTS = ("time_ms", "size_mb", "memory_mb", "gflops")
"""Milliseconds an image here, MiB of weights on the disk, MiB of memory for one image, 10⁹ multiply-adds an image."""


@dataclass(frozen=True, eq=False)
class CostPoint:
    """A result with its cost.

    Attributes:
        result: how well a backbone does.
        cost: what it costs, above 0 (the floor may cost 0); None where that is not known.
        is_floor: whether this is no network.
        on_front: whether no network is at least as accurate at no higher cost, and better in one of the two.
    """

    result: ProbeResult
    cost: float | None
    is_floor: bool
    on_front: bool


def against_cost(results: Sequence[ProbeResult], cost: str) -> tuple[CostPoint, ...]:
    """Every result with one of its `COSTS`, in the order given.

    The floor is a yardstick, not a choice: with no weights and in next to no time it would be at the cheap end of every
    front, however little it can do. So it is never on the front, and neither is a network that is no more accurate than
    the floor, whatever it costs.

    Args:
        results: of backbones on the same images.
        cost: one of `COSTS`.
    """
    accuracy = [result.accuracy_mean for result in results]
    floors = [is_floor(result.backbone) for result in results]
    costs = [cost_of(result, cost) for result in results]
    floor_accuracy = max((value for value, floor in zip(accuracy, floors, strict=True) if floor), default=-math.inf)
    eligible = [not floor and value > floor_accuracy for value, floor in zip(accuracy, floors, strict=True)]
    on_front = front(
        [value if is_eligible else math.nan for value, is_eligible in zip(accuracy, eligible, strict=True)],
        [math.nan if value is None else value for value in costs],
    )
    return tuple(CostPoint(*facts) for facts in zip(results, costs, floors, on_front, strict=True))


def fronts(results: Sequence[ProbeResult]) -> dict[str, list[str]]:
    """The backbones on the front by each cost, the cheapest first; each is named once, however many probes it has."""
    names = {}
    for cost in COSTS:
        on_front = [point for point in against_cost(results, cost) if point.on_front]
        ranked = sorted(on_front, key=lambda point: (point.cost or 0.0, point.result.accuracy_mean))
        names[cost] = list(dict.fromkeys(point.result.backbone for point in ranked))
    return names


def front(accuracy: Sequence[float], cost: Sequence[float]) -> list[bool]:
    """Which of some choices are on the Pareto front of high accuracy and low cost.

    A choice is off the front where another is at least as accurate at no higher cost, and better in one of the two. So
    equal choices are on it together or off it together. A choice with an unknown number (NaN) is off the front, and
    keeps no other one off.
    """
    a, c = np.asarray(accuracy, dtype=np.float64), np.asarray(cost, dtype=np.float64)
    is_known = ~(np.isnan(a) | np.isnan(c))
    return [
        bool(is_known[i] and not (is_known & (a >= a[i]) & (c <= c[i]) & ((a > a[i]) | (c < c[i]))).any())
        for i in range(len(a))
    ]


def cost_of(result: ProbeResult, cost: str) -> float | None:
    """What a result's backbone costs by one of `COSTS`; None where that is not known."""
    if cost == "time_ms":
        speed = result.images_per_s
        return 1000 / speed if math.isfinite(speed) and speed > 0 else None
    info = info_of(result.backbone)
    measured = result.size_mb if cost == "size_mb" else 0.0
    value = float(measured or (getattr(info, cost) if info else 0.0))
    return value if value or (info is not None and info.is_floor) else None
