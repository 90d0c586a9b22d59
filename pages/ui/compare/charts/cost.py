"""Accuracy against what a backbone costs."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

import plotly.graph_objects as go

from core.i18n import gettext as _
from core.probing.comparison.pareto import Placed, against_cost
from core.probing.crossval.crossval import ProbeResult
from pages.ui.charts import base
from pages.ui.charts.accuracy import ends, hover_words, names, share_axis
from pages.ui.compare.charts.placing import Box, text_positions
from pages.ui.text import percent, shortened

Called = Mapping[ProbeResult, str]
"""What to call each result, or where its name goes."""


def accuracy_against_cost(results: Sequence[ProbeResult], cost: str = "time_ms") -> go.Figure:
    """Accuracy with its interval against a cost, with the Pareto front as a line through full dots.

    The floor, which is no network, is a line across; results whose cost is not known have no place and are left out. A
    name without room is left out, too, those off the front first: its dot tells it.

    Args:
        results: how well backbones do.
        cost: one of `core.probing.comparison.pareto.COSTS`.
    """
    everyone = against_cost(results, cost)
    dots = sorted(
        (placed for placed in everyone if placed.cost and not placed.is_floor),
        key=lambda placed: (placed.cost, -_accuracy(placed)),
    )
    costs = [placed.cost for placed in dots if placed.cost]
    across = base.log_axis(min(costs, default=1.0), max(costs, default=100.0))
    floors = [placed for placed in everyone if placed.is_floor]
    upwards = _upwards(dots, floors)
    called = names(results)
    where = _labels(dots, called, across["range"], upwards["range"])
    off = [placed for placed in dots if not placed.on_front]
    on = [placed for placed in dots if placed.on_front]
    return base.figure(
        _dots(off, cost, called, where, front=False),
        _dots(on, cost, called, where, front=True),
        *(_floor(floor, called[floor.result], across["range"], upwards["range"]) for floor in floors),
        height=420,
        showlegend=True,
        legend=base.legend_below(),
        xaxis={"title": {"text": COST_AXES[cost]()}, **across},
        yaxis=upwards,
    )


def _upwards(dots: Sequence[Placed], floors: Sequence[Placed]) -> dict[str, Any]:
    """The axis of accuracy; a floor far below the networks is left out of it, or they would lie on one another."""
    values = ends([placed.result for placed in dots], "accuracy")
    low, high = min(values, default=0.0), max(values, default=1.0)
    near = [value for value in map(_accuracy, floors) if value > low - 1.5 * (high - low)]
    return share_axis(_("accuracy"), [*values, *near])


def _labels(dots: Sequence[Placed], called: Called, across: Sequence[float], upwards: Sequence[float]) -> Called:
    """Where the name of each dot goes, "" for those without room; names on the front are placed first."""
    first = sorted(dots, key=lambda placed: (not placed.on_front, -_accuracy(placed)))
    places = [(_place(math.log10(placed.cost or 1.0), across), _place(_accuracy(placed), upwards)) for placed in first]
    lines = [*_steps(places, first), *_bars(places, first, upwards)]
    positions = text_positions(places, [shortened(called[placed.result], 22) for placed in first], lines)
    return {placed.result: position for placed, position in zip(first, positions, strict=True)}


def _steps(places: Sequence[tuple[float, float]], dots: Sequence[Placed]) -> list[Box]:
    """The stairs of the front."""
    steps = sorted(place for place, dot in zip(places, dots, strict=True) if dot.on_front)
    return [
        line
        for (x, y), (next_x, next_y) in pairwise(steps)
        for line in ((x, y, next_x, y), (next_x, y, next_x, next_y))
    ]


def _bars(places: Sequence[tuple[float, float]], dots: Sequence[Placed], upwards: Sequence[float]) -> list[Box]:
    """The bars of the intervals."""
    spans = [ends([dot.result], "accuracy") for dot in dots]
    return [
        (x, _place(min(span), upwards), x, _place(max(span), upwards))
        for (x, _y), span in zip(places, spans, strict=True)
    ]


def _place(value: float, axis: Sequence[float]) -> float:
    """How far `value` is along the axis between its ends, 0 to 1."""
    return (value - axis[0]) / (axis[1] - axis[0])


def _dots(placed: Sequence[Placed], cost: str, called: Called, where: Called, *, front: bool) -> go.Scatter:
    results = [dot.result for dot in placed]
    color = base.BLUE if front else base.GREY
    accuracy = [_accuracy(dot) for dot in placed]
    return go.Scatter(
        x=[dot.cost for dot in placed],
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
        text=["  " + base.short(called[result]) + "  " if where[result] else "" for result in results],
        textposition=[where[result] or "middle right" for result in results],
        cliponaxis=False,
        customdata=[[result.backbone, result.probe] for result in results],
        hoverinfo="text",
        hovertext=[
            base.words(hover_words(dot.result, called[dot.result], "accuracy"), _cost_words(dot, cost))
            for dot in placed
        ],
    )


def _floor(floor: Placed, name: str, across: Sequence[float], upwards: Sequence[float]) -> go.Scatter:
    value = _accuracy(floor)
    legend = (
        _("the floor, no network: {name}, {accuracy}")
        if value >= upwards[0]
        else _("the floor, no network, is below this figure: {name}, {accuracy}")
    ).format(name=base.short(name), accuracy=percent(value))
    steps = 20  # dots that are not seen, so that the whole line answers the pointer
    return go.Scatter(
        x=[10 ** (across[0] + (across[1] - across[0]) * i / steps) for i in range(steps + 1)],
        y=[value] * (steps + 1),
        mode="lines",
        line={"color": base.ORANGE, "width": 2, "dash": "dot"},
        name=legend,
        hoverinfo="text",
        hovertext=hover_words(floor.result, name, "accuracy"),
    )


def _accuracy(placed: Placed) -> float:
    return placed.result.accuracy_mean


def _cost_words(placed: Placed, cost: str) -> str:
    """The cost, where the result's hover text does not tell it already."""
    return COST_WORDS[cost]().format(value=placed.cost) if cost in COST_WORDS else ""


COST_AXES = {
    "time_ms": lambda: _("time (ms per image, logarithmic)"),
    "size_mb": lambda: _("size of the weights (MB, logarithmic)"),
    "memory_mb": lambda: _("memory for one image (MB, logarithmic)"),
    "gflops": lambda: _("multiply-adds (10⁹ per image, logarithmic)"),
}
COST_WORDS = {
    "memory_mb": lambda: _("{value:.0f} MB of memory for one image"),
    "gflops": lambda: _("{value:.2f} × 10⁹ multiply-adds per image"),
}
