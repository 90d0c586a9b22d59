"""The map of what a backbone sees: one point an image, near where the backbone finds them alike."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import streamlit as st

from core.data.dataset import SPLITS, Dataset, Item
from core.errors import GraftError
from core.evaluation.predictions import Predictions
from core.features.maps import MAP_METHODS, UMAP_INSTALL, has_umap, neighbours_in_words
from core.jobs.store import Job
from core.probing.crossval.crossval import ProbeResult
from core.tasks.requests import EmbeddingMapRequest
from core.tasks.results import Mapped, MapPoints
from pages.ui import figures, progress, state
from pages.ui.charts import base
from pages.ui.compare.charts.map import embedding_map
from pages.ui.i18n import _
from pages.ui.text import distinct, literal, one_line, shortened, split_name

MOST_BACKBONES, MOST_PHOTOS = 2, 3
_CHOSEN, _RINGED, _TURN = "map-chosen", "map-ringed", "map-turn"


@dataclass(frozen=True)
class Map:
    """What a job drew: its points, and what the probe said of the training photos, by id."""

    backbone: str
    method: str
    note: str
    points: MapPoints
    judgements: Mapping[str, tuple[bool, int]]


def section(dataset: Dataset, ranked: Sequence[ProbeResult], job: Job) -> None:
    """Draws the maps of one or two backbones, and the photos that are chosen on them with their neighbours."""
    st.caption(
        _(
            "Each point is a photo; near points look alike to the backbone. Classes in clumps of their own are easy; a "
            "point among another class is worth a look, it may be labelled wrongly. Select points, or choose a photo "
            "by its name, to see it with those most like it."
        )
    )
    backbones, method, tint = _asked([result.backbone for result in ranked], job)
    if method == "umap" and not has_umap():
        message = _("UMAP is not installed here. Whoever runs this app can add it with `{command}`; until then, t-SNE.")
        st.info(message.format(command=UMAP_INSTALL), icon=":material/extension_off:")
        return
    results = {result.backbone: result for result in ranked}
    maps = [drawn for name in backbones if (drawn := _made(dataset, results[name], method)) is not None]
    if not maps or len(maps) < len(backbones):
        return
    items = {item.sha256: item for item in dataset.items}
    nothing: list[str] = []
    chosen = [id_ for id_ in state.remembered(_CHOSEN, nothing) if id_ in items]
    if len(maps) > 1:
        state.remember(_RINGED, True)
    for column, one in zip(st.columns(len(maps), gap="medium"), maps, strict=True):
        with column:
            _draw(dataset, items, one, tint, chosen)
    if maps[0].note:
        st.caption(literal(maps[0].note))
    _choose_by_name(items, maps[0])
    _photos(dataset, items, maps, chosen)


def _asked(names: list[str], job: Job) -> tuple[list[str], str, str]:
    """Which backbones, which kind of map, and what its colours say."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        backbones = st.multiselect(
            _("One or two backbones"),
            names,
            default=names[:1],
            max_selections=MOST_BACKBONES,
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
    return backbones, method, tint


