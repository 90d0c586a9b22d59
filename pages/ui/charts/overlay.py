"""The curves of several fine-tunings laid over one another."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import plotly.graph_objects as go
from plotly.subplots import make_subplots

from core.i18n import gettext as _
from core.numbers import percent, significant
from core.tables import Table
from core.training.results.history import Epoch, best_of
from pages.ui.charts import axes, base

MOST_RUNS = 6


def laid_over(histories: Mapping[str, Sequence[Epoch]]) -> go.Figure:
    """Validation loss and accuracy of each run by epoch, the best epoch of each as a star.

    Epoch 0 is the probe that a training began with.

    Args:
        histories: the epochs of each run by its name.
    """
    drawn = make_subplots(rows=2, cols=1, shared_xaxes=True, vertical_spacing=0.08)
    for number, (name, epochs) in enumerate(histories.items()):
        color, best = base.class_style(number)[0], best_of(epochs)
        for row, values in ((1, [e.val_loss for e in epochs]), (2, [e.val_accuracy for e in epochs])):
            stars = [best is not None and epoch.epoch == best.epoch for epoch in epochs]
            drawn.add_trace(_line(name, epochs, values, color, stars).update(showlegend=row == 1), row, 1)
    drawn.update_layout(base.figure(height=440, showlegend=True).layout)
    last = max((epoch.epoch for epochs in histories.values() for epoch in epochs), default=1)
    ticks = {"dtick": 1} if last <= 10 else {"nticks": 10}
    drawn.update_xaxes(range=[-0.5, last + 0.5], tickformat=axes.ANY, **ticks)
    drawn.update_xaxes(title_text=_("epoch"), row=2, col=1)
    drawn.update_yaxes(title_text=_("validation loss"), rangemode="tozero", tickformat=axes.ANY, row=1, col=1)
    known = [e.val_accuracy for epochs in histories.values() for e in epochs if e.val_accuracy is not None]
    drawn.update_yaxes(row=2, col=1, **axes.share_axis(_("validation accuracy"), known, base.around(known, 0.05)))
    return drawn


def laid_over_table(histories: Mapping[str, Sequence[Epoch]]) -> Table:
    """The curves in numbers: a row for each epoch of each run."""
    headings = (_("run"), _("epoch"), _("validation loss"), _("validation accuracy"))
    rows = [
        [name, epoch.epoch, epoch.val_loss, epoch.val_accuracy]
        for name, epochs in histories.items()
        for epoch in epochs
    ]
    return headings, rows


def _line(
    name: str, epochs: Sequence[Epoch], values: Sequence[float | None], color: str, stars: Sequence[bool]
) -> go.Scatter:
    return go.Scatter(
        x=[epoch.epoch for epoch in epochs],
        y=values,
        mode="lines+markers",
        name=base.literal(name),
        legendgroup=base.literal(name),
        line={"color": color, "width": 2},
        marker={
            "color": color,
            "size": [13 if star else 6 for star in stars],
            "symbol": ["star" if star else "circle" for star in stars],
        },
        hoverinfo="text",
        hovertext=[_hover(name, epoch) for epoch in epochs],
    )


def _hover(name: str, epoch: Epoch) -> str:
    return base.words(
        base.hover_name(name),
        _("epoch {epoch}").format(epoch=epoch.epoch) if epoch.epoch else _("the probe, epoch 0"),
        "" if epoch.val_loss is None else _("validation loss: {loss}").format(loss=significant(epoch.val_loss)),
        ""
        if epoch.val_accuracy is None
        else _("validation accuracy: {accuracy}").format(accuracy=percent(epoch.val_accuracy)),
    )
