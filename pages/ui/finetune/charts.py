"""Figures that only the Fine-tune page draws: what becomes of the classes, and averages of weights that were tried."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray

from core.evaluation.pairwise.sidebyside import SideBySide
from core.i18n import gettext as _
from core.numbers import percent, signed_points, significant
from core.tables import Table
from core.training.results.history import SOUP, Averages, Candidate, Epoch
from core.training.results.outcome import weights_name
from pages.ui.charts import axes, base, matrices

MOST_CLASSES = 30
_MOST_EPOCHS_WITH_NUMBERS = 8


def recall_by_epoch(epochs: Sequence[Epoch], classes: Sequence[str]) -> go.Figure:
    """The share of each class's validation photos that is right after each epoch, the lowest by now on top.

    Args:
        epochs: in order, each with its recalls.
        classes: their names.
    """
    recall = _recall(epochs, len(classes))
    shown = np.argsort(np.nan_to_num(recall[:, -1], nan=2.0), kind="stable")[:MOST_CLASSES]
    z, names = recall[shown], [classes[row] for row in shown]
    words, hover = np.full(z.shape, "", dtype=object), np.full(z.shape, "", dtype=object)
    for row, column in np.argwhere(~np.isnan(z)):
        words[row, column] = percent(float(z[row, column]), 0)
        hover[row, column] = _recall_hover(names[row], epochs[column], float(z[row, column]), float(z[row, 0]))
    numbered = len(epochs) <= _MOST_EPOCHS_WITH_NUMBERS
    palest = min(0.5, float(np.nanmin(z, initial=0.5)))
    ticks = [_("probe") if epoch.epoch == 0 else str(epoch.epoch) for epoch in epochs]
    return base.figure(
        matrices.cells(z, words if numbered else None, hover, (palest, 1.0), matrices.PALE_TO_DEEP),
        height=base.rows_height(len(names), each_px=30, around_px=90),
        xaxis={**base.names_axis(ticks, upwards=True, ticks=base.ACROSS), "title": {"text": _("epoch")}},
        yaxis=base.names_axis(names, most=16),
    )


def recall_table(epochs: Sequence[Epoch], classes: Sequence[str]) -> Table:
    """The recalls in numbers: a row for each class."""
    rows = zip(classes, _recall(epochs, len(classes)), strict=True)
    return [_("class"), *(str(epoch.epoch) for epoch in epochs)], [
        [name, *(None if np.isnan(value) else float(value) for value in values)] for name, values in rows
    ]


def _recall(epochs: Sequence[Epoch], n: int) -> NDArray[np.float64]:
    """The recalls (n, epochs); NaN for a class without images."""
    return np.array([epoch.recall for epoch in epochs], dtype=np.float64).reshape(-1, n).T


def _recall_hover(name: str, epoch: Epoch, now: float, first: float) -> str:
    return base.words(
        base.hover_name(name),
        _("epoch {epoch}").format(epoch=epoch.epoch) if epoch.epoch else _("the probe, epoch 0"),
        _("recall {recall}").format(recall=percent(now)),
        "" if np.isnan(first) else _("{points} points since the first").format(points=signed_points(now - first)),
    )


def confusion_change(now: NDArray[np.int64], before: NDArray[np.int64], classes: Sequence[str]) -> SideBySide:
    """How the confusion matrix has changed since the probe, as its figure takes it."""
    return SideBySide(
        a=_("the latest epoch"),
        b=_("the probe"),
        n=int(now.sum()),
        names=tuple(classes),
        classes=(),
        confusion=now - before,
        support=now.sum(axis=1),
        shifts=(),
    )


def averages_line(averages: Averages) -> go.Figure:
    """The validation loss on the way from the probe to the fine-tuned weights, with the accuracies and what is kept.

    The soup, which is on no such way, stands beside it.
    """
    tried, best = averages.tried, averages.best
    line = [n for n, each in enumerate(tried) if each.weights != SOUP]
    losses = [each.loss for each in tried]
    air = 0.25 * (max(losses) - min(losses)) or 0.1 * max(losses) or 0.1
    return base.figure(
        go.Scatter(
            x=line, y=[losses[n] for n in line], mode="lines", line={"color": base.ORANGE, "width": 2}, hoverinfo="skip"
        ),
        go.Scatter(
            x=list(range(len(tried))),
            y=losses,
            mode="markers+text",
            marker={
                "color": [base.GREEN if each == best else base.ORANGE for each in tried],
                "size": [14 if each == best else 8 for each in tried],
                "symbol": ["star" if each == best else "circle" for each in tried],
            },
            text=[percent(each.accuracy) for each in tried],
            textposition="top center",
            cliponaxis=False,
            hoverinfo="text",
            hovertext=[_hover(each, each == best) for each in tried],
        ),
        height=260,
        xaxis={
            **base.names_axis([weights_name(each.weights) for each in tried], upwards=True),
            "title": {"text": _("weights")},
        },
        yaxis={
            "title": {"text": _("validation loss")},
            "range": (min(losses) - air, max(losses) + 1.6 * air),
            "tickformat": axes.ANY,
            "nticks": 5,
        },
    )


def averages_table(averages: Averages) -> Table:
    """What was tried in numbers."""
    best = averages.best
    headings = (_("weights"), _("validation loss"), _("validation accuracy"), _("kept"))
    return headings, [
        [weights_name(each.weights), each.loss, each.accuracy, int(each == best)] for each in averages.tried
    ]


def _hover(tried: Candidate, kept: bool) -> str:
    return base.words(
        weights_name(tried.weights),
        _("validation loss: {loss}").format(loss=significant(tried.loss)),
        _("validation accuracy: {accuracy}").format(accuracy=percent(tried.accuracy)),
        _("kept") if kept else "",
    )
