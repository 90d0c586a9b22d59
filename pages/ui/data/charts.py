"""Figures of a dataset: images by class and split, and their sizes."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence

import plotly.graph_objects as go

from core.i18n import gettext as _
from core.i18n import ngettext
from pages.ui.charts import base
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
        text=[f" {n}" for n in totals],
        textposition="middle right",
        cliponaxis=False,
        hoverinfo="skip",
        showlegend=False,
    )
    return base.figure(
        *bars,
        ends,
        height=base.rows_height(len(classes), around_px=110),
        barmode="stack",
        bargap=0.25,
        showlegend=True,
        legend={**base.legend(), "traceorder": "normal"},
        xaxis={"title": {"text": _("photos")}, "rangemode": "tozero", "range": [0, max([*totals, 1]) * 1.12]},
        yaxis=base.names_axis(classes),
    )


def _count(name: str, split: str, n: int, total: int) -> str:
    images = ngettext("{n} {split} image of {total}", "{n} {split} images of {total}", n)
    return base.words(base.hover_name(name), images.format(n=n, split=split_name(split), total=total))


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
            ngettext("{n} image of {w} × {h} px", "{n} images of {w} × {h} px", count).format(n=count, w=w, h=h)
            for (w, h), count in counted
        ],
    )
    sides = [side for size, _n in counted for side in size]
    spread = bool(sides) and max(sides) > 8 * min(sides)
    kind = base.log_axis(min(sides), max(sides)) if spread else {"type": "linear", "rangemode": "tozero"}
    return base.figure(
        dots,
        height=320,
        xaxis={"title": {"text": _("width (px)")}, **kind},
        yaxis={"title": {"text": _("height (px)")}, **kind},
    )
