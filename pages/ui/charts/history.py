"""The figure of a fine-tuning, drawn after every epoch while it runs and in the same way when it is over."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import plotly.graph_objects as go
from plotly.subplots import make_subplots

from core.i18n import gettext as _
from core.numbers import percent, significant
from core.training.results.history import Candidate, Epoch, best_of
from pages.ui.charts import axes, base
from pages.ui.text import split_name

Values = Sequence[float | None]
_PURPLE = base.PALETTE[6]


def training_history(epochs: Sequence[Epoch], total: int | None = None) -> go.Figure:
    """Loss, accuracy and learning rate by epoch, one above the other, with the best epoch marked.

    The probe that a training began with, epoch 0, is a horizontal line to be beaten.

    Args:
        epochs: in order; none at all before the first has ended.
        total: how many there will be at most, which fixes the axis while the run is on.
    """
    start = epochs[0] if epochs and epochs[0].epoch == 0 else None
    learnt = [epoch for epoch in epochs if epoch.epoch > 0]
    last = max([total or 0, *(e.epoch for e in learnt), 1])
    drawn = make_subplots(rows=3, cols=1, shared_xaxes=True, vertical_spacing=0.06, row_heights=[0.4, 0.4, 0.2])
    for row, trace in _curves(learnt):
        drawn.add_trace(trace, row, 1)
    if start is not None:
        drawn.add_trace(_probe(start.val_loss, last, _("validation loss"), significant), 1, 1)
        drawn.add_trace(_probe(start.val_accuracy, last, _("validation accuracy"), percent, named=False), 2, 1)
    rates = _line(learnt, _("learning rate"), [e.lr for e in learnt], base.GREEN, significant)
    drawn.add_trace(rates.update(showlegend=False), 3, 1)
    if best := best_of(epochs):
        _mark(drawn, best)
    drawn.update_layout(base.figure(height=520, showlegend=True).layout)
    shares = [e.train_accuracy for e in learnt] + [s for e in epochs for s in (e.val_accuracy, e.ema_val_accuracy)]
    _set_axes(drawn, shares, last)
    return drawn


def _curves(epochs: Sequence[Epoch]) -> list[tuple[int, go.Scatter]]:
    """The curves of the first two panels, each after its panel's row; the moving average's only where there is one."""
    kinds = [
        ("train", split_name("train"), base.BLUE, "solid",
         (_("training loss"), [e.train_loss for e in epochs]),
         (_("training accuracy"), [e.train_accuracy for e in epochs])),
        ("val", split_name("val"), base.ORANGE, "dash",
         (_("validation loss"), [e.val_loss for e in epochs]),
         (_("validation accuracy"), [e.val_accuracy for e in epochs])),
    ]  # fmt: skip
    if any(e.ema_val_loss is not None for e in epochs):
        kinds.append(
            ("ema", _("validation, averaged weights"), _PURPLE, "dot",
             (_("validation loss, averaged weights"), [e.ema_val_loss for e in epochs]),
             (_("validation accuracy, averaged weights"), [e.ema_val_accuracy for e in epochs]))
        )  # fmt: skip
    curves = []
    for group, name, color, dash, *panels in kinds:
        for row, (title, values) in enumerate(panels, start=1):
            line = _line(epochs, title, values, color, significant if row == 1 else percent)
            line.update(name=name, legendgroup=group, showlegend=row == 1, line_dash=dash)
            curves.append((row, line))
    return sorted(curves, key=lambda curve: curve[0])


def _probe(
    value: float | None, last: int, title: str, in_words: Callable[[float], str], *, named: bool = True
) -> go.Scatter:
    """A horizontal line at what the probe comes to, which training began with."""
    hover = "" if value is None else base.words(_("the probe, epoch 0"), f"{title}: {in_words(value)}")
    return go.Scatter(
        x=[0.5, last + 0.5],
        y=[value, value],
        mode="lines",
        name=_("probe"),
        legendgroup="probe",
        showlegend=named,
        line={"color": base.GREY, "width": 1.5},
        hoverinfo="text",
        hovertext=[hover, hover],
    )


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


def _mark(drawn: go.Figure, best: Candidate) -> None:
    """Marks the best epoch; where that is the probe, words alone."""
    for row in (1, 2, 3) if best.epoch else ():
        drawn.add_vline(x=best.epoch, line={"color": base.GREY, "dash": "dot", "width": 1.5}, row=row, col=1)
    words = _("best: epoch {epoch}").format(epoch=best.epoch) if best.epoch else _("best: the probe")
    drawn.add_annotation(
        x=best.epoch or 0.5,
        y=0.03,
        xref="x2",
        yref="y2 domain",
        text=f" {words} ",
        showarrow=False,
        xanchor="left" if best.epoch <= 2 else "right",
        yanchor="bottom",
        font={"size": 12},
    )
