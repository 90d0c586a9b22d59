"""Is my data fit to learn from? Upload photos or pick a sample, and see their classes, splits and flaws."""

from __future__ import annotations

import streamlit as st

from core.jobs.store import Job
from core.tasks.results import TakenIn
from pages.ui import frame, jobs, progress, state
from pages.ui.data import tour
from pages.ui.data.contents import show
from pages.ui.data.welcome import welcome


def main() -> None:
    """Draws the photos, or how to bring some."""
    dataset = state.dataset()
    if tour.draw():
        return
    for kind in jobs.INTAKE:
        job = jobs.intake(kind)
        if job is not None:
            bring_in(job)
    if dataset is None:
        welcome()
    else:
        show(dataset)


def bring_in(job: Job) -> None:
    """Draws the progress of photos being read, and shows them once they are there."""
    taken_in = progress.result(progress.panel(job), TakenIn)
    if taken_in is not None:
        jobs.taken_in(job, taken_in.dataset)
        st.rerun()


frame.enter(main)
