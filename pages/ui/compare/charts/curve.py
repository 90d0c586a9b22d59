"""The figure of accuracy against training images."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import plotly.graph_objects as go

from core.i18n import gettext as _
from core.numbers import decimal, percent
from core.probing.studies.forecast import Forecast
from core.probing.studies.growth import LearningCurve
from core.probing.studies.points import BandPoint, CurvePoint
from pages.ui.charts import axes, base
from pages.ui.text import images

_SHADE, _FAINT = "rgba(0, 114, 178, 0.22)", "rgba(0, 114, 178, 0.10)"


Point = CurvePoint | BandPoint | Forecast
"""A number of images with an accuracy and its interval."""


def learning_curve(curve: LearningCurve, marked: Forecast | None = None) -> go.Figure:
    """The measured points with their intervals, and the law with its band: dashed and fainter beyond what was measured.

    Args:
        curve: the measured curve; its law is drawn up to its `limit`.
        marked: a forecast to mark.
    """
    points, band = curve.points, curve.band
    all_points: list[Point] = [*points, *band]
    ends = [end for point in all_points for end in point.interval]
    most = max(point.images for point in all_points)
    figure = base.figure(
        *_law(band, points[-1].images),
        _measured(points),
        *([_marked(marked)] if marked else []),
        height=420,
        showlegend=True,
        legend=base.legend_below(),
        xaxis=axes.log_axis(_("training photos (logarithmic)"), points[0].images, most),
        yaxis=axes.share_axis(_("accuracy"), ends),
    )
    return _now(figure, curve.images) if band else figure


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
    image_counts = [point.images for point in part]
    return go.Scatter(
        x=[*image_counts, *reversed(image_counts)],
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
            base.words(_hover(point), _("{n} photos a class on the average").format(n=decimal(point.per_class)))
            for point in points
        ],
    )


def _marked(forecast: Forecast) -> go.Scatter:
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


def _now(figure: go.Figure, now: int) -> go.Figure:
    figure.add_vline(x=now, line={"color": base.GREY, "width": 1, "dash": "dot"})
    figure.add_annotation(
        x=math.log10(now),  # unlike shapes, annotations on a logarithmic axis are placed by the exponent
        y=0,
        yref="paper",
        xanchor="right",
        yanchor="bottom",
        showarrow=False,
        text=_("now: {images}").format(images=images(now)),
        font={"color": base.GREY},
    )
    return figure


def _bars(points: Sequence[Point], color: str) -> dict[str, Any]:
    return base.error_bars([point.accuracy for point in points], [point.interval for point in points], color)


def _hover(point: Point) -> str:
    return base.words(
        images(round(point.images)),
        _("accuracy {accuracy}").format(accuracy=percent(point.accuracy)),
        base.interval_words(point.interval),
    )
