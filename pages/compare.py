"""Which pretrained backbone carries over best to these photos, and is the difference real?"""

from __future__ import annotations

import streamlit as st

from pages.ui import frame, jobs, progress, starts, state
from pages.ui.compare import form
from pages.ui.compare.about import about
from pages.ui.compare.results import results, so_far
from pages.ui.i18n import _


def main() -> None:
    """Draws the form, the job's progress, the verdict, and one closer look at a time."""
    st.title(_("Compare backbones"))
    dataset = state.require_dataset()
    st.markdown(
        _(
            "A *backbone* is a network that learned to see on other photos. Here a simple classifier (a *probe*) is "
            "trained on what each backbone sees in your photos, which takes seconds and tells which carries over best."
        )
    )
    job = jobs.looked_at("compare", dataset.id)
    start = starts.start("compare", dataset.id, job)
    request = form.comparison(dataset, form.first_request(dataset, start.job_id), start.key)
    pressed = st.button(_("Compare"), type="primary", icon=":material/leaderboard:", disabled=request is None)
    if pressed and request is not None:
        jobs.submit_once(request)
    if request is not None and len(request.backbones) == 1:
        st.caption(_("With one backbone there is nothing to compare it with; pick a second one."))
    if job is None:
        return
    starts.contrast(dataset.id, job, request == form.asked_for(job, dataset))
    st.divider()
    progress.beside(job)
    about(job)
    status = progress.panel(job, live=so_far)
    if status.state == "done":
        results(dataset, job)
    elif status.is_over:
        so_far(job)


frame.enter(main)
