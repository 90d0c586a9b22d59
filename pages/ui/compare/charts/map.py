"""The map of a backbone's features as a figure."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray

from core.i18n import gettext as _
from pages.ui.charts import base

_MOST_IN_LEGEND = 24


def embedding_map(
    xy: NDArray[np.float32],
    labels: Sequence[int],
    classes: Sequence[str],
    ids: Sequence[str],
    names: Sequence[str] | None = None,
    *,
    method: str = "pca",
    styles: Sequence[tuple[str, str]] | None = None,
    hover_first: Sequence[str] | None = None,
    ringed: Sequence[str] = (),
) -> go.Figure:
    """The features' two-dimensional map, one colour and symbol a class; a selected point's `customdata` is `[id]`.

    Args:
        xy: (n, 2), the places.
        labels: (n,), the index of each image's class, or of another group that is told apart.
        classes: the names of the classes, or groups.
        ids: (n,), what a selection gives back for each image.
        names: (n,), what hovering shows beside the class.
        method: "pca", "tsne" or "umap": the distances of the latter two have no unit, so their axes have no numbers.
        styles: the colour and symbol of each group; by default those of classes.
        hover_first: (n,), what hovering shows first; by default the name of the group.
        ringed: the ids of images with a ring around them.
    """
    y = np.asarray(labels)
    first = list(hover_first) if hover_first is not None else [classes[label] for label in labels]
    hover = [
        base.words(base.hover_name(words), base.short(names[i], 40) if names else "") for i, words in enumerate(first)
    ]
    traces = [
        _cloud(xy, np.flatnonzero(y == c), styles[c] if styles else base.class_style(c), name, ids=ids, hover=hover)
        for c, name in enumerate(classes)
        if (y == c).any()
    ]
    with_legend = len(traces) <= _MOST_IN_LEGEND
    lines = -(-len(traces) // 3) if with_legend else 0
    named = {"tsne": "t-SNE", "umap": "UMAP"}.get(method)
    titles = [f"{named} 1", f"{named} 2"] if named else [_("1st principal component"), _("2nd principal component")]
    plain = {"showgrid": False, "zeroline": False, "showticklabels": method == "pca"}
    return base.figure(
        *traces,
        *_rings(xy, ids, ringed),
        height=420 + 20 * lines,
        showlegend=with_legend,
        legend={**base.legend_below(), "itemsizing": "constant"},
        margin={"l": 8, "r": 12, "t": 36, "b": 8},  # room for the buttons that a touch screen always shows
        dragmode="pan",
        xaxis={"title": {"text": titles[0]}, **plain},
        yaxis={"title": {"text": titles[1]}, **plain},
    )


def _cloud(
    xy: NDArray[np.float32],
    rows: NDArray[np.intp],
    style: tuple[str, str],
    name: str,
    *,
    ids: Sequence[str],
    hover: Sequence[str],
) -> go.Scattergl:
    color, symbol = style
    return go.Scattergl(
        x=xy[rows, 0],
        y=xy[rows, 1],
        mode="markers",
        name=base.short(name),
        marker={"color": color, "symbol": symbol, "size": 8, "opacity": 0.8, "line": {"width": 0}},
        selected={"marker": {"opacity": 1, "size": 14}},
        unselected={"marker": {"opacity": 0.5}},
        customdata=[[ids[i]] for i in rows],
        hoverinfo="text",
        hovertext=[hover[i] for i in rows],
    )


def _rings(xy: NDArray[np.float32], ids: Sequence[str], ringed: Sequence[str]) -> list[go.Scattergl]:
    rows = [i for i, id_ in enumerate(ids) if id_ in set(ringed)]
    if not rows:
        return []
    ring = {"symbol": "circle-open", "size": 26, "color": base.GREEN, "line": {"width": 4}}
    return [go.Scattergl(x=xy[rows, 0], y=xy[rows, 1], mode="markers", marker=ring, hoverinfo="skip", showlegend=False)]
