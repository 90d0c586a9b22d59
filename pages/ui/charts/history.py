"""The figure of a fine-tuning, drawn after every epoch while it runs and in the same way when it is over."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import plotly.graph_objects as go
from plotly.subplots import make_subplots

from core.i18n import gettext as _
from core.numbers import percent, significant
from core.tables import Table, flat
from core.training.history import Epoch, as_json, best_of
from pages.ui.charts import axes, base
from pages.ui.text import split_name

Values = Sequence[float | None]


def training_history(epochs: Sequence[Epoch], total: int | None = None) -> go.Figure:
    """Loss, accuracy and learning rate by epoch, one above the other, with the best epoch marked.

    Args:
        epochs: in order; none at all before the first has ended.
        total: how many there will be at most, which fixes the axis while the run is on.
    """
    train_accuracy, val_accuracy = [e.train_accuracy for e in epochs], [e.val_accuracy for e in epochs]
    drawn = make_subplots(rows=3, cols=1, shared_xaxes=True, vertical_spacing=0.06, row_heights=[0.4, 0.4, 0.2])
    for row, split, title, values in (
        (1, "train", _("training loss"), [e.train_loss for e in epochs]),
        (1, "val", _("validation loss"), [e.val_loss for e in epochs]),
        (2, "train", _("training accuracy"), train_accuracy),
        (2, "val", _("validation accuracy"), val_accuracy),
    ):
        color, dash = (base.BLUE, "solid") if split == "train" else (base.ORANGE, "dash")
        line = _line(epochs, title, values, color, significant if row == 1 else percent)
        line.update(name=split_name(split), legendgroup=split, showlegend=row == 1, line_dash=dash)
        drawn.add_trace(line, row, 1)
    rates = _line(epochs, _("learning rate"), [e.lr for e in epochs], base.GREEN, significant)
    drawn.add_trace(rates.update(showlegend=False), 3, 1)
    if best := best_of(epochs):
        _mark(drawn, best.epoch)
    drawn.update_layout(base.figure(height=520, showlegend=True).layout)
    _set_axes(drawn, [*train_accuracy, *val_accuracy], max([total or 0, *(e.epoch for e in epochs), 1]))
    return drawn


def history_table(epochs: Sequence[Epoch]) -> Table:
    """The epochs in numbers."""
    return flat(as_json(epochs))


def _set_axes(drawn: go.Figure, shares: Values, last: int) -> None:
    """Titles and ranges, for the epochs from 1 to `last`; `shares` are the accuracies that are drawn."""
    drawn.update_xaxes(range=[0.5, last + 0.5], tickformat=axes.ANY, **({"dtick": 1} if last <= 10 else {"nticks": 10}))
    drawn.update_xaxes(title_text=_("epoch"), row=3, col=1)
    empty = {} if shares else {"range": [0, 1]}
    drawn.update_yaxes(title_text=_("loss"), rangemode="tozero", tickformat=axes.ANY, row=1, col=1, **empty)
    known = [share for share in shares if share is not None]
    drawn.update_yaxes(row=2, col=1, **axes.share_axis(_("accuracy"), known, base.around(known, 0.05)))
    drawn.update_yaxes(title_text=_("rate"), rangemode="tozero", nticks=4, tickformat=axes.SMALL, row=3, col=1, **empty)
    drawn.update_yaxes(automargin=True)


def _line(
    epochs: Sequence[Epoch], title: str, values: Values, color: str, in_words: Callable[[float], str]
) -> go.Scatter:
    """The values by epoch, with a gap where there is none."""
    hover = [
        "" if v is None else base.words(_("epoch {epoch}").format(epoch=e.epoch), f"{title}: {in_words(v)}")
        for e, v in zip(epochs, values, strict=True)
    ]
    return go.Scatter(
        x=[e.epoch for e in epochs],
        y=values,
        mode="lines+markers",
        name=title,
        line={"color": color, "width": 2},
        marker={"color": color, "size": 6},
        hoverinfo="text",
        hovertext=hover,
    )


def _mark(drawn: go.Figure, epoch: int) -> None:
    for row in (1, 2, 3):
        drawn.add_vline(x=epoch, line={"color": base.GREY, "dash": "dot", "width": 1.5}, row=row, col=1)
    drawn.add_annotation(
        x=epoch,
        y=0.03,
        xref="x2",
        yref="y2 domain",
        text=" " + _("best: epoch {epoch}").format(epoch=epoch) + " ",
        showarrow=False,
        xanchor="left" if epoch <= 2 else "right",
        yanchor="bottom",
        font={"size": 12},
    )
