"""What augmentation does to the user's own images, drawn by the very code that training uses."""

from __future__ import annotations

import streamlit as st

from core.data.dataset import Dataset
from core.tasks.requests import PreviewRequest
from core.tasks.results import Previewed
from core.training.config import FinetuneConfig
from pages.ui import jobs, progress, state
from pages.ui.i18n import _
from pages.ui.text import literal, shortened

IMAGES, DRAWS = 3, 5


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
        st.image(
            [str(job.path / name) for name in row.files],
            caption=[literal(shortened(row.label)), *[""] * (len(row.files) - 1)],
            alt=[_("original of {label}").format(label=shortened(row.label))]
            + [_("augmented {label}").format(label=shortened(row.label))] * (len(row.files) - 1),
            width=104,
        )
