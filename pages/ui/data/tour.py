"""The sample taken all the way with one button, each step explained as it happens.

Three jobs are queued at once, so that a closed tab does not stop the tour; what is drawn derives from them alone. One
bar is for all of them, and of the steps the one that is going on is in view.
"""

from __future__ import annotations

import math
import secrets
from dataclasses import dataclass

import streamlit as st

from core.errors import GraftError
from core.jobs.status import JobStatus
from core.jobs.store import Job
from core.paces import Paces
from core.tasks.base import Request
from core.tasks.requests import CompareRequest, FinetuneRequest, IngestRequest
from core.tasks.touring import expected_s, tour_requests
from pages.ui import jobs, progress, resources, state
from pages.ui.data import tour_steps
from pages.ui.data.tour_steps import Step
from pages.ui.i18n import _, redrawn
from pages.ui.text import duration

_KINDS: tuple[type[Request], ...] = (IngestRequest, CompareRequest, FinetuneRequest)


def button() -> None:
    """The button that starts the tour."""
    if st.button(_("Try a sample"), type="primary", icon=":material/play_circle:"):
        start()
        st.rerun()


def start() -> None:
    """Queues the tour's three jobs."""
    token = secrets.token_hex(4)
    for request in tour_requests(state.workspace(), token):
        jobs.submit(request)
    state.watch_tour(token)


def about_time() -> str:
    """How long the tour takes, by what this machine was measured to do."""
    paces = Paces.here()
    seconds = sum(expected_s(request, paces) for request in tour_requests(state.workspace(), ""))
    if paces.are_known:
        return _("On this machine it takes about {time}.").format(time=duration(seconds))
    return _("It takes about {time} on two idle cores; how quick this machine is, is measured on the way.").format(
        time=duration(seconds)
    )


def draw() -> bool:
    """Draws the tour where there is one to see; False where there is none."""
    if state.place().tour == state.NEW_TOUR:
        _offer()
        return True
    tour = _Tour.watched()
    if tour is None:
        return False
    st.title(_("A sample, all the way"))
    if tour.is_over:
        _ended(tour)
    else:
        _watch(tour)
    _others(tour)
    _leave()
    return True


@dataclass(frozen=True)
class _Tour:
    """The three jobs of a tour, in their order."""

    jobs: tuple[Job, ...]

    @classmethod
    def watched(cls) -> _Tour | None:
        """The tour that is watched; None where there is none, or a job of it has been deleted."""
        token = state.place().tour
        if not token:
            return None
        steps = (jobs.newest(kind, lambda request: request.tour == token) for kind in _KINDS)
        there = tuple(job for job in steps if job is not None)
        return cls(there) if len(there) == len(_KINDS) else None

    @property
    def is_over(self) -> bool:
        """Whether nothing more will happen."""
        statuses = [job.status() for job in self.jobs]
        return all(status.is_over for status in statuses) or any(
            status.is_over and status.state != "done" for status in statuses
        )

    @property
    def active(self) -> int:
        """The index of the job that runs or waits, or that the tour has stopped at; of the last where all are done."""
        states = [job.status().state for job in self.jobs]
        return next((at for at, name in enumerate(states) if name != "done"), len(states) - 1)

    @property
    def step(self) -> int:
        """The index of the step in view: the last one, where it fails, once all jobs are done."""
        is_done = all(job.status().state == "done" for job in self.jobs)
        return len(tour_steps.STEPS) - 1 if is_done else self.active

    def left_s(self) -> float:
        """Seconds left of all jobs together."""
        statuses, paces = [job.status() for job in self.jobs], Paces.here()
        requests = tour_requests(state.workspace(), "")
        return sum(
            _left_s(status, expected_s(request, paces)) for status, request in zip(statuses, requests, strict=True)
        )

    def share(self, left_s: float) -> float:
        """How much of the whole time is over."""
        spent = sum(job.status().seconds or 0.0 for job in self.jobs)
        return spent / (spent + left_s) if spent + left_s else 0.0


def _left_s(status: JobStatus, expected: float) -> float:
    """Seconds left of one job: by its own measure while it runs, else as many as are expected of it."""
    if status.is_over:
        return 0.0
    if status.eta_s is not None:
        return status.eta_s
    return max(expected - (status.seconds or 0.0), expected / 4)


def _offer() -> None:
    """The tour's first page, from which it can be started again."""
    st.title(_("A sample, all the way"))
    st.markdown(
        _(
            "A small sample is taken all the way: look at the photos, compare networks, fine-tune one, read the "
            "confusion matrix. Each step says what happens and why. Your own photos and runs stay as they are."
        )
    )
    st.caption(about_time())
    if st.button(_("Start the tour"), type="primary", icon=":material/play_circle:"):
        start()
        st.rerun()
    _leave()


@redrawn(every_s=1.0)
def _watch(tour: _Tour) -> None:
    """The one bar, the steps, and the one that is going on; the page is run again when a job ends."""
    try:
        active, is_over = tour.active, tour.is_over
    except GraftError:  # deleted in another tab
        progress.run_page_again()
        return
    if is_over or active != state.remembered("tour-step", active):
        progress.run_page_again()
    state.remember("tour-step", active)
    job, left_s = tour.jobs[active], tour.left_s()
    with st.container(border=True):
        shown = f"tour-share-{state.place().tour}"
        share = max(tour.share(left_s), state.remembered(shown, 0.0))
        state.remember(shown, share)
        st.progress(min(share, 0.99), text=_sentence(active, job, share, left_s))
        if st.button(_("Cancel"), key="tour-cancel", icon=":material/cancel:"):
            for each in reversed(tour.jobs):  # what waits first, so that it does not begin
                resources.pool().cancel(each)
            st.toast(_("Stopping: it may take a few seconds."))
    tour_steps.listed(active)
    tour_steps.explained(active)
    tour_steps.drawn_live(active, job)


def _sentence(active: int, job: Job, share: float, left_s: float) -> str:
    return _("Step {n} of {total} · {doing} · {share} % · about {time} left in all").format(
        n=active + 1,
        total=len(tour_steps.STEPS),
        doing=progress.doing(job, job.status()),
        share=math.floor(100 * share),
        time=duration(left_s),
    )


def _ended(tour: _Tour) -> None:
    """The end of the tour: where it fails, or why it stopped."""
    step, job = tour.step, tour.jobs[tour.active]
    is_done = step > tour.active
    tour_steps.listed(step, is_done=is_done)
    tour_steps.explained(step)
    if is_done:
        tour_steps.STEPS[step].result(job, job.status())
    else:
        progress.panel(job)


def _others(tour: _Tour) -> None:
    """The steps that are done, each to be opened."""
    for at in range(tour.step):
        step: Step = tour_steps.STEPS[at]
        with st.expander(f":material/check_circle: {at + 1}. {step.title()}"):
            st.markdown(step.says())
            step.result(tour.jobs[at], tour.jobs[at].status())


def _leave() -> None:
    shown = state.dataset()
    label = _("Leave the tour: back to '{name}'").format(name=shown.name) if shown else _("Leave the tour")
    back, bring = st.columns(2) if shown else (None, st.container())
    if back is not None and back.button(label, icon=":material/arrow_back:"):
        state.watch_tour("")
        st.rerun()
    if bring.button(_("Leave the tour: bring my own photos"), icon=":material/upload:"):
        state.watch_tour("")
        state.remember("bring", True)
        st.rerun()
