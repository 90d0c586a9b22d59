"""Matrices as coloured cells with words on them, and the difference of two confusion matrices."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray

from core.evaluation.pairwise.sidebyside import SideBySide
from core.i18n import gettext as _
from core.i18n import ngettext
from core.numbers import count, signed_count
from core.tables import Table
from pages.ui.charts import base

MOST_WITH_NUMBERS = 20
PALE_TO_DEEP = ((0.0, "#EAF2FA"), (1.0, "#08519C"))
# Deep orange, pale orange, pale blue, deep blue: without grey and white, as cells without a difference have no colour,
# and pale or deep enough for the number on them. Lightness shows how much, hue (and the sign) in which direction.
_DIVERGING = ((0.0, "#A63603"), (0.4999, "#FDE0CC"), (0.5001, "#D6E6F4"), (1.0, "#08519C"))


def cells(
    z: NDArray[np.floating],
    words: NDArray[np.object_] | None,
    hover: NDArray[np.object_],
    ends: tuple[float, float],
    scale: Sequence[tuple[float, str]],
) -> go.Heatmap:
    """The cells of a matrix, each with its words where there are any; one that is not a number has no colour.

    Args:
        z: the numbers (n, m) that the colours show.
        words: what stands in each cell; None for nothing.
        hover: the hover text of each cell.
        ends: the numbers at the two ends of the scale.
        scale: the colours, each with its place between 0 and 1.
    """
    return go.Heatmap(
        z=z,
        zmin=ends[0],
        zmax=ends[1],
        colorscale=scale,
        showscale=False,
        xgap=1,
        ygap=1,
        hoverongaps=False,
        hoverinfo="text",
        hovertext=hover,
        text=words,
        texttemplate=None if words is None else "%{text}",
    )


def confusion_difference(pair: SideBySide) -> go.Figure:
    """a's confusion matrix minus b's: blue with a plus where a has more images in a cell, orange where b has."""
    z = np.where(pair.confusion == 0, np.nan, pair.confusion)
    # The deepest colour is for at least a tenth of the largest class, so that noise stays pale.
    deepest = max(float(np.abs(pair.confusion).max(initial=0)), 0.1 * float(pair.support.max(initial=0)), 1.0)
    changed = [(int(true), int(predicted)) for true, predicted in np.argwhere(pair.confusion != 0)]
    words = np.full(pair.confusion.shape, "", dtype=object)
    hover = words.copy()
    for true, predicted in changed:
        words[true, predicted] = signed_count(int(pair.confusion[true, predicted]))
        hover[true, predicted] = _cell_hover(pair, true, predicted)
    return base.figure(
        cells(z, words if len(words) <= MOST_WITH_NUMBERS else None, hover, (-deepest, deepest), _DIVERGING),
        height=min(max(140 + 34 * len(words), 280), 860),
        xaxis={
            **base.names_axis(pair.names, upwards=True, most=16, ticks=base.ACROSS),
            "title": {"text": _("predicted class")},
            "side": "bottom",
        },
        yaxis={**base.names_axis(pair.names, most=16, ticks=20), "title": {"text": _("true class")}},
    )


def confusion_difference_table(pair: SideBySide) -> Table:
    """The difference of the confusion matrices in numbers: a row for each true class."""
    rows = zip(pair.names, pair.confusion.tolist(), strict=True)
    return [_("true class \\ predicted class"), *pair.names], [[name, *counts] for name, counts in rows]


def _cell_hover(pair: SideBySide, true: int, predicted: int) -> str:
    difference = int(pair.confusion[true, predicted])
    sentence = ngettext(
        "{count} photo more of {support} is called so by {name}:",
        "{count} photos more of {support} are called so by {name}:",
        abs(difference),
    )
    name = base.hover_name(pair.a if difference > 0 else pair.b)
    return base.words(
        base.hover_name(pair.names[true]),
        sentence.format(count=count(abs(difference)), support=count(int(pair.support[true])), name=name),
        base.hover_name(pair.names[predicted]),
    )
