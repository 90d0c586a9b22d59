"""What augmentation does to the user's own images, drawn by the very code that training uses."""

from __future__ import annotations

import streamlit as st

from core.data.dataset import Dataset
from core.jobs.store import Job
from core.tasks.requests import PreviewRequest
from core.tasks.results import Previewed, PreviewRow
from core.training.config import FinetuneConfig
from pages.ui import jobs, progress, state
from pages.ui.i18n import _
from pages.ui.text import literal, shortened

IMAGES, DRAWS = 3, 5
WIDTH_PX = 104


def augmentation_preview(dataset: Dataset, config: FinetuneConfig) -> None:
    """A row for each of a few training images: as it is, and as training may see it."""
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown("**" + _("What training sees") + "**")
        turn = state.remembered("preview-seed", 0)
        if st.button(_("Draw again"), icon=":material/casino:"):
            turn += 1
            state.remember("preview-seed", turn)
    job = jobs.once(
        PreviewRequest(
            workspace=state.workspace(), dataset=dataset.id, config=config, images=IMAGES, draws=DRAWS, seed=turn
        )
    )
    previewed = progress.result(progress.panel(job), Previewed)
    for row in previewed.rows if previewed else ():
        _row(job, row)


def _row(job: Job, row: PreviewRow) -> None:
    """One image: its class, as it is, and beside it as training may see it."""
    label = shortened(row.label)
    st.caption(literal(label))
    with st.container(horizontal=True, gap="small"):
        for column, name in enumerate(row.files):
            alt = _("augmented {label}") if column else _("original of {label}")
            st.image(str(job.path / name), alt=alt.format(label=label), width=WIDTH_PX)
