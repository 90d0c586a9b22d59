"""A model learns to say "none of these": the button that starts it, on each page where that is of use."""

from __future__ import annotations

import streamlit as st

from core.runs import Run
from core.tasks.using import StrangersRequest
from pages.ui import jobs, progress, state
from pages.ui.i18n import _


def to_learn(run: Run, key: str, *, primary: bool) -> None:
    """The button that lets a model learn it, and how far that is; when it is done, the page is drawn again.

    Args:
        run: the model, whose photos are here.
        key: of the button.
        primary: whether it is what one is here for.
    """
    request = StrangersRequest(workspace=state.workspace(), run=str(run.path))
    job = jobs.latest(request)
    if job is not None and job.status().state != "done":
        progress.panel(job)
        return
    if st.button(
        _("Let it learn to say 'none of these'"),
        type="primary" if primary else "tertiary",
        icon=":material/person_search:",
        key=key,
        help=_("From then on a photo that is too unlike the training photos gets no class. It takes a moment."),
    ):
        jobs.submit(request)
        st.rerun()