def _made(dataset: Dataset, result: ProbeResult, method: str) -> Map | None:
    """The map of one backbone, None while it is being made."""
    job = state.once(
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
    return Map(result.backbone, method, mapped.note, points, _said(result.oof))


def _said(predictions: Predictions) -> dict[str, tuple[bool, int]]:
    """By id, whether the probe that had not seen a photo was right about it, and which class it named."""
    rows = zip(predictions.ids, predictions.correct.tolist(), predictions.y_pred.tolist(), strict=True)
    return {id_: (right, named) for id_, right, named in rows}


def _draw(dataset: Dataset, items: Mapping[str, Item], one: Map, tint: str, chosen: Sequence[str]) -> None:
    there = [i for i, id_ in enumerate(one.points.ids) if id_ in items]
    shown = [items[one.points.ids[i]] for i in there]
    groups, labels, styles, hover_first = _tinted(dataset, shown, one, tint)
    key = f"map-{one.backbone}-{one.method}"
    st.markdown(f"**{literal(one.backbone)}**")
    figures.shown(
        embedding_map(
            np.asarray([one.points.xy[i] for i in there], dtype=np.float32),
            labels,
            groups,
            [item.sha256 for item in shown],
            names=[item.name for item in shown],
            method=one.method,
            styles=styles,
            hover_first=hover_first,
            ringed=chosen if state.remembered(_RINGED, False) else (),
        ),
        key,
        _("A map of {n} photos by how alike they are to {backbone}. The box below chooses a photo by its name.").format(
            n=len(shown), backbone=one.backbone
        ),
        f"map-{one.backbone}-{one.method}",
        _("What {backbone} sees").format(backbone=one.backbone),
        on_select=lambda: _select(state.selected(key)),
        selection_mode=("points", "lasso"),
    )


def _select(ids: Sequence[str]) -> None:
    """Points were selected on a map, so the box of names is empty again."""
    state.remember(_CHOSEN, list(ids))
    state.remember(_TURN, 1 + state.remembered(_TURN, 0))


def _tinted(
    dataset: Dataset, shown: Sequence[Item], one: Map, tint: str
) -> tuple[list[str], list[int], Any, list[str]]:
    """The groups that colours tell apart, each photo's, the groups' styles, and what hovering shows of each photo."""
    classes = dataset.classes
    hover_first = [classes[item.label] for item in shown]
    if tint == "split":
        styles = [(base.SPLIT_COLORS[split], symbol) for split, symbol in zip(SPLITS, base.SYMBOLS, strict=False)]
        labels = [SPLITS.index(item.split) for item in shown]
        hover_first = [f"{name} · {split_name(item.split)}" for name, item in zip(hover_first, shown, strict=True)]
        return [split_name(split) for split in SPLITS], labels, styles, hover_first
    if tint == "class":
        return list(classes), [item.label for item in shown], None, hover_first
    judged = [one.judgements.get(item.sha256) for item in shown]
    groups = [_("right"), _("wrong"), _("not a training photo")]
    styles = [(base.BLUE, "circle"), (base.ORANGE, "diamond"), (base.GREY, "circle")]
    hover_first = [
        name
        if judgement is None or judgement[0]
        else _("{name}, taken for {other}").format(name=name, other=classes[judgement[1]])
        for name, judgement in zip(hover_first, judged, strict=True)
    ]
    return groups, [2 if judgement is None else 0 if judgement[0] else 1 for judgement in judged], styles, hover_first


def _choose_by_name(items: Mapping[str, Item], one: Map) -> None:
    """What selecting a point does, for those who use a keyboard."""
    ids = [id_ for id_ in one.points.ids if id_ in items]
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


def _photos(dataset: Dataset, items: Mapping[str, Item], maps: Sequence[Map], chosen: Sequence[str]) -> None:
    """The photos that are chosen, each with those that the backbones find most like it."""
    if not chosen:
        st.caption(_("No photo is chosen."))
    if len(chosen) > MOST_PHOTOS:
        st.caption(_("{n} photos are chosen; the first {most} are shown.").format(n=len(chosen), most=MOST_PHOTOS))
    for id_ in chosen[:MOST_PHOTOS]:
        with st.container(border=True, key=f"chosen-{id_}"):
            _picture(
                dataset,
                items[id_],
                _("{name} · {split}").format(
                    name=dataset.classes[items[id_].label], split=split_name(items[id_].split)
                ),
                180,
            )
            for one in maps:
                _neighbours(dataset, items, one, id_)


def _neighbours(dataset: Dataset, items: Mapping[str, Item], one: Map, id_: str) -> None:
    row = one.points.ids.index(id_) if id_ in one.points.ids else None
    if row is None:
        return
    near = [items[other] for other in one.points.neighbours[row] if other in items]
    own = items[id_].label
    neighbours = neighbours_in_words(own, [item.label for item in near], dataset.classes)
    st.markdown(
        _("Most like it to **{backbone}**: {neighbours}").format(
            backbone=literal(one.backbone), neighbours=literal(neighbours)
        )
    )
    with st.container(horizontal=True, gap="small", vertical_alignment="bottom"):
        for item in near:
            name = dataset.classes[item.label]
            _picture(dataset, item, name if item.label == own else _("≠ {name}").format(name=name), 88)


def _picture(dataset: Dataset, item: Item, caption: str, width_px: int) -> None:
    st.image(
        str(dataset.thumbnail(item)),
        caption=literal(shortened(caption, 60)),
        width=width_px,
        alt=one_line(f"{dataset.classes[item.label]}: {item.name}"),
    )
