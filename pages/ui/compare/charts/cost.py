"""Accuracy against what a backbone costs."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise
from typing import Any

import plotly.graph_objects as go

from core.i18n import gettext as _
from core.numbers import decimal, megabytes, percent
from core.probing.comparison.pareto import CostPoint, against_cost
from core.probing.crossval.crossval import ProbeResult
from pages.ui.charts import axes, base
from pages.ui.charts.accuracy import ends, hover_words, names
from pages.ui.compare.charts.placing import AT_ENDS, Dot, Label, labels_of

_HEIGHT_PX, _LINE_PX = 420, 17
_LONGEST, _LINE_LENGTH = 22, 58  # characters of a name, and of a line of names

Names = Mapping[ProbeResult, str]
Labels = Mapping[ProbeResult, Label]
Ranges = tuple[Sequence[float], Sequence[float]]
"""Of the axis of costs, logarithmic, and of that of accuracies."""


def accuracy_against_cost(results: Sequence[ProbeResult], cost: str = "time_ms") -> go.Figure:
    """Accuracy with its interval against a cost, with the Pareto front as a line through full dots.

    The floor, which is no network, is a line across; results whose cost is not known are left out. A dot whose name has
    no room carries a number, those off the front first; the legend's title has the names by number.

    Args:
        results: one for each backbone.
        cost: one of `core.probing.comparison.pareto.COSTS`.
    """
    all_points = against_cost(results, cost)
    dots = sorted(
        (point for point in all_points if point.cost and not point.is_floor),
        key=lambda point: (point.cost, -_accuracy(point)),
    )
    costs = [point.cost for point in dots if point.cost]
    cost_axis = axes.log_axis(COST_AXES[cost](), min(costs, default=1.0), max(costs, default=100.0))
    floors = [point for point in all_points if point.is_floor]
    accuracy_axis = _accuracy_axis(dots, floors)
    called, ranges = names(results), (cost_axis["range"], accuracy_axis["range"])
    labels = _labels(dots, floors, called, ranges)
    key = _key(
        [labels[point.result].lines[0], called[point.result]] for point in dots if labels[point.result].is_number
    )
    on_front = [point for point in dots if point.on_front]
    return base.figure(
        _dots([point for point in dots if not point.on_front], cost, called, labels, front=False),
        _dots(on_front, cost, called, labels, front=True),
        _at_ends(dots, labels, ranges[1]),
        *(_floor(floor, called[floor.result], *ranges) for floor in floors),
        height=_HEIGHT_PX + _LINE_PX * len(key),
        showlegend=True,
        legend={**base.legend_below(), "title": {"text": "<br>".join(key)}},
        xaxis=cost_axis,
        yaxis=accuracy_axis,
    )


def _key(numbered: Iterable[Sequence[str]]) -> list[str]:
    """The names by number, in lines that fit on a phone; none where there are no numbers."""
    entries = [f"{number} {' '.join(base.lines(name, _LONGEST))}" for number, name in numbered]
    lines: list[str] = []
    for entry in entries:
        if lines and len(lines[-1]) + len(entry) < _LINE_LENGTH:
            lines[-1] += f" · {entry}"
        else:
            lines.append(entry)
    return [base.literal(line) for line in lines]


def _accuracy_axis(dots: Sequence[CostPoint], floors: Sequence[CostPoint]) -> dict[str, Any]:
    """The axis of accuracy; a floor far below the networks is left out, so that these stay apart."""
    values = ends([point.result for point in dots], "accuracy")
    low, high = min(values, default=0.0), max(values, default=1.0)
    floors_in_sight = [value for value in map(_accuracy, floors) if value > low - 1.5 * (high - low)]
    return axes.share_axis(_("accuracy"), [*values, *floors_in_sight])


def _labels(dots: Sequence[CostPoint], floors: Sequence[CostPoint], called: Names, ranges: Ranges) -> Labels:
    """What stands beside each dot, its name or a number, and where; names on the front are placed first."""
    by_priority = sorted(dots, key=lambda point: (not point.on_front, -_accuracy(point)))
    placed = [_placed(point, tuple(base.lines(called[point.result], _LONGEST)), ranges) for point in by_priority]
    stairs = sorted((at.x, at.y) for at, point in zip(placed, by_priority, strict=True) if point.on_front)
    steps = [
        line
        for (x, y), (next_x, next_y) in pairwise(stairs)
        for line in ((x, y, next_x, y), (next_x, y, next_x, next_y))
    ]
    across = [(0.0, y, 1.0, y) for y in (_share_along(_accuracy(floor), ranges[1]) for floor in floors)]
    labels = labels_of(placed, [*steps, *across])
    return {point.result: label for point, label in zip(by_priority, labels, strict=True)}


def _placed(point: CostPoint, name: tuple[str, ...], ranges: Ranges) -> Dot:
    """Where a dot and its interval's bar are in the plot."""
    x = _share_along(math.log10(point.cost or 1.0), ranges[0])
    heights = [_share_along(value, ranges[1]) for value in (_accuracy(point), *point.result.accuracy_ci)]
    return Dot(x, heights[0], min(heights), max(heights), name)


