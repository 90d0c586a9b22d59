"""The figure of accuracy by depth."""

from __future__ import annotations

from collections.abc import Sequence

import plotly.graph_objects as go

from core.i18n import gettext as _
from core.i18n import ngettext
from core.numbers import count, percent
from core.probing.studies.depth import Stage
from pages.ui.charts import axes, base


def depth_curve(stages: Sequence[Stage], trained: Sequence[str] = ()) -> go.Figure:
    """Accuracy with its interval after each stage, from the input on top to the output.

    Args:
        stages: with the probe's accuracy after each.
        trained: the names of the stages to train, which have another colour and symbol.
    """
    rows = list(enumerate(stages))
    line = go.Scatter(
        x=[stage.accuracy_mean for stage in stages],
        y=[row for row, _stage in rows],
        mode="lines",
        line={"color": base.GREY, "width": 1, "dash": "dot"},
        hoverinfo="skip",
        showlegend=False,
    )
    kept_rows = [(row, stage) for row, stage in rows if stage.name not in trained]
    trained_rows = [(row, stage) for row, stage in rows if stage.name in trained]
    ends = [value for stage in stages for value in (stage.accuracy_mean, *stage.accuracy_ci)]
    return base.figure(
        line,
        *_dots(_("kept as it is"), kept_rows, base.BLUE, "circle"),
        *_dots(_("trained, as suggested"), trained_rows, base.ORANGE, "diamond"),
        height=base.rows_height(len(stages), each_px=48, around_px=134),
        showlegend=True,
        legend=base.legend_below(),
        margin={"l": 8, "r": 12, "t": 24, "b": 8},
        xaxis=axes.share_axis(_("accuracy"), ends),
        yaxis=base.names_axis([stage.name for stage in stages]),
    )


def _dots(name: str, rows: Sequence[tuple[int, Stage]], color: str, symbol: str) -> list[go.Scatter]:
    if not rows:
        return []
    means = [stage.accuracy_mean for _row, stage in rows]
    return [
        go.Scatter(
            x=means,
            y=[row for row, _stage in rows],
            error_x=base.error_bars(means, [stage.accuracy_ci for _row, stage in rows], color),
            mode="markers+text",
            name=name,
            marker={"color": color, "symbol": symbol, "size": 11, "line": {"width": 0}},
            text=[percent(mean) for mean in means],
            textposition="top center",
            cliponaxis=False,
            hoverinfo="text",
            hovertext=[_hover(stage) for _row, stage in rows],
        )
    ]


def _hover(stage: Stage) -> str:
    return base.words(
        base.hover_name(stage.name),
        _("accuracy {accuracy}").format(accuracy=percent(stage.accuracy_mean)),
        base.interval_words(stage.accuracy_ci),
        ngettext("{width} feature per photo", "{width} features per photo", stage.width).format(
            width=count(stage.width)
        ),
    )
