"""Figures of a dataset: images by class and split, and their sizes."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import plotly.graph_objects as go

from core.i18n import gettext as _
from core.i18n import ngettext
from core.numbers import count as number
from core.tables import Table
from pages.ui.charts import axes, base
from pages.ui.text import split_name


def split_counts(counts: Mapping[str, Mapping[str, int]]) -> go.Figure:
    """Images by class as bars, stacked by split, each with its total.

    Args:
        counts: how many images, by split ("train", "val", "test") and class name.
    """
    classes = list(dict.fromkeys(name for split in counts.values() for name in split))
    rows = list(range(len(classes)))
    totals = [sum(split.get(name, 0) for split in counts.values()) for name in classes]
    bars = [
        go.Bar(
            x=[by_class.get(name, 0) for name in classes],
            y=rows,
            orientation="h",
            name=split_name(split),
            marker={"color": base.SPLIT_COLORS.get(split, base.GREY), "line": {"width": 0}},
            hoverinfo="text",
            hovertext=[_count(name, split, by_class.get(name, 0), totals[i]) for i, name in enumerate(classes)],
        )
        for split, by_class in counts.items()
    ]
    ends = go.Scatter(
        x=totals,
        y=rows,
        mode="text",
        text=[f" {number(n)}" for n in totals],
        textposition="middle right",
        cliponaxis=False,
        hoverinfo="skip",
        showlegend=False,
    )
    return base.figure(
        *bars,
        ends,
        height=base.rows_height(len(classes), around_px=140),  # on a phone the legend takes three lines
        barmode="stack",
        bargap=0.25,
        showlegend=True,
        legend={**base.legend(), "traceorder": "normal"},
        xaxis=axes.count_axis(_("photos"), max(totals, default=0)),
        yaxis=base.names_axis(classes),
    )


def counts_table(counts: Mapping[str, Mapping[str, int]]) -> Table:
    """How many images each class has in each split."""
    classes = list(dict.fromkeys(name for split in counts.values() for name in split))
    rows = [[name, *(split.get(name, 0) for split in counts.values())] for name in classes]
    return [_("class"), *map(split_name, counts)], rows


def _count(name: str, split: str, n: int, total: int) -> str:
    images = ngettext("{n} {split} photo of {total}", "{n} {split} photos of {total}", n)
    return base.words(base.hover_name(name), images.format(n=number(n), split=split_name(split), total=number(total)))


def sizes_table(widths: Sequence[int], heights: Sequence[int]) -> Table:
    """How many images there are of each size."""
    counted = sorted(Counter(zip(map(int, widths), map(int, heights), strict=True)).items())
    return [_("width (px)"), _("height (px)"), _("photos")], [[*size, n] for size, n in counted]


def image_sizes(widths: Sequence[int], heights: Sequence[int]) -> go.Figure:
    """Image sizes in pixels: a dot for each size there is, its area growing with how many images have it."""
    counted = sorted(Counter(zip(map(int, widths), map(int, heights), strict=True)).items())
    dots = go.Scattergl(
        x=[w for (w, _h), _n in counted],
        y=[h for (_w, h), _n in counted],
        mode="markers",
        marker={
            "color": base.BLUE,
            "opacity": 0.65,
            "size": [round(min(5 + 1.5 * math.sqrt(n), 30), 1) for _size, n in counted],
            "line": {"width": 0},
        },
        hoverinfo="text",
        hovertext=[
            ngettext("{n} photo of {w} × {h} px", "{n} photos of {w} × {h} px", n).format(
                n=number(n), w=number(w), h=number(h)
            )
            for (w, h), n in counted
        ],
    )
    sides = [side for size, _n in counted for side in size]
    spread = bool(sides) and max(sides) > 8 * min(sides)

    def axis(title: str) -> dict[str, Any]:
        most = max(sides, default=1)
        return axes.log_axis(title, min(sides), most) if spread else axes.count_axis(title, most)

    return base.figure(
        dots,
        height=320,
        xaxis=axis(_("width (px)")),
        yaxis=axis(_("height (px)")),
    )


def _of_size(n: int, width: int, height: int) -> str:
    sentence = ngettext("{n} photo of {w} × {h} px", "{n} photos of {w} × {h} px", n)
    return sentence.format(n=number(n), w=number(width), h=number(height))
