"""Is my data fit to learn from? Upload photos or pick a sample, and see their classes, splits and flaws."""

from __future__ import annotations

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
        if job is None:
            continue
        if job.status().state == "done":  # since the frame was drawn, which takes the photos in
            progress.watch(job)
        else:
            progress.panel(job)
    if dataset is None:
        welcome()
    else:
        show(dataset)


frame.enter(main)
