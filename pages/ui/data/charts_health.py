"""Figures of a health report."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import plotly.graph_objects as go

from core.i18n import gettext as _
from pages.ui.charts import base
from pages.ui.text import percent


def shortcut_bars(names: Sequence[str], rows: Sequence[Mapping[str, Any]]) -> go.Figure:
    """How well the class is told by what each probe sees, with its interval, against chance.

    Args:
        names: what each probe sees.
        rows: for each an `accuracy`, an `interval` and the `chance`; `alarming` ones are drawn in another colour.
    """
    values = [float(row["accuracy"]) for row in rows]
    sentences = [
        base.words(base.literal(name), percent(value), base.interval_words(row["interval"]))
        for name, value, row in zip(names, values, rows, strict=True)
    ]
    dots = go.Scatter(
        x=values,
        y=list(range(len(rows))),
        error_x=base.error_bars(values, [row["interval"] for row in rows], base.GREY),
        mode="markers",
        marker={"color": [base.ORANGE if row["alarming"] else base.BLUE for row in rows], "size": 11},
        hoverinfo="text",
        hovertext=sentences,
        name=_("accuracy"),
    )
    chance = go.Scatter(
        x=[float(row["chance"]) for row in rows],
        y=list(range(len(rows))),
        mode="markers",
        marker={"symbol": "line-ns", "size": 20, "line": {"width": 2, "color": base.GREY}},
        hoverinfo="text",
        hovertext=[_("always the same answer: {share}").format(share=percent(float(row["chance"]))) for row in rows],
        name=_("always the same answer"),
    )
    across = {"range": [-0.02, 1.02], "tickformat": ".0%", "title": {"text": _("accuracy")}, "zeroline": False}
    upwards = base.names_axis(names, most=34)
    return base.figure(
        chance, dots, height=base.rows_height(len(rows), each_px=38, around_px=96), xaxis=across, yaxis=upwards,
        showlegend=False,
    )  # fmt: skip
