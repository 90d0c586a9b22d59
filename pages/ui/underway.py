"""What goes on, in the sidebar of every page: the job that runs, how long it still takes, how many wait, and its end.

It is drawn again every second while there is a job; while there is none, nothing ticks.
"""

from __future__ import annotations

from math import floor

import streamlit as st

from core.i18n import ngettext
from core.jobs.status import JobStatus
from core.jobs.store import Job
from pages.ui import jobs, progress, state
from pages.ui.i18n import _, redrawn
from pages.ui.text import duration, literal, shortened


def line(page: str) -> None:
    """Draws the job that goes on, and those that were seen to go on and whose end was not seen yet.

    Args:
        page: the name of the page that is drawn, where the end of a job that it shows need not be told.
    """
    going = [job for job in jobs.going() if not jobs.is_toured(job, page)]
    for job in going:
        if not job.is_watched():
            job.watch()
    if going:
        running = next((job for job in going if job.status().state == "running"), going[0])
        _watch(running, len(going) - 1)
    for job in jobs.ended():
        _ended(job, page)


@redrawn(every_s=1.0)
def _watch(job: Job, further: int) -> None:
    """The job that goes on; the page is run again when it ends."""
    status = progress.going_on(job)
    if status is None:
        return
    with st.container(key="underway", gap="xxsmall"):
        _link(job, ":material/autorenew:" if status.state == "running" else ":material/hourglass_empty:")
        st.progress(status.share or 0.0)
        waiting = ngettext("{n} more waits", "{n} more wait", further).format(n=further) if further else ""
        st.caption(" · ".join(filter(None, (_standing(status), waiting))))


def _standing(status: JobStatus) -> str:
    """How far a job is, and how long it still takes."""
    if status.state == "queued":
        return _("waiting")
    parts = [_("{share} %").format(share=floor(100 * status.share)) if status.share else _("running")]
    if status.eta_s is not None and status.eta_s >= 1:
        parts.append(_("about {time} left").format(time=duration(status.eta_s)))
    return " · ".join(parts)


def _ended(job: Job, page: str) -> None:
    """A job that has ended, until its page has shown it, or the user dismisses it."""
    if jobs.is_shown(job, page):
        job.unwatch()
        return
    icon, _space, word = progress.state_name(job.status().state).partition(" ")
    with st.container(key=f"ended-{job.id}", horizontal=True, vertical_alignment="center", gap="xxsmall"):
        _link(job, icon, word)
        st.button(
            _("Dismiss"), key=f"dismiss-{job.id}", type="tertiary", icon=":material/close:", on_click=job.unwatch,
            help=_("Dismiss"), width="content",
        )  # fmt: skip


def _link(job: Job, icon: str, word: str = "") -> None:
    """The way to the page that shows a job; its title, after a word on how it ended."""
    title = literal(shortened(job.spec.title, 60))
    state.link(jobs.page_of(job), f"{word}: {title}" if word else title, icon, **jobs.address_of(job))
