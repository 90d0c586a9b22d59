"""The progress of a job: a bar with the time left while it runs, and its end in words."""

from __future__ import annotations

import contextlib
import math
from collections.abc import Callable, Iterable, Mapping
from typing import TypeVar

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

from core.data.warnings import warning_text
from core.errors import GraftError
from core.jobs.status import JobStatus
from core.jobs.store import Job
from core.tasks.results import Kind, result_of
from core.tasks.specs import keeps_progress, takes_upload
from core.training.results.history import Epoch
from pages.ui import jobs, resources
from pages.ui.i18n import _, redrawn
from pages.ui.text import duration, literal, shortened

Draw = Callable[[Job], None]
Read = TypeVar("Read")


def panel(job: Job, live: Draw | None = None) -> JobStatus:
    """Draws the job as it is now, and every second again while it goes on; the page is run again when it ends.

    Args:
        job: the job.
        live: draws the results so far, under the bar.

    Returns:
        The status, so that the page can draw the result of a job that is done.
    """
    status = job.status()
    if status.is_over:
        _ended(job, status)
    else:
        watch(job, live)
    return status


def going_on(job: Job) -> JobStatus | None:
    """The status of a job that waits or runs; None where it was deleted in another tab.

    Once it is over or deleted, the page is run again.
    """
    try:
        status = job.status()
    except GraftError:
        run_page_again()
        return None
    if status.is_over:
        run_page_again()
    return status


def run_page_again() -> None:
    """Runs the page again, where one of its parts has ticked.

    While all of the page is run nothing happens, and the part's next tick asks again: to break a run off would lose
    what a person has pressed, if it has not come to that button yet.
    """
    context = get_script_run_ctx()
    if context is not None and context.fragment_ids_this_run:
        st.rerun()


@redrawn(every_s=1.0)
def watch(job: Job, live: Draw | None = None) -> None:
    """Draws the job that goes on every second again, as `panel` does."""
    status = going_on(job)
    if status is None:
        return
    with st.container(border=True):
        st.progress(status.share or 0.0, text=sentence(job, status))
        stop_button(job)
    if live is not None:
        live(job)


def stop_button(job: Job) -> bool:
    """A button that stops a job; one that keeps what it has done is paused. Gives whether it was pressed."""
    pauses = keeps_progress(job.spec)
    label, icon = (_("Pause"), ":material/pause:") if pauses else (_("Cancel"), ":material/cancel:")
    pressed = st.button(label, key=f"cancel-{job.id}", icon=icon)
    if pressed:
        resources.pool().cancel(job)
        st.toast(_("Stopping: it may take a few seconds."))
    return pressed


def beside(shown: Job) -> None:
    """Draws a line for each job of the same kind and photos that waits or runs beside the one that is shown."""
    for job in jobs.beside(shown):
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            title = literal(shortened(job.spec.title, 80))
            st.caption(f"{state_name(job.status().state)}: {title}", width="content")
            st.button(_("Show it"), key=f"show-{job.id}", type="tertiary", on_click=jobs.look_at, args=(job,))


def reported(job: Job, name: str, kind: type[Kind]) -> list[Kind]:
    """The records that a job has reported so far under one name, in order; what cannot be read is left out.

    Args:
        job: the job.
        name: such as "epoch".
        kind: what is reported under this name.
    """
    records = []
    for event in job.events():
        content = event.data.get(name)
        if isinstance(content, Mapping):
            with contextlib.suppress(GraftError):
                records.append(kind.from_json(content))
    return records


def epochs(job: Job) -> list[Epoch]:
    """The epochs that a fine-tuning has reported so far, in order."""
    return reported(job, "epoch", Epoch)


def result(status: JobStatus, kind: type[Kind]) -> Kind | None:
    """The result of a job that is done; None before, and, with a warning, where another version of Graft wrote it."""
    if status.state != "done":
        return None
    try:
        return result_of(status, kind)
    except GraftError as problem:
        st.warning(literal(str(problem)))
        return None


def outcome(job: Job, kind: type[Kind], read: Callable[[Kind], Read]) -> Read | None:
    """Draws a job, and reads what came of it; None before it is done, and, saying why, where it cannot be read.

    Args:
        job: the job.
        kind: of its result.
        read: reads what the result names.
    """
    done = result(panel(job), kind)
    try:
        return None if done is None else read(done)
    except GraftError as problem:
        st.error(literal(str(problem)))
        return None


def photo_warnings(codes: Iterable[str]) -> None:
    """Warns of what is doubtful about the photos behind a result, such as copies of one image in two splits."""
    for code in codes:
        st.warning(literal(warning_text(code)), icon=":material/warning:")


def state_name(state: str) -> str:
    """A job's state in words, with an icon."""
    names = {
        "queued": ":material/hourglass_empty: " + _("waiting"),
        "running": ":material/autorenew: " + _("running"),
        "done": ":material/check_circle: " + _("done"),
        "failed": ":material/error: " + _("failed"),
        "cancelled": ":material/cancel: " + _("cancelled"),
        "interrupted": ":material/power_off: " + _("interrupted"),
    }
    return names[state]


def doing(job: Job, status: JobStatus) -> str:
    """What a waiting or running job does, in words."""
    if status.state == "queued":
        position = resources.pool().position(job)
        if position == 1:
            return _("Waiting for a worker: it is next.")
        return _("Waiting: number {n} in the queue.").format(n=position) if position else _("Starting …")
    return (
        literal(status.message)
        if status.message
        else _("{title} …").format(title=literal(shortened(job.spec.title, 60)))
    )


def sentence(job: Job, status: JobStatus) -> str:
    """What a waiting or running job does, how far it is, and how long it still takes, in a sentence."""
    message, share = doing(job, status), math.floor(100 * (status.share or 0.0))
    if status.state == "queued":
        return message
    if status.eta_s is None or status.eta_s < 1:
        return _("{message} · {share} %").format(message=message, share=share) if share else message
    left = _("{message} · {share} % · about {time} left").format(
        message=message, share=share, time=duration(status.eta_s)
    )
    return f"{left} ({status.eta_note})" if status.eta_note else left


def _ended(job: Job, status: JobStatus) -> None:
    if status.state == "failed":
        st.error(literal(status.error), icon=":material/error:")
        if not takes_upload(job.spec):  # a refused upload has been removed, and would be refused again
            again(job, status)
    elif status.state == "cancelled":
        if job.has_begun() and keeps_progress(job.spec):
            st.info(_("This is paused. What it had done is kept, and it goes on from there."), icon=":material/pause:")
        elif job.has_begun():
            st.info(_("This was cancelled. What it had saved is still there."))
        else:
            st.info(_("This was cancelled before it began: nothing was saved."))
        again(job, status)
    elif status.state == "interrupted":
        st.warning(literal(status.error), icon=":material/power_off:")
        again(job, status)


def again(job: Job, status: JobStatus) -> None:
    """A button that resumes a job, or tries or starts it once more where there is nothing to resume."""
    never_began = status.state == "cancelled" and not job.has_begun()
    label = _("Try again") if status.state == "failed" else _("Start it") if never_began else _("Resume")
    if st.button(label, key=f"resume-{job.id}", icon=":material/play_arrow:"):
        try:
            resources.pool().resume(job)
        except GraftError as problem:  # another tab was quicker, or the upload is gone
            st.warning(literal(str(problem)))
        else:
            st.rerun()
