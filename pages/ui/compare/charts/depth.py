"""The figure of accuracy by depth."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import plotly.graph_objects as go

from core.i18n import gettext as _
from core.i18n import ngettext
from pages.ui.charts import base
from pages.ui.text import percent


def depth_curve(stages: Sequence[Mapping[str, Any]], trained: Sequence[str] = ()) -> go.Figure:
    """Accuracy with its interval after each stage, from the input on top to the output.

    Args:
        stages: as in the document of `depth --json`: `name`, `width`, `accuracy_mean`, `accuracy_ci`.
        trained: the names of the stages that are to be trained, which have another colour and symbol.
    """
    rows = list(enumerate(stages))
    line = go.Scatter(
        x=[stage["accuracy_mean"] for stage in stages],
        y=[at for at, _stage in rows],
        mode="lines",
        line={"color": base.GREY, "width": 1, "dash": "dot"},
        hoverinfo="skip",
        showlegend=False,
    )
    kept = [(at, stage) for at, stage in rows if stage["name"] not in trained]
    learns = [(at, stage) for at, stage in rows if stage["name"] in trained]
    ends = [value for stage in stages for value in (stage["accuracy_mean"], *stage["accuracy_ci"])]
    return base.figure(
        line,
        *_dots(_("kept as it is"), kept, base.BLUE, "circle"),
        *_dots(_("trained, as suggested"), learns, base.ORANGE, "diamond"),
        height=base.rows_height(len(stages), each_px=48, around_px=134),
        showlegend=True,
        legend=base.legend_below(),
        margin={"l": 8, "r": 12, "t": 36, "b": 8},  # room for the buttons that a touch screen always shows
        xaxis={"title": {"text": _("accuracy")}, "tickformat": ".0%", "range": base.around(ends), "automargin": True},
        yaxis=base.names_axis([stage["name"] for stage in stages]),
    )


def _dots(name: str, rows: Sequence[tuple[int, Mapping[str, Any]]], color: str, symbol: str) -> list[go.Scatter]:
    if not rows:
        return []
    means = [float(stage["accuracy_mean"]) for _at, stage in rows]
    ends = [stage["accuracy_ci"] for _at, stage in rows]
    bars = {
        "type": "data",
        "symmetric": False,
        "array": [max(high - mean, 0.0) for mean, (_low, high) in zip(means, ends, strict=True)],
        "arrayminus": [max(mean - low, 0.0) for mean, (low, _high) in zip(means, ends, strict=True)],
        "color": color,
        "thickness": 1.5,
        "width": 4,
    }
    return [
        go.Scatter(
            x=means,
            y=[at for at, _stage in rows],
            error_x=bars,
            mode="markers+text",
            name=name,
            marker={"color": color, "symbol": symbol, "size": 11, "line": {"width": 0}},
            text=[percent(mean) for mean in means],
            textposition="top center",
            cliponaxis=False,
            hoverinfo="text",
            hovertext=[_told(stage) for _at, stage in rows],
        )
    ]


def _told(stage: Mapping[str, Any]) -> str:
    width = int(stage["width"])
    return base.words(
        base.told(stage["name"]),
        _("accuracy {accuracy}").format(accuracy=percent(stage["accuracy_mean"])),
        base.interval_words(stage["accuracy_ci"]),
        ngettext("{width} feature per image", "{width} features per image", width).format(width=width),
    )
