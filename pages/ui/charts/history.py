"""The figure of a fine-tuning, drawn after every epoch while it runs and in the same way when it is over."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import plotly.graph_objects as go
from plotly.subplots import make_subplots

from core.i18n import gettext as _
from pages.ui.charts import base
from pages.ui.text import percent, split_name

Epoch = Mapping[str, Any]


def training_history(epochs: Sequence[Epoch], best: int | None = None, total: int | None = None) -> go.Figure:
    """Loss, accuracy and learning rate by epoch, one above the other, with the best epoch marked.

    Args:
        epochs: one mapping an epoch, in order: `epoch` (from 1), `train_loss`, `val_loss`, `train_accuracy`,
            `val_accuracy`, `lr`; none at all before the first epoch has ended.
        best: the `epoch` whose weights are kept; by default the first with the lowest validation loss.
        total: how many epochs there will be at most, which fixes the axis while the run is on.
    """
    drawn = make_subplots(rows=3, cols=1, shared_xaxes=True, vertical_spacing=0.06, row_heights=[0.4, 0.4, 0.2])
    for row, measure in enumerate(("loss", "accuracy"), start=1):
        for split, color, dash in (("train", base.BLUE, "solid"), ("val", base.ORANGE, "dash")):
            line = _line(epochs, f"{split}_{measure}", {"color": color, "dash": dash, "width": 2})
            line.update(name=split_name(split), legendgroup=split, showlegend=row == 1)
            drawn.add_trace(line, row, 1)
    drawn.add_trace(_line(epochs, "lr", {"color": base.GREEN, "width": 2}).update(showlegend=False), 3, 1)
    kept = best if best is not None else _best(epochs)
    if kept is not None:
        _mark(drawn, kept)
    plain = base.figure(height=520, showlegend=True)
    drawn.update_layout(plain.layout)
    last = max([total or 0, *(int(e["epoch"]) for e in epochs), 1])
    drawn.update_xaxes(range=[0.5, last + 0.5], tickformat="d", **({"dtick": 1} if last <= 10 else {"nticks": 10}))
    drawn.update_xaxes(title_text=_("epoch"), row=3, col=1)
    empty = {} if epochs else {"range": [0, 1]}
    drawn.update_yaxes(title_text=_("loss"), rangemode="tozero", row=1, col=1, **empty)
    shares = [v for e in epochs for v in (_value(e, "train_accuracy"), _value(e, "val_accuracy")) if v is not None]
    drawn.update_yaxes(title_text=_("accuracy"), tickformat=".0%", range=base.around(shares, 0.05), row=2, col=1)
    drawn.update_yaxes(title_text=_("rate"), rangemode="tozero", nticks=4, tickformat="~g", row=3, col=1, **empty)
    drawn.update_yaxes(automargin=True)
    return drawn


def _number(value: float) -> str:
    return f"{value:.4g}"


def _value(epoch: Epoch, key: str) -> float | None:
    """The number under `key`, None where there is none to draw (a loss that ran away, a split that is empty)."""
    value = epoch.get(key)
    return float(value) if value is not None and math.isfinite(value) else None


def _line(epochs: Sequence[Epoch], key: str, line: Mapping[str, Any]) -> go.Scatter:
    title = {
        "train_loss": _("training loss"),
        "val_loss": _("validation loss"),
        "train_accuracy": _("training accuracy"),
        "val_accuracy": _("validation accuracy"),
        "lr": _("learning rate"),
    }[key]
    tell = percent if key.endswith("accuracy") else _number
    values = [_value(e, key) for e in epochs]
    return go.Scatter(
        x=[int(e["epoch"]) for e in epochs],
        y=values,
        mode="lines+markers",
        name=title,
        line=line,
        marker={"color": line["color"], "size": 6},
        hoverinfo="text",
        hovertext=[
            "" if v is None else base.words(_("epoch {epoch}").format(epoch=e["epoch"]), f"{title}: {tell(v)}")
            for e, v in zip(epochs, values, strict=True)
        ],
    )


def _best(epochs: Sequence[Epoch]) -> int | None:
    """The epoch whose weights training keeps: the first with the lowest validation loss."""
    losses = [(loss, int(e["epoch"])) for e in epochs if (loss := _value(e, "val_loss")) is not None]
    return min(losses)[1] if losses else None


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
