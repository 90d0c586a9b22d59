"""The map of a backbone's features as a figure."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray

from core.i18n import gettext as _
from pages.ui.charts import axes, base

_MOST_IN_LEGEND = 24


def embedding_map(
    xy: NDArray[np.float32],
    labels: Sequence[int],
    classes: Sequence[str],
    ids: Sequence[str],
    names: Sequence[str] | None = None,
    *,
    method: str = "pca",
    drag: str = "pan",
    styles: Sequence[tuple[str, str]] | None = None,
    hover_first: Sequence[str] | None = None,
    ringed: Sequence[str] = (),
) -> go.Figure:
    """The features' two-dimensional map, one colour and symbol a class; a selected point's `customdata` is `[id]`.

    Args:
        xy: (n, 2), the positions.
        labels: (n,), the index of each image's class or other group.
        classes: the names of the classes, or groups.
        ids: (n,), which a selection gives back for each image.
        names: (n,), which the hover text shows beside the class.
        method: "pca", "tsne" or "umap": the distances of the latter two have no unit, so their axes have no numbers.
        drag: what it does to drag over the map: "pan", "zoom" or "lasso".
        styles: the colour and symbol of each group; by default those of classes.
        hover_first: (n,), the first line of the hover text; by default the name of the group.
        ringed: the ids of images with a ring around them.
    """
    groups = np.asarray(labels)
    first_lines = list(hover_first) if hover_first is not None else [classes[label] for label in labels]
    hover = [
        base.words(base.hover_name(line), base.short(names[row], 40) if names else "")
        for row, line in enumerate(first_lines)
    ]
    traces = [
        _cloud(xy, np.flatnonzero(groups == group), _style(styles, group), name, ids=ids, hover=hover)
        for group, name in enumerate(classes)
        if (groups == group).any()
    ]
    with_legend = len(traces) <= _MOST_IN_LEGEND
    lines = -(-len(traces) // 3) if with_legend else 0
    method_name = {"tsne": "t-SNE", "umap": "UMAP"}.get(method)
    titles = [_("1st principal component"), _("2nd principal component")]
    if method_name:
        titles = [f"{method_name} 1", f"{method_name} 2"]
    axis_style = {"showgrid": False, "zeroline": False, "showticklabels": method == "pca"}
    return base.figure(
        *traces,
        *_rings(xy, ids, ringed),
        height=420 + 20 * lines,
        showlegend=with_legend,
        legend={**base.legend_below(), "itemsizing": "constant"},
        dragmode=drag,
        xaxis={**axes.moving_axis(titles[0]), **axis_style},
        yaxis={**axes.moving_axis(titles[1]), **axis_style},
    )


def _style(styles: Sequence[tuple[str, str]] | None, group: int) -> tuple[str, str]:
    return styles[group] if styles else base.class_style(group)


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
        customdata=[[ids[row]] for row in rows],
        hoverinfo="text",
        hovertext=[hover[row] for row in rows],
    )


def _rings(xy: NDArray[np.float32], ids: Sequence[str], ringed: Sequence[str]) -> list[go.Scattergl]:
    rows = [row for row, id_ in enumerate(ids) if id_ in set(ringed)]
    if not rows:
        return []
    ring = {"symbol": "circle-open", "size": 26, "color": base.GREEN, "line": {"width": 4}}
    return [go.Scattergl(x=xy[rows, 0], y=xy[rows, 1], mode="markers", marker=ring, hoverinfo="skip", showlegend=False)]
