"""Which comparison the page shows, whether it goes on, is done or was stopped."""

from __future__ import annotations

import streamlit as st

from core.backbones.names import called
from core.errors import GraftError
from core.jobs.store import Job
from core.tasks.requests import CompareRequest
from pages.ui import text
from pages.ui.i18n import _

MOST_NAMED = 8


def about(job: Job) -> None:
    """Draws the comparison's title, and under it when it was asked for, and its backbones."""
    st.subheader(text.literal(text.shortened(job.spec.title, 120)))
    asked_for = text.when(job.status().created)
    try:
        backbones = CompareRequest.of(job.spec).backbones
    except GraftError:  # another Graft asked for it
        st.caption(asked_for)
        return
    named = ", ".join(map(called, backbones[:MOST_NAMED]))
    if len(backbones) > MOST_NAMED:
        named = _("{names} and {n} more").format(names=named, n=len(backbones) - MOST_NAMED)
    st.caption(f"{asked_for} · {text.literal(named)}")
