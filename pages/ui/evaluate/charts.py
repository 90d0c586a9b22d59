"""Figures of what a model's probabilities are worth: ROC and precision-recall curves, and a reliability diagram."""

from __future__ import annotations

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray

from core.evaluation.calibration import Bin, Reliability
from core.evaluation.ranking import ClassRanking, Ranking
from core.i18n import gettext as _
from core.i18n import ngettext
from core.numbers import count, decimal, decimal_interval, percent
from core.tables import Table
from pages.ui.charts import axes, base

MOST_CURVES = 8
"""The classes with the least areas are drawn, as colours and symbols tell no more apart."""
_MOST_POINTS = 300
_GRID = np.linspace(0, 1, 201)
_WHOLE = (-0.02, 1.02)


def drawn_classes(ranking: Ranking, kind: str) -> list[ClassRanking]:
    """The classes whose curves are drawn, those with the least area first; `kind` is "roc" or "pr"."""
    return sorted(ranking.classes, key=lambda each: each.auroc if kind == "roc" else each.average_precision)[
        :MOST_CURVES
    ]


def ranking_curves(ranking: Ranking, kind: str) -> go.Figure:
    """The curves of the classes and their mean; under the pointer is each point's threshold.

    Two classes have mirrored ROC curves and one area, so there a mean would tell nothing.

    Args:
        ranking: the curves.
        kind: "roc" (recall over the share of false alarms) or "pr" (precision over recall).
    """
    shown = drawn_classes(ranking, kind)
    names = base.short_names([each.name for each in shown])
    traces = [_curve(each, name, number, kind) for number, (each, name) in enumerate(zip(shown, names, strict=True))]
    if kind == "pr" or not ranking.has_one_auroc:
        traces.append(_mean(ranking, kind))
    if kind == "roc":
        traces.append(_diagonal(_("by chance")))
    across, up = (_("false alarms"), _("recall")) if kind == "roc" else (_("recall"), _("precision"))
    return base.figure(
        *traces,
        height=460,
        showlegend=True,
        legend=base.legend_below(),
        hoverdistance=30,
        margin={"l": 8, "r": 12, "t": 12, "b": 60},
        xaxis=axes.share_axis(across, [0, 1], _WHOLE),
        yaxis=axes.share_axis(up, [0, 1], _WHOLE),
    )


def ranking_table(ranking: Ranking) -> Table:
    """Each class's areas with their intervals, and the means."""
    headings = [
        _("Class"), _("Area below the ROC curve"), _("95 % from"), _("95 % to"), _("Average precision"),
        _("95 % from"), _("95 % to"), _("Photos of the class"), _("Other photos"),
    ]  # fmt: skip
    rows: list[list[object]] = [
        [each.name, each.auroc, *each.auroc_ci, each.average_precision, *each.average_precision_ci, each.positives,
         each.negatives]
        for each in ranking.classes
    ]  # fmt: skip
    mean = [_("Mean of the classes"), ranking.auroc, *ranking.auroc_ci, ranking.average_precision]
    return headings, [*rows, [*mean, *ranking.average_precision_ci, "", ""]]


def reliability_diagram(found: Reliability, before: Reliability | None = None) -> go.Figure:
    """How many are right of the photos that a model is so sure of; on the diagonal its probabilities are just right.

    Args:
        found: of the model.
        before: before its probabilities were calibrated, where they were.
    """
    rights = [each.right for each in found.bins]
    dots = go.Scatter(
        x=[each.sure for each in found.bins],
        y=rights,
        mode="lines+markers",
        name=_("this model"),
        line={"color": base.BLUE, "width": 1.5},
        marker={"color": base.BLUE, "size": 9},
        error_y=base.error_bars(rights, [each.right_ci for each in found.bins]),
        hoverinfo="text",
        hovertext=[_bin_hover(each) for each in found.bins],
    )
    earlier = [] if before is None else [_before(before)]
    drawn = [*found.bins, *(before.bins if before else ())]
    across, up = ([each.sure for each in drawn], [each.right for each in drawn])
    up += [end for each in found.bins for end in each.right_ci]
    return base.figure(
        _diagonal(_("just right")),
        *earlier,
        dots,
        height=400,
        showlegend=True,
        hoverdistance=30,
        xaxis=axes.share_axis(_("how sure it is"), across, base.around(across, 0.03)),
        yaxis=axes.share_axis(_("share that is right"), up, base.around(up, 0.03)),
    )


