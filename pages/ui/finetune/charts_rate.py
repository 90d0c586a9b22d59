"""The figure of a learning-rate range test."""

from __future__ import annotations

import math

import plotly.graph_objects as go

from core.i18n import gettext as _
from core.training.planning.rates import RangeTest
from pages.ui.charts import axes, base


def rate_curve(test: RangeTest) -> go.Figure:
    """The loss by the learning rate, on a logarithmic axis: of each batch in grey, smoothed, and what is suggested."""
    low, high = math.log10(test.lrs[0]), math.log10(test.lrs[-1])
    powers = range(math.ceil(low), math.floor(high) + 1)
    drawn = base.figure(
        go.Scatter(
            x=test.lrs, y=test.losses, mode="markers", name=_("each batch"), hoverinfo="skip",
            marker={"color": base.GREY, "size": 4},
        ),
        go.Scatter(
            x=test.lrs, y=test.smoothed, mode="lines", name=_("smoothed"), line={"color": base.BLUE, "width": 2},
            hovertemplate="%{x:.1e}: %{y:.3f}<extra></extra>",
        ),
        height=300,
        showlegend=True,
        xaxis={
            "title": {"text": _("learning rate")}, "type": "log", "range": (low - 0.1, high + 0.1),
            "tickvals": [10.0**power for power in powers], "ticktext": [f"1e{power}" for power in powers],
        },
        yaxis={**axes.moving_axis(_("loss")), "range": (0, 1.15 * max(2 * test.smoothed[0], *test.smoothed))},
    )  # fmt: skip
    drawn.add_vline(x=test.suggestion, line={"color": base.ORANGE, "dash": "dash"})
    drawn.add_annotation(
        x=math.log10(test.suggestion), y=1, yref="paper", xanchor="left", yanchor="top", showarrow=False, xshift=4,
        text=_("suggested"), font={"color": base.ORANGE},
    )  # fmt: skip
    return drawn
