"""Figures that only the Fine-tune page draws: the averages of weights that were tried."""

from __future__ import annotations

import plotly.graph_objects as go

from core.i18n import gettext as _
from core.numbers import percent, significant
from core.tables import Table
from core.training.history import SOUP, Averages, Candidate
from core.training.outcome import weights_name
from pages.ui.charts import axes, base


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
