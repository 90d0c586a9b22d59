"""The figure of accuracy against training images."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import plotly.graph_objects as go

from core.i18n import gettext as _
from pages.ui.charts import base
from pages.ui.text import images, percent

Row = Mapping[str, Any]

_SHADE, _FAINT = "rgba(0, 114, 178, 0.22)", "rgba(0, 114, 178, 0.10)"


def learning_curve(document: Row, asked: Row | None = None) -> go.Figure:
    """What was measured with its bands, and the fitted law with its own: dashed and fainter beyond what was measured.

    Args:
        document: as in `curve --json`: `points`, `band`, `images` and `limit`. Nothing is drawn beyond `limit`.
        asked: a forecast that is marked: `images`, `accuracy`, `interval`, `gain`, `gain_interval`.
    """
    points = document["points"]
    measured = float(points[-1]["images"])
    band = [one for one in document["band"] if one["images"] <= document["limit"]]
    shown = [*points, *band]
    ends = [end for one in shown for end in one["interval"]]
    across = base.log_axis(float(points[0]["images"]), max(float(one["images"]) for one in shown))
    drawn = base.figure(
        *_law(band, measured),
        _measured(points),
        *([_asked(asked)] if asked else []),
        height=420,
        showlegend=True,
        legend=base.legend_below(),
        xaxis={"title": {"text": _("training images (logarithmic)")}, **across},
        yaxis={"title": {"text": _("accuracy")}, "tickformat": ".0%", "range": base.around(ends), "automargin": True},
    )
    return _now(drawn, int(document["images"])) if band else drawn


def _law(band: Sequence[Row], measured: float) -> list[go.Scatter]:
    """The line and its band up to the largest size that was measured, and from there on."""
    if not band:
        return []
    joint = sum(one["images"] <= measured for one in band)
    traces = []
    for part, shade, dash, name in (
        (band[:joint], _SHADE, "solid", _("power law, 95 % band")),
        (band[max(joint - 1, 0) :], _FAINT, "dash", _("forecast, 95 % band")),
    ):
        traces += [_shade(part, shade), _line(part, dash, name)]
    return traces


def _shade(part: Sequence[Row], color: str) -> go.Scatter:
    at = [one["images"] for one in part]
    return go.Scatter(
        x=[*at, *reversed(at)],
        y=[*(one["interval"][1] for one in part), *(one["interval"][0] for one in reversed(part))],
        fill="toself",
        fillcolor=color,
        line={"width": 0},
        mode="lines",
        hoverinfo="skip",
        showlegend=False,
    )


def _line(part: Sequence[Row], dash: str, name: str) -> go.Scatter:
    return go.Scatter(
        x=[one["images"] for one in part],
        y=[one["accuracy"] for one in part],
        mode="lines",
        name=name,
        line={"color": base.BLUE, "width": 2, "dash": dash},
        hoverinfo="text",
        hovertext=[_told(one) for one in part],
    )


def _measured(points: Sequence[Row]) -> go.Scatter:
    return go.Scatter(
        x=[one["images"] for one in points],
        y=[one["accuracy"] for one in points],
        error_y=_bars(points, base.GREY),
        mode="markers",
        name=_("measured, 95 % interval"),
        marker={"color": base.BLUE, "size": 9, "line": {"width": 0}},
        hoverinfo="text",
        hovertext=[
            base.words(_told(one), _("{n:.1f} images a class on the average").format(n=one["per_class"]))
            for one in points
        ],
    )


def _asked(forecast: Row) -> go.Scatter:
    return go.Scatter(
        x=[forecast["images"]],
        y=[forecast["accuracy"]],
        error_y=_bars([forecast], base.ORANGE),
        mode="markers",
        name=_("the number asked for"),
        marker={"color": base.ORANGE, "size": 12, "symbol": "diamond", "line": {"width": 0}},
        hoverinfo="text",
        hovertext=[_told(forecast)],
    )


def _now(drawn: go.Figure, now: int) -> go.Figure:
    drawn.add_vline(x=now, line={"color": base.GREY, "width": 1, "dash": "dot"})
    drawn.add_annotation(
        x=math.log10(now),  # unlike shapes, annotations on a logarithmic axis are placed by the exponent
        y=0,
        yref="paper",
        xanchor="right",
        yanchor="bottom",
        showarrow=False,
        text=_("now: {images}").format(images=images(now)),
        font={"color": base.GREY},
    )
    return drawn


def _bars(rows: Sequence[Row], color: str) -> dict[str, Any]:
    return {
        "type": "data",
        "symmetric": False,
        "array": [max(one["interval"][1] - one["accuracy"], 0.0) for one in rows],
        "arrayminus": [max(one["accuracy"] - one["interval"][0], 0.0) for one in rows],
        "color": color,
        "thickness": 1.5,
        "width": 4,
    }


def _told(one: Row) -> str:
    return base.words(
        images(round(one["images"])),
        _("accuracy {accuracy}").format(accuracy=percent(one["accuracy"])),
        base.interval_words(one["interval"]),
    )
