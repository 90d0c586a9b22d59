"""Accuracy against what a backbone costs."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

import plotly.graph_objects as go

from core.i18n import gettext as _
from core.numbers import decimal, megabytes, percent
from core.probing.comparison.pareto import CostPoint, against_cost
from core.probing.crossval.crossval import ProbeResult
from pages.ui.charts import axes, base
from pages.ui.charts.accuracy import ends, hover_words, names
from pages.ui.compare.charts.placing import Box, text_positions
from pages.ui.text import shortened

ByResult = Mapping[ProbeResult, str]
"""A label, or the position of a label, for each result."""


def accuracy_against_cost(results: Sequence[ProbeResult], cost: str = "time_ms") -> go.Figure:
    """Accuracy with its interval against a cost, with the Pareto front as a line through full dots.

    The floor, which is no network, is a line across; results whose cost is not known are left out. A label without room
    is left out, too, those off the front first; the dot's hover text has it.

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
    labels = names(results)
    label_positions = _label_positions(dots, labels, cost_axis["range"], accuracy_axis["range"])
    off_front = [point for point in dots if not point.on_front]
    on_front = [point for point in dots if point.on_front]
    return base.figure(
        _dots(off_front, cost, labels, label_positions, front=False),
        _dots(on_front, cost, labels, label_positions, front=True),
        *(_floor(floor, labels[floor.result], cost_axis["range"], accuracy_axis["range"]) for floor in floors),
        height=420,
        showlegend=True,
        legend=base.legend_below(),
        xaxis=cost_axis,
        yaxis=accuracy_axis,
    )


def _accuracy_axis(dots: Sequence[CostPoint], floors: Sequence[CostPoint]) -> dict[str, Any]:
    """The axis of accuracy; a floor far below the networks is left out, so that these stay apart."""
    values = ends([point.result for point in dots], "accuracy")
    low, high = min(values, default=0.0), max(values, default=1.0)
    floors_in_sight = [value for value in map(_accuracy, floors) if value > low - 1.5 * (high - low)]
    return axes.share_axis(_("accuracy"), [*values, *floors_in_sight])


def _label_positions(
    dots: Sequence[CostPoint], labels: ByResult, cost_range: Sequence[float], accuracy_range: Sequence[float]
) -> ByResult:
    """The position of each dot's label, "" for those without room; labels on the front are placed first."""
    by_priority = sorted(dots, key=lambda point: (not point.on_front, -_accuracy(point)))
    dots_at = [
        (_share_along(math.log10(point.cost or 1.0), cost_range), _share_along(_accuracy(point), accuracy_range))
        for point in by_priority
    ]
    lines = [*_steps(dots_at, by_priority), *_bars(dots_at, by_priority, accuracy_range)]
    label_positions = text_positions(dots_at, [shortened(labels[point.result], 22) for point in by_priority], lines)
    return {point.result: position for point, position in zip(by_priority, label_positions, strict=True)}


def _steps(dots_at: Sequence[tuple[float, float]], dots: Sequence[CostPoint]) -> list[Box]:
    """The lines of the front's stairs."""
    steps = sorted(dot_at for dot_at, dot in zip(dots_at, dots, strict=True) if dot.on_front)
    return [
        line
        for (x, y), (next_x, next_y) in pairwise(steps)
        for line in ((x, y, next_x, y), (next_x, y, next_x, next_y))
    ]


def _bars(
    dots_at: Sequence[tuple[float, float]], dots: Sequence[CostPoint], accuracy_range: Sequence[float]
) -> list[Box]:
    """The lines of the intervals' bars."""
    spans = [ends([dot.result], "accuracy") for dot in dots]
    return [
        (x, _share_along(min(span), accuracy_range), x, _share_along(max(span), accuracy_range))
        for (x, _y), span in zip(dots_at, spans, strict=True)
    ]


def _share_along(value: float, axis: Sequence[float]) -> float:
    """How far `value` is along the axis between its ends, 0 to 1."""
    return (value - axis[0]) / (axis[1] - axis[0])


def _dots(
    points: Sequence[CostPoint], cost: str, labels: ByResult, label_positions: ByResult, *, front: bool
) -> go.Scatter:
    results = [dot.result for dot in points]
    color = base.BLUE if front else base.GREY
    accuracy = [_accuracy(dot) for dot in points]
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
        text=["  " + base.short(labels[result]) + "  " if label_positions[result] else "" for result in results],
        textposition=[label_positions[result] or "middle right" for result in results],
        cliponaxis=False,
        customdata=[[result.backbone, result.probe] for result in results],
        hoverinfo="text",
        hovertext=[
            base.words(hover_words(dot.result, labels[dot.result], "accuracy"), _cost_words(dot, cost))
            for dot in points
        ],
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
