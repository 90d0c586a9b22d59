"""What can be made of a training beside its end: its best weights so far, and more epochs."""

from __future__ import annotations

import streamlit as st

from core.errors import GraftError
from core.jobs.store import Job
from core.runs import Run
from core.tasks.presetting import asked_in
from core.tasks.requests import FinetuneRequest
from core.training.config import FinetuneConfig
from core.training.results.history import best_of
from pages.ui import jobs, progress, state, text
from pages.ui.i18n import _

MORE_EPOCHS = 10


def best_so_far(job: Job) -> None:
    """For a training that goes on or has stopped: a button that makes a model of its best weights so far."""
    request, best = _request(job), best_of(progress.epochs(job))
    if request is None or best is None or request.take_best:
        return
    label = _("Take the best so far as a model")
    if best.epoch:
        about = _("Epoch {n} is the best so far. The training itself stays as it is.").format(n=best.epoch)
    else:
        about = _("Nothing is better yet than the probe that training began with.")
    if st.button(label, key=f"take-{job.id}", icon=":material/bookmark:", help=about):
        jobs.submit_once(_taking(job, request))


def more_epochs(job: Job, run: Run) -> None:
    """For a finished training: a way to train it further, with a schedule that begins anew."""
    request = _request(job)
    if request is None or not isinstance(run.config, FinetuneConfig) or run.config.is_instant or not run.can_go_on:
        return
    with st.popover(_("Train it further"), icon=":material/add:", key=f"further-{job.id}"):
        epochs = st.number_input(_("More epochs"), 1, 100, MORE_EPOCHS, key=f"further-epochs-{job.id}")
        st.caption(_("It goes on from the last epoch as a run of its own; this one stays as it is."))
        if st.button(_("Train further"), key=f"further-go-{job.id}", type="primary"):
            try:
                config = run.config.extended(int(epochs), run.kept.epochs)
            except GraftError as problem:
                st.error(text.literal(str(problem)))
                return
            jobs.submit_once(
                FinetuneRequest(
                    workspace=request.workspace,
                    dataset=request.dataset,
                    fingerprint=request.fingerprint,
                    config=config,
                    source=state.run_key(run),
                )
            )


def _taking(job: Job, request: FinetuneRequest) -> FinetuneRequest:
    return FinetuneRequest(
        workspace=request.workspace,
        dataset=request.dataset,
        fingerprint=request.fingerprint,
        config=request.config,
        source=f"{job.id}/run",
        take_best=True,
    )


def _request(job: Job) -> FinetuneRequest | None:
    """What was asked for; None where another version of Graft wrote it."""
    try:
        return asked_in(job)
    except GraftError:
        return None
