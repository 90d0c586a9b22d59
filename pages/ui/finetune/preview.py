"""What augmentation does to the user's own photos, drawn by the very code that training uses."""

from __future__ import annotations

import streamlit as st

from core.data.dataset import Dataset, blob_path
from core.jobs.store import Job
from core.tasks.requests import PreviewRequest
from core.tasks.results import Previewed, PreviewRow
from core.training.config import FinetuneConfig
from pages.ui import jobs, progress, state
from pages.ui.gallery import Picture, tile
from pages.ui.i18n import _
from pages.ui.text import literal, shortened

PHOTOS, DRAWS = 3, 5
WIDTH_PX = 104


def augmentation_preview(dataset: Dataset, config: FinetuneConfig) -> None:
    """A row for each of a few training photos: as it is, and as training may see it."""
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown("**" + _("What training sees") + "**")
        turn = state.remembered("preview-seed", 0)
        if st.button(_("Draw again"), icon=":material/casino:"):
            turn += 1
            state.remember("preview-seed", turn)
    job = jobs.once(
        PreviewRequest(
            workspace=state.workspace(), dataset=dataset.id, config=config, images=PHOTOS, draws=DRAWS, seed=turn
        )
    )
    previewed = progress.result(progress.panel(job), Previewed)
    for number, row in enumerate(previewed.rows if previewed else ()):
        _row(_pictures(dataset, job, row), f"augmented-{number}", shortened(row.label))


def _row(pictures: list[Picture], key: str, label: str) -> None:
    """One photo: its class, as it is, and beside it as training may see it."""
    st.caption(literal(label))
    with st.container(horizontal=True, gap="small"):
        for at in range(len(pictures)):
            tile(pictures, at, key, WIDTH_PX)


def _pictures(dataset: Dataset, job: Job, row: PreviewRow) -> list[Picture]:
    """A photo as it is, shown large as it is stored, and the pictures that training may see, which are no larger."""
    label = shortened(row.label)
    files = [job.path / name for name in row.files]
    photos = [blob_path(dataset.root, row.photo) if row.photo else files[0], *files[1:]]
    names = [_("original of {label}").format(label=label)]
    for n in range(1, len(files)):
        names.append(_("augmented {label}, {n} of {all}").format(label=label, n=n, all=len(files) - 1))
    return [Picture(*facts) for facts in zip(files, names, names, photos, strict=True)]