def _share_along(value: float, axis: Sequence[float]) -> float:
    """How far `value` is along the axis between its ends, 0 to 1."""
    return (value - axis[0]) / (axis[1] - axis[0])


def _dots(points: Sequence[CostPoint], cost: str, called: Names, labels: Labels, *, front: bool) -> go.Scatter:
    results = [dot.result for dot in points]
    color = base.BLUE if front else base.GREY
    accuracy = [_accuracy(dot) for dot in points]
    beside = [label if label.position not in AT_ENDS else None for label in (labels[result] for result in results)]
    return go.Scatter(
        x=[dot.cost for dot in points],
        y=accuracy,
        error_y=base.error_bars(accuracy, [result.accuracy_ci for result in results], color),
        mode="lines+markers+text" if front else "markers+text",
        line={"color": color, "width": 2, "shape": "hv"},
        marker={
            "color": color,
            "symbol": "circle" if front else "circle-open",
            "size": 12,
            "line": {"width": 2, "color": color},
        },
        name=_("Pareto front: no other is both cheaper and better") if front else _("off the front"),
        text=["<br>".join(f"  {base.literal(line)}  " for line in label.lines) if label else "" for label in beside],
        textposition=[label.position if label else "middle right" for label in beside],
        cliponaxis=False,
        customdata=[[result.backbone, result.probe] for result in results],
        hoverinfo="text",
        hovertext=[
            base.words(hover_words(dot.result, called[dot.result], "accuracy"), _cost_words(dot, cost))
            for dot in points
        ],
    )


def _at_ends(dots: Sequence[CostPoint], labels: Labels, accuracy_range: Sequence[float]) -> go.Scatter:
    """The labels that stand over or under their dots' bars."""
    points = [dot for dot in dots if labels[dot.result].position in AT_ENDS]
    placed = [labels[point.result] for point in points]
    air = 0.012 * (accuracy_range[1] - accuracy_range[0])  # some 3 pixels
    ends = [sorted((_accuracy(point), *point.result.accuracy_ci)) for point in points]
    over_or_under = [
        end[-1] + air if label.position == AT_ENDS[0] else end[0] - air for end, label in zip(ends, placed, strict=True)
    ]
    return go.Scatter(
        x=[point.cost for point in points],
        y=over_or_under,
        mode="text",
        text=["<br>".join(map(base.literal, label.lines)) for label in placed],
        textposition=[label.position for label in placed],
        cliponaxis=False,
        hoverinfo="skip",
        showlegend=False,
    )


def _floor(floor: CostPoint, name: str, cost_range: Sequence[float], accuracy_range: Sequence[float]) -> go.Scatter:
    value = _accuracy(floor)
    legend = (
        _("the floor, no network: {name}, {accuracy}")
        if value >= accuracy_range[0]
        else _("the floor, no network, is below this figure: {name}, {accuracy}")
    ).format(name=base.short(name), accuracy=percent(value))
    steps = 20  # invisible points, so that the hover text appears along the whole line
    return go.Scatter(
        x=[10 ** (cost_range[0] + (cost_range[1] - cost_range[0]) * step / steps) for step in range(steps + 1)],
        y=[value] * (steps + 1),
        mode="lines",
        line={"color": base.ORANGE, "width": 2, "dash": "dot"},
        name=legend,
        hoverinfo="text",
        hovertext=hover_words(floor.result, name, "accuracy"),
    )


def _accuracy(point: CostPoint) -> float:
    return point.result.accuracy_mean


def _cost_words(point: CostPoint, cost: str) -> str:
    """The cost in words, where the result's hover text does not have it already."""
    if cost == "memory_mb":
        return _("{size} of memory for one photo").format(size=megabytes(point.cost or 0.0))
    if cost == "gflops":
        return _("{value} × 10⁹ multiply-adds per photo").format(value=decimal(point.cost or 0.0, 2))
    return ""


COST_AXES = {
    "time_ms": lambda: _("time (ms per photo, logarithmic)"),
    "size_mb": lambda: _("size of the weights (MB, logarithmic)"),
    "memory_mb": lambda: _("memory for one photo (MB, logarithmic)"),
    "gflops": lambda: _("multiply-adds (10⁹ per photo, logarithmic)"),
}
