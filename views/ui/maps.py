"""The map of what a backbone sees: one point an image, near where the backbone finds them alike."""

from __future__ import annotations

import numpy as np
import streamlit as st

from core.data.dataset import Dataset
from core.jobs.spec import JobSpec
from core.paths import read_json
from views.ui import charts, progress, state
from views.ui.i18n import _
from views.ui.text import literal, one_line, shortened

METHODS = ("pca", "tsne")


def embedding_map(dataset: Dataset, backbones: list[str]) -> None:
    """Draws the map of one of the backbones' embeddings, and the image of the point that is selected."""
    st.subheader(_("What a backbone sees"))
    st.caption(
        _(
            "Each point is an image; near points look alike to the backbone. Classes in clumps of their own are easy; "
            "a point among another class is worth a look, it may be labelled wrongly. Select a point to see its image."
        )
    )
    with st.container(horizontal=True):
        backbone = st.selectbox(_("Backbone"), backbones, width=280)
        names = {"pca": _("PCA (fast, keeps distances)"), "tsne": _("t-SNE (slower, keeps neighbours)")}
        method = st.selectbox(_("Method"), METHODS, format_func=names.get, width=280)
    params = {
        "workspace": state.workspace(),
        "dataset": dataset.id,
        "backbone": backbone,
        "method": method,
        "seed": 0,
    }
    title = _("Map of {backbone}").format(backbone=backbone)
    job = state.once(JobSpec("embedding_map", params, slot="short", title=title, dataset_id=dataset.id, listed=False))
    status = progress.panel(job)
    if status.state != "done":
        return
    points = read_json(job.path / status.result["file"])
    _draw(dataset, points, f"{backbone}-{method}", method)
    if status.result.get("note"):
        st.caption(literal(status.result["note"]))


def _draw(dataset: Dataset, points: dict, key: str, method: str) -> None:
    items = {item.sha256: item for item in dataset.items}
    there = [i for i, id_ in enumerate(points["ids"]) if id_ in items]
    shown = [items[points["ids"][i]] for i in there]
    xy = np.asarray([points["xy"][i] for i in there], dtype=np.float32)
    figure = charts.embedding_map(
        xy,
        [item.label for item in shown],
        dataset.classes,
        [item.sha256 for item in shown],
        names=[item.name for item in shown],
        method=method,
    )
    chart, picture = st.columns([3, 1], gap="medium")
    with chart:
        chosen = st.plotly_chart(
            figure,
            key=f"map-{key}",
            on_select="rerun",
            selection_mode="points",
            alt=_("A map of the images by likeness"),
        )
    with picture:
        ids = [point["customdata"] for point in chosen["selection"]["points"]]
        ids = [id_[0] if isinstance(id_, list | tuple) else id_ for id_ in ids]
        if not ids:
            st.caption(_("No point is selected."))
        for item in [items[id_] for id_ in ids if id_ in items][:3]:
            st.image(
                str(dataset.thumbnail(item)),
                caption=literal(shortened(f"{dataset.classes[item.label]} · {item.name}", 60)),
                alt=one_line(item.name),
            )
