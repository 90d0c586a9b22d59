"""The figure of how good a model is on parts of the photos."""

from __future__ import annotations

from collections.abc import Sequence

import plotly.graph_objects as go

from core.evaluation.slices import Slice, Slices
from core.health.attributes import attribute_name, part_name, value_name
from core.i18n import gettext as _
from core.numbers import percent, points_interval, signed_points, significant
from core.tables import Table
from pages.ui.charts import axes, base
from pages.ui.text import images

COLORS = {"worse": base.ORANGE, "better": base.GREEN, "": base.BLUE}


def slice_dots(found: Slices, attribute: str) -> go.Figure:
    """A dot with its 95 % interval for each part of the photos, beside a line for all of them.

    Args:
        found: the slices.
        attribute: the name of the one by which they are drawn; "" for all.
    """
    shown = shown_slices(found, attribute)
    rights = [each.accuracy for each in shown]
    dots = [
        go.Scatter(
            x=[shown[at].accuracy for at in rows],
            y=rows,
            mode="markers",
            marker={"color": COLORS[verdict], "size": 11},
            error_x=base.error_bars([rights[at] for at in rows], [shown[at].ci for at in rows], COLORS[verdict]),
            customdata=[[at] for at in rows],
            hoverinfo="text",
            hovertext=[_hover(shown[at]) for at in rows],
        )
        for verdict in COLORS
        if (rows := [at for at, each in enumerate(shown) if each.verdict == verdict])
    ]
    ends = [end for each in shown for end in (each.accuracy, *each.ci)]
    names = [value_name(each.part) if attribute else part_name(each.part) for each in shown]
    return base.figure(
        *dots,
        height=base.rows_height(len(shown), each_px=30),
        xaxis=axes.share_axis(_("accuracy"), [*ends, found.accuracy]),
        yaxis=base.names_axis(names, most=30),
        shapes=[{
            "type": "line", "x0": found.accuracy, "x1": found.accuracy, "y0": 0, "y1": 1, "yref": "paper",
            "line": {"color": base.GREY, "width": 1.5, "dash": "dot"}, "layer": "below",
        }],
    )  # fmt: skip


def shown_slices(found: Slices, attribute: str) -> Sequence[Slice]:
    """The slices by one attribute; "" for all."""
    return [each for each in found.slices if attribute in ("", each.part.attribute)]


def _hover(each: Slice) -> str:
    return base.words(
        base.hover_name(part_name(each.part)),
        f"{percent(each.accuracy)}, {base.interval_words(each.ci)}",
        images(len(each.ids)),
        _("{points} points against the rest ({ci})").format(
            points=signed_points(each.difference), ci=points_interval(each.difference_ci)
        ),
        _("expected from their classes: {share}").format(share=percent(each.expected)),
        _("p = {p} after Holm's correction").format(p=significant(each.p_holm, 2)),
    )


def slice_table(found: Slices) -> Table:
    """Every slice in numbers."""
    headings = [
        _("By"), _("Photos that are"), _("Photos"), _("Right"), _("Accuracy"), _("95 % from"), _("95 % to"), _("Rest"),
        _("Difference"), _("Difference, 95 % from"), _("Difference, 95 % to"), _("Expected from their classes"), _("p"),
        _("p (Holm)"),
    ]  # fmt: skip
    return headings, [
        [attribute_name(each.part.attribute), value_name(each.part), len(each.ids), each.right, each.accuracy, *each.ci,
         each.rest, each.difference, *each.difference_ci, each.expected, each.p, each.p_holm]
        for each in found.slices
    ]  # fmt: skip
