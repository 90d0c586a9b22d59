"""The figure of accuracy against training images."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import plotly.graph_objects as go

from core.i18n import gettext as _
from core.probing.studies.forecast import BandPoint, Forecast
from core.probing.studies.growth import CurvePoint, LearningCurve
from pages.ui.charts import base
from pages.ui.text import images, percent

_SHADE, _FAINT = "rgba(0, 114, 178, 0.22)", "rgba(0, 114, 178, 0.10)"


Point = CurvePoint | BandPoint | Forecast
"""What has a number of images, and the accuracy with its interval."""


def learning_curve(curve: LearningCurve, asked: Forecast | None = None) -> go.Figure:
    """What was measured with its bands, and the fitted law with its own: dashed and fainter beyond what was measured.

    Args:
        curve: what was measured; its law is drawn up to its `limit`.
        asked: a forecast that is marked.
    """
    points, band = curve.points, curve.band
    shown: list[Point] = [*points, *band]
    ends = [end for point in shown for end in point.interval]
    across = base.log_axis(points[0].images, max(point.images for point in shown))
    drawn = base.figure(
        *_law(band, points[-1].images),
        _measured(points),
        *([_asked(asked)] if asked else []),
        height=420,
        showlegend=True,
        legend=base.legend_below(),
        xaxis={"title": {"text": _("training images (logarithmic)")}, **across},
        yaxis={"title": {"text": _("accuracy")}, "tickformat": ".0%", "range": base.around(ends), "automargin": True},
    )
    return _now(drawn, curve.images) if band else drawn


def _law(band: Sequence[BandPoint], measured: float) -> list[go.Scatter]:
    """The line and its band up to the largest size that was measured, and from there on."""
    if not band:
        return []
    joint = sum(point.images <= measured for point in band)
    traces = []
    for part, shade, dash, name in (
        (band[:joint], _SHADE, "solid", _("power law, 95 % band")),
        (band[max(joint - 1, 0) :], _FAINT, "dash", _("forecast, 95 % band")),
    ):
        traces += [_shade(part, shade), _line(part, dash, name)]
    return traces


def _shade(part: Sequence[BandPoint], color: str) -> go.Scatter:
    at = [point.images for point in part]
    return go.Scatter(
        x=[*at, *reversed(at)],
        y=[*(point.interval[1] for point in part), *(point.interval[0] for point in reversed(part))],
        fill="toself",
        fillcolor=color,
        line={"width": 0},
        mode="lines",
        hoverinfo="skip",
        showlegend=False,
    )


def _line(part: Sequence[BandPoint], dash: str, name: str) -> go.Scatter:
    return go.Scatter(
        x=[point.images for point in part],
        y=[point.accuracy for point in part],
        mode="lines",
        name=name,
        line={"color": base.BLUE, "width": 2, "dash": dash},
        hoverinfo="text",
        hovertext=[_hover(point) for point in part],
    )


def _measured(points: Sequence[CurvePoint]) -> go.Scatter:
    return go.Scatter(
        x=[point.images for point in points],
        y=[point.accuracy for point in points],
        error_y=_bars(points, base.GREY),
        mode="markers",
        name=_("measured, 95 % interval"),
        marker={"color": base.BLUE, "size": 9, "line": {"width": 0}},
        hoverinfo="text",
        hovertext=[
            base.words(_hover(point), _("{n:.1f} images a class on the average").format(n=point.per_class))
            for point in points
        ],
    )


def _asked(forecast: Forecast) -> go.Scatter:
    return go.Scatter(
        x=[forecast.images],
        y=[forecast.accuracy],
        error_y=_bars([forecast], base.ORANGE),
        mode="markers",
        name=_("the number asked for"),
        marker={"color": base.ORANGE, "size": 12, "symbol": "diamond", "line": {"width": 0}},
        hoverinfo="text",
        hovertext=[_hover(forecast)],
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


def _bars(points: Sequence[Point], color: str) -> dict[str, Any]:
    return base.error_bars([point.accuracy for point in points], [point.interval for point in points], color)


def _hover(point: Point) -> str:
    return base.words(
        images(round(point.images)),
        _("accuracy {accuracy}").format(accuracy=percent(point.accuracy)),
        base.interval_words(point.interval),
    )
