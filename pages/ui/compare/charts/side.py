"""Figures of two backbones side by side: their classes, and how far all of them agree."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go

from core.evaluation.pairwise.agreement import Agreement
from core.evaluation.pairwise.classwise import ClassDifference
from core.evaluation.pairwise.sidebyside import SideBySide
from core.i18n import gettext as _
from core.numbers import count, decimal, percent, points_interval, signed_points
from pages.ui.charts import axes, base, matrices
from pages.ui.text import images, shortened

MOST_CLASSES = 30


def class_differences(pair: SideBySide, most: int = MOST_CLASSES) -> go.Figure:
    """The difference of recall of each class with its 95 % interval, the greatest on top.

    Classes that gain beyond chance, after the correction for their number, are full dots in the colour of the backbone
    they gain from; all others are open and grey.

    Args:
        pair: two backbones side by side.
        most: how many classes to show.
    """
    rows = [row for row in pair.classes if row.recall is not None][:most]
    numbered = list(enumerate(rows))
    a, b = base.short(pair.a), base.short(pair.b)
    series = (
        ("a", _("gains from {name}").format(name=a), base.BLUE, "circle"),
        ("b", _("gains from {name}").format(name=b), base.ORANGE, "diamond"),
        ("", _("may be chance"), base.GREY, "circle-open"),
    )
    ends = [100 * end for row in rows for end in (row.interval or (0.0, 0.0))]
    limit = max((abs(value) for value in ends), default=10.0) * 1.05
    return base.figure(
        *(
            _differences([(number, row) for number, row in numbered if row.gains == gains], pair, name, color, symbol)
            for gains, name, color, symbol in series
        ),
        height=base.rows_height(len(rows), each_px=28, around_px=150, most_px=1000),
        showlegend=True,
        xaxis={
            **axes.points_axis(_("recall (points)<br>← {b} better<br>{a} better →").format(a=a, b=b), limit),
            "zeroline": True,
            "zerolinewidth": 2,
            "zerolinecolor": base.GREY,
        },
        yaxis=base.names_axis([f"{shortened(row.name, 16)} (n={count(row.n)})" for row in rows], most=30),
    )


def _differences(
    numbered_rows: Sequence[tuple[int, ClassDifference]], pair: SideBySide, name: str, color: str, symbol: str
) -> go.Scatter:
    rows = [row for _row_number, row in numbered_rows]
    values = [100 * (row.recall or 0.0) for row in rows]
    intervals = [[100 * end for end in row.interval] if row.interval else None for row in rows]
    return go.Scatter(
        x=values,
        y=[row_number for row_number, _row in numbered_rows],
        error_x=base.error_bars(values, intervals, color),
        mode="markers",
        name=name,
        marker={"color": color, "symbol": symbol, "size": 11, "line": {"width": 2, "color": color}},
        hoverinfo="text",
        hovertext=[_class_hover(row, pair) for row in rows],
    )


def _class_hover(row: ClassDifference, pair: SideBySide) -> str:
    return base.words(
        base.hover_name(row.name),
        images(row.n),
        _("recall {recall} with {name}").format(recall=percent(row.recall_a or 0.0), name=base.hover_name(pair.a)),
        _("recall {recall} with {name}").format(recall=percent(row.recall_b or 0.0), name=base.hover_name(pair.b)),
        _("{diff} points (95 %: {ends})").format(
            diff=signed_points(row.recall or 0.0), ends=points_interval(row.interval or (0.0, 0.0))
        ),
        _("p = {p}, {corrected} after correction").format(
            p=decimal(row.p or 0.0, 3), corrected=decimal(row.p_holm or 0.0, 3)
        ),
    )


def agreement_matrix(pairs: Sequence[Agreement]) -> go.Figure:
    """The share of images that any two backbones give the same class, with Cohen's kappa; the deeper, the more alike.

    Args:
        pairs: all pairs, in the order of the backbones.
    """
    names = list(dict.fromkeys(name for pair in pairs for name in (pair.a, pair.b)))
    row_names, column_names = names[1:], names[:-1]
    shape = (len(row_names), len(column_names))
    z, words, hover = np.full(shape, np.nan), np.full(shape, "", dtype=object), np.full(shape, "", dtype=object)
    for pair in pairs:
        cell = row_names.index(pair.b), column_names.index(pair.a)
        z[cell] = pair.share(pair.same)
        words[cell] = _same(pair)
        hover[cell] = _pair_hover(pair)
    palest = min(0.5, float(np.nanmin(z, initial=0.5)))
    return base.figure(
        matrices.cells(
            z, words if len(names) <= matrices.MOST_WITH_NUMBERS else None, hover, (palest, 1.0), matrices.PALE_TO_DEEP
        ),
        height=min(max(110 + 56 * len(row_names), 200), 860),
        xaxis={
            **base.names_axis(column_names, upwards=True, most=18),
            "title": {"text": _("backbone")},
            "side": "bottom",
        },
        yaxis={**base.names_axis(row_names, most=18), "title": {"text": _("backbone")}},
    )


def _same(pair: Agreement) -> str:
    return percent(pair.share(pair.same), 0) + ("" if pair.kappa is None else f"<br>κ {decimal(pair.kappa, 2)}")


def _pair_hover(pair: Agreement) -> str:
    return base.words(
        f"{base.hover_name(pair.a)} · {base.hover_name(pair.b)}",
        _("the same class: {share}").format(share=percent(pair.share(pair.same))),
        base.interval_words(pair.same_ci),
        _("both right: {share}").format(share=percent(pair.share(pair.both_right))),
        _("only the first right: {share}").format(share=percent(pair.share(pair.only_a))),
        _("only the second right: {share}").format(share=percent(pair.share(pair.only_b))),
        _("both wrong: {share}").format(share=percent(pair.share(pair.both_wrong))),
    )
