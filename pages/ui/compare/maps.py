"""The map of a backbone's features: one point an image, and points of images that it finds alike are near."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import streamlit as st

from core.backbones.names import called
from core.data.dataset import SPLITS, Dataset, Item
from core.errors import GraftError
from core.evaluation.predictions import Predictions
from core.features.maps import MAP_METHODS, UMAP_INSTALL, has_umap
from core.jobs.store import Job
from core.probing.crossval.crossval import ProbeResult
from core.tables import Table
from core.tasks.requests import EmbeddingMapRequest
from core.tasks.results import Mapped, MapPoints
from pages.ui import figures, jobs, progress, state
from pages.ui.charts import base
from pages.ui.compare import alike
from pages.ui.compare.charts.map import embedding_map
from pages.ui.figures import Files
from pages.ui.i18n import _
from pages.ui.text import distinct, literal, one_line, split_name

MOST_BACKBONES, MOST_PHOTOS = 2, 3
_CHOSEN, _RINGED, _TURN = "map-chosen", "map-ringed", "map-turn"


@dataclass(frozen=True)
class Map:
    """A map that a job has drawn.

    Attributes:
        backbone: whose features.
        method: how it was drawn.
        note: what to know about it; "" for nothing.
        points: the photos' positions and neighbours.
        judgements: by a training photo's id, whether the probe was right about it, and the class it predicted.
    """

    backbone: str
    method: str
    note: str
    points: MapPoints
    judgements: Mapping[str, tuple[bool, int]]


@dataclass(frozen=True)
class Look:
    """How maps are drawn: what their colours mean ("class", "right" or "split"), and what it does to drag over them."""

    tint: str
    drag: str


def section(dataset: Dataset, ranked: Sequence[ProbeResult], job: Job) -> None:
    """Draws the maps of one or two backbones, and the photos that are selected on them, with their neighbours."""
    st.caption(
        _(
            "Each point is a photo; near points look alike to the backbone. Classes in clumps of their own are easy; a "
            "point among another class is worth a look, it may be labelled wrongly. Select points, or choose a photo "
            "by its name, to see it with those most like it."
        )
    )
    backbones, method, look = _choices([result.backbone for result in ranked], job)
    if method == "umap" and not has_umap():
        message = _("UMAP is not installed here. Whoever runs this app can add it with `{command}`; until then, t-SNE.")
        st.info(message.format(command=UMAP_INSTALL), icon=":material/extension_off:")
        return
    results = {result.backbone: result for result in ranked}
    maps = [drawn_map for name in backbones if (drawn_map := _map_of(dataset, results[name], method)) is not None]
    if not maps or len(maps) < len(backbones):
        return
    items = {item.sha256: item for item in dataset.items}
    no_photos: list[str] = []
    chosen_ids = [id_ for id_ in state.remembered(_CHOSEN, no_photos) if id_ in items]
    if len(maps) > 1:
        state.remember(_RINGED, True)
    for column, drawn_map in zip(st.columns(len(maps), gap="medium"), maps, strict=True):
        with column:
            _draw(dataset, items, drawn_map, look, chosen_ids)
    if maps[0].note:
        st.caption(literal(maps[0].note))
    _choose_by_name(items, maps[0])
    _photos(dataset, items, maps, chosen_ids)


def _choices(names: list[str], job: Job) -> tuple[list[str], str, Look]:
    """Draws the choice of backbones, of the kind of map and of its look, and gives the three."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        backbones = st.multiselect(
            _("One or two backbones"),
            names,
            default=names[:1],
            max_selections=MOST_BACKBONES,
            format_func=called,
            select_all=False,
            key=f"map-backbones-{job.id}",
            width=360,
        )
        methods = {
            "pca": _("PCA (fast, keeps distances)"),
            "tsne": _("t-SNE (slower, keeps neighbours)"),
            "umap": _("UMAP (slower, keeps neighbours)") if has_umap() else _("UMAP (not installed)"),
        }
        method = st.selectbox(_("Method"), MAP_METHODS, format_func=methods.__getitem__, key="map-method", width=280)
        tints = {"class": _("Class"), "right": _("Right or wrong"), "split": _("Split")}
        tint = st.segmented_control(
            _("Colours"),
            list(tints),
            default="class",
            required=True,
            format_func=tints.__getitem__,
            key="map-tint",
            help=_("Right or wrong is what the probe said of a training photo that it had not seen: cross-validation."),
        )
        drags = {"pan": _("Move"), "zoom": _("Zoom in"), "lasso": _("Choose photos")}
        drag = st.segmented_control(
            _("Dragging"),
            list(drags),
            default="pan",
            required=True,
            format_func=drags.__getitem__,
            key="map-drag",
            help=_("What it does to drag over the map. A double click shows all of it again."),
        )
    return backbones, method, Look(tint, drag)


def _map_of(dataset: Dataset, result: ProbeResult, method: str) -> Map | None:
    """The map of one backbone; None while it is being drawn."""
    job = jobs.once(
        EmbeddingMapRequest(
            workspace=state.workspace(),
            dataset=dataset.id,
            fingerprint=dataset.fingerprint,
            backbone=result.backbone,
            method=method,
        )
    )
    mapped = progress.result(progress.panel(job), Mapped)
    if mapped is None:
        return None
    try:
        points = MapPoints.load(job.path / mapped.file)
    except GraftError as problem:
        st.warning(literal(str(problem)))
        return None
    return Map(result.backbone, method, mapped.note, points, _judgements(result.oof))


