"""The figure of accuracy against the number of principal components."""

from __future__ import annotations

from collections.abc import Sequence

import plotly.graph_objects as go

from core.i18n import gettext as _
from core.i18n import ngettext
from core.numbers import count, percent
from core.probing.studies.component_counts import Count
from pages.ui.charts import axes, base


def components_curve(points: Sequence[Count], recommended: int) -> go.Figure:
    """Accuracy with its interval by number of components, with each fold as a faint dot, and a mark on the best choice.

    Args:
        points: the probe's accuracy with each number, rising.
        recommended: the number to mark.
    """
    counts = [point.components for point in points]
    spread = [(point.components, value) for point in points for value in point.fold_accuracy]
    folds = go.Scatter(
        x=[count for count, _value in spread],
        y=[value for _count, value in spread],
        mode="markers",
        name=_("one fold"),
        marker={"color": base.GREY, "size": 4, "opacity": 0.5},
        hoverinfo="skip",
    )
    recommended_points = [point for point in points if point.components == recommended]
    ends = [value for point in points for value in (*point.accuracy_ci, *point.fold_accuracy)]
    return base.figure(
        folds,
        _means(_("mean, 95 % interval"), points, base.BLUE, "circle", line=True),
        _means(_("enough"), recommended_points, base.ORANGE, "diamond", line=False),
        height=400,
        showlegend=True,
        legend=base.legend_below(),
        xaxis=axes.log_axis(_("principal components (logarithmic)"), min(counts), max(counts)),
        yaxis=axes.share_axis(_("accuracy"), ends),
    )


def _means(name: str, points: Sequence[Count], color: str, symbol: str, *, line: bool) -> go.Scatter:
    means = [point.accuracy_mean for point in points]
    return go.Scatter(
        x=[point.components for point in points],
        y=means,
        error_y=base.error_bars(means, [point.accuracy_ci for point in points], color),
        mode="lines+markers" if line else "markers",
        name=name,
        line={"color": color, "width": 1},
        marker={"color": color, "symbol": symbol, "size": 8 if line else 13},
        hoverinfo="text",
        hovertext=[_hover(point) for point in points],
    )


def _hover(point: Count) -> str:
    return base.words(
        ngettext("{n} component", "{n} components", point.components).format(n=count(point.components)),
        _("{share} of the variance").format(share=percent(point.variance)),
        _("accuracy {accuracy}").format(accuracy=percent(point.accuracy_mean)),
        base.interval_words(point.accuracy_ci),
    )
