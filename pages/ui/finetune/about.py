"""What is known of the backbone that is to be trained."""

from __future__ import annotations

import streamlit as st

from core.errors import GraftError
from core.jobs.store import Job
from core.tasks.presetting import asked_in
from core.training.choices import optimizer_label
from pages.ui import text
from pages.ui.i18n import _


def about(job: Job) -> None:
    """Which run this is."""
    st.subheader(text.literal(text.shortened(job.spec.title, 120)))
    try:
        config = asked_in(job).config
    except GraftError as problem:
        st.caption(text.literal(str(problem)))
        return
    st.caption(
        _("{epochs} epochs at most · learning rate {lr:g} · batches of {batch} · {optimizer} · seed {seed}").format(
            epochs=config.epochs,
            lr=config.lr,
            batch=config.batch_size,
            optimizer=optimizer_label(config.optimizer),
            seed=config.seed,
        )
    )
