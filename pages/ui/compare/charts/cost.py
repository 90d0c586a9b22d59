"""Accuracy against what a backbone costs; rows are as in `pages.ui.charts.accuracy`."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

import plotly.graph_objects as go

from core.i18n import gettext as _
from core.probing.comparison.pareto import Placed, against_cost
from pages.ui.charts import base
from pages.ui.charts.accuracy import ends, error_bars, names, share_axis, told
from pages.ui.compare.charts.placing import Box, text_positions
from pages.ui.text import percent, shortened

Row = Mapping[str, Any]


def accuracy_against_cost(rows: Sequence[Row], cost: str = "time_ms") -> go.Figure:
    """Accuracy with its interval against a cost, with the Pareto front as a line through full dots.

    The floor, which is no network, is a line across; rows whose cost is not known have no place and are left out. A
    name without room is left out, too, those off the front first: its dot tells it.

    Args:
        rows: the results.
        cost: one of `core.probing.comparison.pareto.COSTS`.
    """
    placed = against_cost(rows, cost)
    dots = sorted((one for one in placed if one.cost and not one.floor), key=lambda one: (one.cost, -_accuracy(one)))
    costs = [one.cost for one in dots if one.cost]
    across = base.log_axis(min(costs, default=1.0), max(costs, default=100.0))
    floors = [one for one in placed if one.floor]
    upwards = _upwards(dots, floors)
    called = names(rows)
    where = _labels(dots, called, across["range"], upwards["range"])
    off = [one for one in dots if not one.on_front]
    on = [one for one in dots if one.on_front]
    return base.figure(
        _dots(off, cost, called, where, front=False),
        _dots(on, cost, called, where, front=True),
        *(_floor(one, called[id(one.row)], across["range"], upwards["range"]) for one in floors),
        height=420,
        showlegend=True,
        legend=base.legend_below(),
        xaxis={"title": {"text": COST_AXES[cost]()}, **across},
        yaxis=upwards,
    )


def _upwards(dots: Sequence[Placed], floors: Sequence[Placed]) -> dict[str, Any]:
    """The axis of accuracy; a floor far below the networks is left out of it, or they would lie on one another."""
    values = ends([one.row for one in dots], "accuracy")
    low, high = min(values, default=0.0), max(values, default=1.0)
    near = [value for value in map(_accuracy, floors) if value > low - 1.5 * (high - low)]
    return share_axis(_("accuracy"), [*values, *near])


def _labels(
    dots: Sequence[Placed], called: Mapping[int, str], across: Sequence[float], upwards: Sequence[float]
) -> dict[int, str]:
    """Where the name of each dot goes, "" for those without room; names on the front are placed first."""
    first = sorted(dots, key=lambda one: (not one.on_front, -_accuracy(one)))
    places = [
        (_place(math.log10(one.cost or 1.0), across), _place(float(one.row["accuracy_mean"]), upwards)) for one in first
    ]
    lines = [*_steps(places, first), *_bars(places, first, upwards)]
    found = text_positions(places, [shortened(called[id(one.row)], 22) for one in first], lines)
    return {id(one.row): position for one, position in zip(first, found, strict=True)}


def _steps(places: Sequence[tuple[float, float]], dots: Sequence[Placed]) -> list[Box]:
    """The stairs of the front."""
    steps = sorted(place for place, one in zip(places, dots, strict=True) if one.on_front)
    return [
        line
        for (x, y), (next_x, next_y) in pairwise(steps)
        for line in ((x, y, next_x, y), (next_x, y, next_x, next_y))
    ]


def _bars(places: Sequence[tuple[float, float]], dots: Sequence[Placed], upwards: Sequence[float]) -> list[Box]:
    """The bars of the intervals."""
    spans = [ends([one.row], "accuracy") for one in dots]
    return [
        (x, _place(min(span), upwards), x, _place(max(span), upwards))
        for (x, _y), span in zip(places, spans, strict=True)
    ]


def _place(value: float, axis: Sequence[float]) -> float:
    """How far `value` is along the axis between its ends, 0 to 1."""
    return (value - axis[0]) / (axis[1] - axis[0])


def _dots(
    placed: Sequence[Placed], cost: str, called: Mapping[int, str], where: Mapping[int, str], *, front: bool
) -> go.Scatter:
    rows = [one.row for one in placed]
    color = base.BLUE if front else base.GREY
    return go.Scatter(
        x=[one.cost for one in placed],
        y=[_accuracy(one) for one in placed],
        error_y={**error_bars(rows, "accuracy"), "color": color},
        mode="lines+markers+text" if front else "markers+text",
        line={"color": color, "width": 2, "shape": "hv"},
        marker={
            "color": color,
            "symbol": "circle" if front else "circle-open",
            "size": 12,
            "line": {"width": 2, "color": color},
        },
        name=_("Pareto front: no other is both cheaper and better") if front else _("off the front"),
        text=["  " + base.short(called[id(row)]) + "  " if where[id(row)] else "" for row in rows],
        textposition=[where[id(row)] or "middle right" for row in rows],
        cliponaxis=False,
        customdata=[[row["backbone"], row.get("probe", "")] for row in rows],
        hoverinfo="text",
        hovertext=[
            base.words(told(one.row, called[id(one.row)], "accuracy"), _cost_words(one, cost)) for one in placed
        ],
    )


def _floor(one: Placed, name: str, across: Sequence[float], upwards: Sequence[float]) -> go.Scatter:
    value = _accuracy(one)
    said = (
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
        name=said,
        hoverinfo="text",
        hovertext=told(one.row, name, "accuracy"),
    )


def _accuracy(one: Placed) -> float:
    return float(one.row["accuracy_mean"])


def _cost_words(one: Placed, cost: str) -> str:
    """The cost, where the row does not tell it already."""
    return COST_WORDS[cost]().format(value=one.cost) if cost in COST_WORDS else ""


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
