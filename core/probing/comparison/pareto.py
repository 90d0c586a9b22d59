"""Accuracy against what a backbone costs, and which backbones no other one beats in both."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from core.backbones import registry
from core.backbones.spec import BackboneInfo

COSTS = ("time_ms", "size_mb", "memory_mb", "gflops")
"""Milliseconds an image here, MiB of weights on the disk, MiB of memory for one image, 10⁹ multiply-adds an image."""

Row = Mapping[str, Any]


@dataclass(frozen=True)
class Placed:
    """A result with its cost.

    Attributes:
        row: the result, as in `compare --json`.
        cost: what it costs, above 0 (the floor may cost 0); None where that is not known.
        floor: whether this is no network.
        on_front: whether no network is at least as accurate at no higher cost, and better in one of the two.
    """

    row: Row
    cost: float | None
    floor: bool
    on_front: bool


def against_cost(rows: Sequence[Row], cost: str) -> tuple[Placed, ...]:
    """Every result with one of its `COSTS`, in the order given.

    The floor is a yardstick, not a choice: at no weights and next to no time it would stand at the cheap end of every
    front, however little it can do. So it is never on the front; and a network that is no more accurate than the floor
    is not either, at whatever cost.

    Args:
        rows: as in the `results` of `compare --json`.
        cost: one of `COSTS`.
    """
    facts = {fact.name: fact for fact in registry.backbones()}
    known = [facts.get(str(row["backbone"])) for row in rows]  # none of two together
    floors = [fact is not None and fact.is_floor for fact in known]
    costs = [cost_of(row, fact, cost) for row, fact in zip(rows, known, strict=True)]
    least = max((row["accuracy_mean"] for row, floor in zip(rows, floors, strict=True) if floor), default=-math.inf)
    able = [not floor and row["accuracy_mean"] > least for row, floor in zip(rows, floors, strict=True)]
    on_front = front(
        [row["accuracy_mean"] if fine else math.nan for row, fine in zip(rows, able, strict=True)],
        [math.nan if value is None else value for value in costs],
    )
    return tuple(Placed(*one) for one in zip(rows, costs, floors, on_front, strict=True))


def fronts(rows: Sequence[Row]) -> dict[str, list[str]]:
    """The backbones on the front by each cost, the cheapest first; in one place for each, whatever its probes."""
    found = {}
    for cost in COSTS:
        placed = [one for one in against_cost(rows, cost) if one.on_front]
        ranked = sorted(placed, key=lambda one: (one.cost or 0.0, one.row["accuracy_mean"]))
        found[cost] = list(dict.fromkeys(str(one.row["backbone"]) for one in ranked))
    return found


def front(accuracy: Sequence[float], cost: Sequence[float]) -> list[bool]:
    """Which of some choices are on the Pareto front of high accuracy and low cost.

    A choice is off it where another is at least as accurate at no higher cost, and better in one of the two. Equal
    choices are on it together, or off it. One with a number that is not known (NaN) is off it, and keeps none off.
    """
    a, c = np.asarray(accuracy, dtype=np.float64), np.asarray(cost, dtype=np.float64)
    known = ~(np.isnan(a) | np.isnan(c))
    return [
        bool(known[i] and not (known & (a >= a[i]) & (c <= c[i]) & ((a > a[i]) | (c < c[i]))).any())
        for i in range(len(a))
    ]


def cost_of(row: Row, fact: BackboneInfo | None, cost: str) -> float | None:
    """What a result's backbone costs by one of `COSTS`; None where that is not known.

    Args:
        row: as in the `results` of `compare --json`.
        fact: what is known of its backbone.
        cost: which cost.
    """
    if cost == "time_ms":
        speed = float(row.get("images_per_s") or 0.0)
        return 1000 / speed if math.isfinite(speed) and speed > 0 else None
    value = float(row.get(cost) or (getattr(fact, cost) if fact else 0.0))
    return value if value or (fact is not None and fact.is_floor) else None
