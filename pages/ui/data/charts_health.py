"""Figures of a health report."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import plotly.graph_objects as go

from core.evaluation.intervals import Interval
from core.health.labels import LabelCheck
from core.health.shortcut_words import sight_name
from core.health.shortcuts import Shortcut
from core.i18n import gettext as _
from core.numbers import percent
from core.tables import Table
from pages.ui.charts import axes, base


@dataclass(frozen=True)
class _Row:
    """What a probe sees and how well it tells the class by that."""

    sight: str
    accuracy: float
    interval: Interval
    chance: float
    color: str

    @classmethod
    def of_shortcut(cls, probe: Shortcut) -> _Row:
        color = base.ORANGE if probe.alarming else base.BLUE
        return cls(sight_name(probe.sees), probe.accuracy, probe.interval, probe.chance, color)

    @classmethod
    def of_labels(cls, probe: LabelCheck) -> _Row:
        sight = _("The whole photo, by a backbone")
        return cls(sight, probe.accuracy, probe.accuracy_ci, probe.chance, base.BLUE)


def shortcut_bars(shortcuts: Sequence[Shortcut], labels: LabelCheck | None) -> go.Figure:
    """How well the class is told by what each probe sees, with its interval, against chance.

    Args:
        shortcuts: the probes that cannot see the subject; alarming ones are drawn in another colour.
        labels: the check of the labels, whose probe sees the whole photo and comes first; None where there was none.
    """
    rows = _rows(shortcuts, labels)
    values, places = [row.accuracy for row in rows], list(range(len(rows)))
    dots = go.Scatter(
        x=values,
        y=places,
        error_x=base.error_bars(values, [row.interval for row in rows], base.GREY),
        mode="markers",
        marker={"color": [row.color for row in rows], "size": 11},
        hoverinfo="text",
        hovertext=[
            base.words(base.literal(row.sight), percent(row.accuracy), base.interval_words(row.interval))
            for row in rows
        ],
        name=_("accuracy"),
    )
    chance = go.Scatter(
        x=[row.chance for row in rows],
        y=places,
        mode="markers",
        marker={"symbol": "line-ns", "size": 20, "line": {"width": 2, "color": base.GREY}},
        hoverinfo="text",
        hovertext=[_("most frequent class: {share}").format(share=percent(row.chance)) for row in rows],
        name=_("most frequent class"),
    )
    across = {**axes.share_axis(_("accuracy"), (), (-0.02, 1.02)), "zeroline": False}
    upwards = base.names_axis([row.sight for row in rows], most=34)
    return base.figure(
        chance, dots, height=base.rows_height(len(rows), each_px=38, around_px=96), xaxis=across, yaxis=upwards,
        showlegend=False,
    )  # fmt: skip


def shortcut_table(shortcuts: Sequence[Shortcut], labels: LabelCheck | None) -> Table:
    """The same in numbers."""
    headings = ["sees", "accuracy", "accuracy_ci_low", "accuracy_ci_high", "chance"]
    return headings, [[row.sight, row.accuracy, *row.interval, row.chance] for row in _rows(shortcuts, labels)]


def _rows(shortcuts: Sequence[Shortcut], labels: LabelCheck | None) -> list[_Row]:
    return [*([_Row.of_labels(labels)] if labels else []), *map(_Row.of_shortcut, shortcuts)]
