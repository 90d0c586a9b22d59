"""The figure of what spoiling does to a model's accuracy."""

from __future__ import annotations

import plotly.graph_objects as go

from core.data.images.spoiling import kind_name, level_name
from core.evaluation.intervals import wilson
from core.evaluation.robustness import Level, Robustness
from core.i18n import gettext as _
from core.numbers import percent, points_interval, signed_points, significant
from core.tables import Table
from pages.ui.charts import axes, base

_APART = 0.09
"""How far ways stand beside one another at a level, so that their intervals do not hide each other."""


def robustness_lines(done: Robustness) -> go.Figure:
    """A line for each way of spoiling from the unspoilt photos over the three levels, with 95 % intervals."""
    kinds = done.kinds
    traces = [_line(done, kind, number, (number - (len(kinds) - 1) / 2) * _APART) for number, kind in enumerate(kinds)]
    ends = [end for level in done.levels for end in (level.accuracy, *level.ci)]
    clean = done.right / done.n
    return base.figure(
        *traces,
        height=460,
        showlegend=True,
        legend=base.legend_below(),
        margin={"l": 8, "r": 12, "t": 12, "b": 60},
        xaxis={
            **base.names_axis([_("as they are"), _("mild"), _("middle"), _("strong")], upwards=True),
            "title": {"text": _("how much the photos are spoilt")},
        },
        yaxis=axes.share_axis(_("accuracy"), [*ends, clean, *wilson(done.right, done.n)]),
        shapes=[{
            "type": "line", "x0": 0, "x1": 1, "xref": "paper", "y0": clean, "y1": clean,
            "line": {"color": base.GREY, "width": 1.5, "dash": "dot"}, "layer": "below",
        }],
    )  # fmt: skip


def _line(done: Robustness, kind: str, number: int, beside: float) -> go.Scatter:
    levels = done.of_kind(kind)
    color, _symbol = base.class_style(number)
    clean, ci = done.right / done.n, wilson(done.right, done.n)
    values = [clean, *(level.accuracy for level in levels)]
    as_they_are = base.words(_("as they are"), percent(clean), base.interval_words(ci))
    return go.Scatter(
        x=[0, *(at + 1 + beside for at in range(len(levels)))],
        y=values,
        mode="lines+markers",
        name=kind_name(kind),
        line={"color": color, "width": 1.5},
        marker={"color": color, "size": 8, "symbol": base.SYMBOLS[number % len(base.SYMBOLS)]},
        error_y=base.error_bars(values, [None, *(level.ci for level in levels)], color),
        hoverinfo="text",
        hovertext=[as_they_are, *(_hover(level) for level in levels)],
    )


def _hover(level: Level) -> str:
    return base.words(
        f"{kind_name(level.kind)}, {level_name(level.kind, level.level)}",
        f"{percent(level.accuracy)}, {base.interval_words(level.ci)}",
        _("{points} points ({ci})").format(points=signed_points(level.change), ci=points_interval(level.change_ci)),
        _("p = {p} after Holm's correction").format(p=significant(level.p_holm, 2)),
    )


def robustness_table(done: Robustness) -> Table:
    """Every level in numbers."""
    headings = [
        _("Spoilt by"), _("How much"), _("Photos"), _("Right"), _("Accuracy"), _("95 % from"), _("95 % to"),
        _("Difference"), _("Difference, 95 % from"), _("Difference, 95 % to"), _("p (Holm)"),
    ]  # fmt: skip
    return headings, [
        [kind_name(level.kind), level_name(level.kind, level.level), level.n, level.right, level.accuracy, *level.ci,
         level.change, *level.change_ci, level.p_holm]
        for level in done.levels
    ]  # fmt: skip
