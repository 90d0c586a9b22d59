"""Figures of predictions: the confusion matrix, the scores of each class, the probabilities of one image."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray

from core.evaluation.metrics import ClassScore
from core.i18n import gettext as _
from core.i18n import ngettext
from core.numbers import count, percent
from core.tables import Table
from pages.ui.charts import axes, base
from pages.ui.text import images, shortened

MOST_CLASSES = 40
_MOST_WITH_NUMBERS = 20
_MOST_SVG_MARKS = 2_000
# From pale to deep, so that the numbers are read on every cell; cells without an image have no colour at all.
_RIGHT = ((0.0, "#D6E6F4"), (1.0, "#08519C"))
_WRONG = ((0.0, "#FDE0CC"), (1.0, "#A63603"))


def confusion_matrix(matrix: NDArray[np.int64], classes: Sequence[str], normalised: bool = False) -> go.Figure:
    """The confusion matrix: right predictions in blue, mistakes in orange.

    A heatmap gives no selections, so markers that are not seen lie over the cells that hold images; the `customdata` of
    a selected one is `[true, predicted]`, the indices of the two classes.

    Args:
        matrix: (c, c), images by true class (rows) and predicted class (columns).
        classes: (c,), the names.
        normalised: show each row as shares of that class's images.
    """
    counts = np.asarray(matrix)
    support = counts.sum(axis=1)
    shares = counts / np.maximum(support, 1)[:, None]
    shown = np.where(counts > 0, shares if normalised else counts, np.nan)
    deepest = 1.0 if normalised else float(max(counts.max(initial=0), 1))
    right = np.eye(len(classes), dtype=bool)
    axis = base.names_axis(classes, upwards=True, most=16, ticks=base.ACROSS)
    return base.figure(
        _cells(np.where(right, shown, np.nan), _RIGHT, deepest, normalised),
        _cells(np.where(right, np.nan, shown), _WRONG, deepest, normalised),
        _marks(counts, support, classes),
        height=min(max(140 + 34 * len(classes), 280), 860),
        hoverdistance=40,
        xaxis={**axis, "title": {"text": _("predicted class")}, "side": "bottom"},
        yaxis={**base.names_axis(classes, most=16), "title": {"text": _("true class")}},
    )


def confusion_table(matrix: NDArray[np.int64], classes: Sequence[str]) -> Table:
    """The confusion matrix in numbers: a row for each true class."""
    rows = zip(classes, np.asarray(matrix).tolist(), strict=True)
    return [_("true class \\ predicted class"), *classes], [[name, *counts] for name, counts in rows]


def _cells(z: NDArray[np.float64], scale: Any, deepest: float, normalised: bool) -> go.Heatmap:
    if len(z) <= _MOST_WITH_NUMBERS:
        words = [["" if np.isnan(v) else percent(v, 0) if normalised else count(int(v)) for v in row] for row in z]
        numbers = {"text": words, "texttemplate": "%{text}"}
    else:
        numbers = {}
    return go.Heatmap(
        z=z, zmin=0, zmax=deepest, colorscale=scale, showscale=False, xgap=1, ygap=1, hoverinfo="skip", **numbers
    )


def _marks(counts: NDArray[np.int64], support: NDArray[np.int64], classes: Sequence[str]) -> go.Scatter | go.Scattergl:
    cells = [(int(t), int(p)) for t, p in np.argwhere(counts > 0)]
    kind = go.Scatter if len(cells) <= _MOST_SVG_MARKS else go.Scattergl
    return kind(
        x=[p for _t, p in cells],
        y=[t for t, _p in cells],
        mode="markers",
        marker={
            "symbol": "square-open",
            "size": max(min(280 // max(len(classes), 1), 40), 6),
            "color": base.GREEN,
            "line": {"width": 3},
            "opacity": 0,
        },
        selected={"marker": {"opacity": 1}},
        unselected={"marker": {"opacity": 0}},
        customdata=[[t, p] for t, p in cells],
        hoverinfo="text",
        hovertext=[_cell_hover((classes[t], classes[p]), int(counts[t, p]), int(support[t])) for t, p in cells],
    )


def _cell_hover(true_and_predicted: tuple[str, str], n: int, support: int) -> str:
    true, predicted = true_and_predicted
    line = ngettext(
        "{n} of {support} photo ({share}) predicted as:", "{n} of {support} photos ({share}) predicted as:", support
    )
    return base.words(
        base.hover_name(true),
        line.format(n=count(n), support=count(support), share=percent(n / support)),
        base.hover_name(predicted),
    )


def probability_bars(labels: Sequence[str], proba: Sequence[float], most: int = 5) -> go.Figure:
    """The most probable classes of one image as bars, the first on top.

    Args:
        labels: (c,), the class names.
        proba: (c,), their probabilities.
        most: how many to show.
    """
    order = sorted(range(len(labels)), key=lambda i: -float(proba[i]))[:most]
    top = [float(proba[i]) for i in order]
    bars = go.Bar(
        x=top,
        y=list(range(len(order))),
        orientation="h",
        marker={"color": [base.BLUE] + [base.GREY] * (len(order) - 1) if order else [], "line": {"width": 0}},
        text=[percent(p) for p in top],
        textposition="outside",
        cliponaxis=False,
        hoverinfo="text",
        hovertext=[base.words(base.hover_name(labels[i]), percent(float(proba[i]))) for i in order],
    )
    return base.figure(
        bars,
        height=base.rows_height(len(order), each_px=30, around_px=60),
        bargap=0.3,
        xaxis=axes.share_axis(_("probability"), (), (0.0, 1.18)),
        yaxis=base.names_axis([labels[i] for i in order]),
    )


def class_scores(scores: Sequence[ClassScore], most: int = MOST_CLASSES) -> go.Figure:
    """Recall with its 95 % interval, precision and F1 of each class, in the order of the classes.

    Args:
        scores: one for each class; a class without images has no scores to draw.
        most: how many classes to show: those with the lowest recall.
    """
    lowest = set(sorted(range(len(scores)), key=lambda i: _recall_or_end(scores[i]))[:most])
    shown = [score for i, score in enumerate(scores) if i in lowest]
    rows = list(range(len(shown)))
    hover = [_hover(s) for s in shown]
    recall = [s.recall for s in shown]
    ends = [s.recall_ci or (s.recall or 0.0,) * 2 for s in shown]
    spread = base.error_bars([value or 0.0 for value in recall], ends)
    series = (
        (_("recall"), recall, base.BLUE, "circle", spread),
        (_("precision"), [s.precision for s in shown], base.ORANGE, "diamond-open", None),
        (_("F1"), [s.f1 for s in shown], base.GREEN, "x-thin-open", None),
    )
    drawn = [v for _title, values, *_style in series for v in values if v is not None] + [v for e in ends for v in e]
    traces = [
        go.Scatter(
            x=values,
            y=rows,
            error_x=error,
            mode="markers",
            name=title,
            marker={"color": color, "symbol": symbol, "size": 10, "line": {"width": 2}},
            cliponaxis=False,
            hoverinfo="text",
            hovertext=hover,
        )
        for title, values, color, symbol, error in series
    ]
    return base.figure(
        *traces,
        height=base.rows_height(len(shown), each_px=28, around_px=110, most_px=1200),
        showlegend=True,
        xaxis=axes.share_axis(_("score"), drawn),
        yaxis=base.names_axis([_with_support(s) for s in shown], most=30),
    )


def _recall_or_end(score: ClassScore) -> tuple[bool, float]:
    return score.recall is None, score.recall or 0.0


def _with_support(score: ClassScore) -> str:
    return f"{shortened(score.name, 16)} (n={count(score.support)})"


def _hover(score: ClassScore) -> str:
    def value(title: str, number: float | None) -> str:
        return "" if number is None else f"{title} {percent(number)}"

    return base.words(
        base.hover_name(score.name),
        images(score.support),
        value(_("recall"), score.recall),
        base.interval_words(score.recall_ci),
        value(_("precision"), score.precision),
        value(_("F1"), score.f1),
    )