def _judgements(predictions: Predictions) -> dict[str, tuple[bool, int]]:
    """By id, whether the probe that had not seen a photo was right about it, and which class it predicted."""
    rows = zip(predictions.ids, predictions.correct.tolist(), predictions.y_pred.tolist(), strict=True)
    return {id_: (right, predicted) for id_, right, predicted in rows}


def _draw(dataset: Dataset, items: Mapping[str, Item], drawn_map: Map, look: Look, chosen_ids: Sequence[str]) -> None:
    rows = [row for row, id_ in enumerate(drawn_map.points.ids) if id_ in items]
    photos = [items[drawn_map.points.ids[row]] for row in rows]
    groups, labels, styles, hover_first = _tinted(dataset, photos, drawn_map, look.tint)
    key = f"map-{drawn_map.backbone}-{drawn_map.method}"
    st.markdown(f"**{literal(called(drawn_map.backbone))}**")
    figures.shown(
        embedding_map(
            np.asarray([drawn_map.points.xy[row] for row in rows], dtype=np.float32),
            labels,
            groups,
            [item.sha256 for item in photos],
            names=[item.name for item in photos],
            method=drawn_map.method,
            drag=look.drag,
            styles=styles,
            hover_first=hover_first,
            ringed=chosen_ids if state.remembered(_RINGED, False) else (),
        ),
        key,
        _("A map of {n} photos by how alike they are to {backbone}. The box below chooses a photo by its name.").format(
            n=len(photos), backbone=called(drawn_map.backbone)
        ),
        Files(
            key,
            lambda: _table(dataset, items, drawn_map),
            _("What {backbone} sees").format(backbone=called(drawn_map.backbone)),
        ),
        on_select=lambda: _select(state.selected(key)),
        selection_mode=("points", "lasso"),
    )


def _table(dataset: Dataset, items: Mapping[str, Item], drawn_map: Map) -> Table:
    """The photos with their places on the map."""
    places = zip(drawn_map.points.ids, drawn_map.points.xy, strict=True)
    rows = [
        [items[id_].name, dataset.classes[items[id_].label], items[id_].split, float(x), float(y)]
        for id_, (x, y) in places
        if id_ in items
    ]
    return ["image", "class", "split", "x", "y"], rows


def _select(ids: Sequence[str]) -> None:
    """Takes points that were selected on a map, and empties the box of names."""
    state.remember(_CHOSEN, list(ids))
    state.remember(_TURN, 1 + state.remembered(_TURN, 0))


def _tinted(
    dataset: Dataset, photos: Sequence[Item], drawn_map: Map, tint: str
) -> tuple[list[str], list[int], Any, list[str]]:
    """The groups of the chosen colours: their names, each photo's group, their styles, and each photo's hover text."""
    classes = dataset.classes
    hover_first = [classes[item.label] for item in photos]
    if tint == "split":
        styles = [(base.SPLIT_COLORS[split], symbol) for split, symbol in zip(SPLITS, base.SYMBOLS, strict=False)]
        labels = [SPLITS.index(item.split) for item in photos]
        hover_first = [f"{name} · {split_name(item.split)}" for name, item in zip(hover_first, photos, strict=True)]
        return [split_name(split) for split in SPLITS], labels, styles, hover_first
    if tint == "class":
        return list(classes), [item.label for item in photos], None, hover_first
    judgements = [drawn_map.judgements.get(item.sha256) for item in photos]
    groups = [_("right"), _("wrong"), _("not a training photo")]
    styles = [(base.BLUE, "circle"), (base.ORANGE, "diamond"), (base.GREY, "circle")]
    hover_first = [
        name
        if judgement is None or judgement[0]
        else _("{name}, taken for {other}").format(name=name, other=classes[judgement[1]])
        for name, judgement in zip(hover_first, judgements, strict=True)
    ]
    return (
        groups,
        [2 if judgement is None else 0 if judgement[0] else 1 for judgement in judgements],
        styles,
        hover_first,
    )


def _choose_by_name(items: Mapping[str, Item], drawn_map: Map) -> None:
    """Draws a box that selects a photo by its name, as a click on its point does."""
    ids = [id_ for id_ in drawn_map.points.ids if id_ in items]
    names = dict(zip(ids, distinct(one_line(items[id_].name) for id_ in ids), strict=True))

    key = f"map-photo-{state.remembered(_TURN, 0)}"

    def choose() -> None:
        chosen = state.widget(key)
        state.remember(_CHOSEN, [chosen] if chosen else [])
        state.remember(_RINGED, True)

    st.selectbox(
        _("Choose a photo by its name"),
        ids,
        index=None,
        format_func=names.__getitem__,
        key=key,
        on_change=choose,
        placeholder=_("type a part of its name"),
    )


def _photos(dataset: Dataset, items: Mapping[str, Item], maps: Sequence[Map], chosen_ids: Sequence[str]) -> None:
    """Draws the selected photos, each with those that the backbones find most like it."""
    if not chosen_ids:
        st.caption(_("No photo is chosen."))
    if len(chosen_ids) > MOST_PHOTOS:
        st.caption(_("{n} photos are chosen; the first {most} are shown.").format(n=len(chosen_ids), most=MOST_PHOTOS))
    for id_ in chosen_ids[:MOST_PHOTOS]:
        with st.container(border=True, key=f"chosen-{id_}"):
            alike.photo(dataset, items, {drawn_map.backbone: drawn_map.points for drawn_map in maps}, id_)