def _before(found: Reliability) -> go.Scatter:
    return go.Scatter(
        x=[each.sure for each in found.bins],
        y=[each.right for each in found.bins],
        mode="lines+markers",
        name=_("before calibration"),
        line={"color": base.ORANGE, "width": 1.5, "dash": "dash"},
        marker={"color": base.ORANGE, "size": 6},
        hoverinfo="text",
        hovertext=[_bin_hover(each) for each in found.bins],
    )


def _bin_hover(each: Bin) -> str:
    return base.words(
        _("{low} to {high} sure, {mean} on average").format(
            low=percent(each.low), high=percent(each.high), mean=percent(each.sure)
        ),
        ngettext("{right} of {n} photo is right", "{right} of {n} photos are right", each.n).format(
            right=percent(each.right), n=count(each.n)
        ),
        base.interval_words(each.right_ci),
    )


def reliability_table(found: Reliability) -> Table:
    """The bins in numbers."""
    headings = [
        _("Sure, from"), _("Sure, to"), _("Sure, mean"), _("Right"), _("95 % from"), _("95 % to"), _("Photos"),
    ]  # fmt: skip
    return headings, [[each.low, each.high, each.sure, each.right, *each.right_ci, each.n] for each in found.bins]


def _curve(each: ClassRanking, name: str, number: int, kind: str) -> go.Scatter:
    rows = _thinned(len(each.thresholds))
    x, y = _points(each, kind)
    area, ends = (each.auroc, each.auroc_ci) if kind == "roc" else (each.average_precision, each.average_precision_ci)
    color, _symbol = base.class_style(number)
    return go.Scatter(
        x=x[rows],
        y=y[rows],
        mode="lines",
        name=_("{name}: {area} ({ci})").format(name=name, area=decimal(area, 3), ci=decimal_interval(ends)),
        line={"color": color, "width": 2},
        hoverinfo="text",
        hovertext=[_hover(each, int(row)) for row in rows],
    )


def _hover(each: ClassRanking, row: int) -> str:
    threshold = each.thresholds[row]
    above = _("threshold: none") if np.isinf(threshold) else _("threshold: {p}").format(p=decimal(float(threshold), 3))
    return base.words(
        base.hover_name(each.name),
        above,
        _("recall {recall}, false alarms {alarms}, precision {precision}").format(
            recall=percent(float(each.recall[row])),
            alarms=percent(float(each.false_alarms[row])),
            precision=percent(float(each.precision[row])),
        ),
    )


def _points(each: ClassRanking, kind: str) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    return (each.false_alarms, each.recall) if kind == "roc" else (each.recall, each.precision)


def _mean(ranking: Ranking, kind: str) -> go.Scatter:
    """The mean curve: for ROC of the recalls at each share of false alarms, else of the precisions at each recall."""
    curves = [np.interp(_GRID, *_points(each, kind)) for each in ranking.classes]
    area, ends = (
        (ranking.auroc, ranking.auroc_ci)
        if kind == "roc"
        else (ranking.average_precision, ranking.average_precision_ci)
    )
    return go.Scatter(
        x=_GRID,
        y=np.mean(curves, axis=0),
        mode="lines",
        name=_("mean of the classes: {area} ({ci})").format(area=decimal(area, 3), ci=decimal_interval(ends)),
        line={"color": base.GREY, "width": 3},
        hoverinfo="skip",
    )


def _diagonal(name: str) -> go.Scatter:
    return go.Scatter(
        x=[0, 1], y=[0, 1], mode="lines", name=name, hoverinfo="skip",
        line={"color": base.GREY, "width": 1.5, "dash": "dot"},
    )  # fmt: skip


def _thinned(n: int) -> NDArray[np.int64]:
    """So many of n points that a figure stays light, both ends among them."""
    return np.unique(np.linspace(0, n - 1, min(n, _MOST_POINTS)).round().astype(np.int64))
