"""The jobs of this session's workspace: asked for, found again, and deleted."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeVar

import streamlit as st

from core.data.dataset import Dataset
from core.data.library import delete_dataset as delete_from_library
from core.errors import GraftError
from core.jobs.store import Job, list_jobs, open_job
from core.models.runs import load_run
from core.tasks.base import PhotosRequest, Request
from core.tasks.judging.other import JudgeRequest
from core.tasks.results import TakenIn, dataset_id_of, result_of
from core.tasks.specs import request_of, spec_of
from pages.ui import resources, state
from pages.ui.i18n import _
from pages.ui.text import literal

Asked = TypeVar("Asked", bound=Request)

INTAKE = ("ingest", "regroup")
_PAGES = {
    **dict.fromkeys((*INTAKE, "health"), "data"),
    **dict.fromkeys(("compare", "learning_curve", "depth", "components", "framing"), "compare"),
    "finetune": "finetune",
    "judge": "evaluate",
    "attention": "explain",
}
"""The page that shows jobs of a kind."""


def submit(request: Request) -> Job:
    """Queues what is asked for; where it cannot wait, says so and stops the page."""
    try:
        job = resources.pool().submit(state.workspace(), spec_of(request, _photos(request)))
    except GraftError as problem:
        st.error(literal(str(problem)))
        st.stop()
    if request.kind in INTAKE:
        state.remember(_pin(request.kind), job.id)
    return job


def submit_once(request: PhotosRequest) -> None:
    """Queues what is asked for, and shows it unless another of its kind goes on: that stays in sight.

    Where just this waits or runs already, says so.
    """
    shown, same = looked_at(request.kind, request.dataset), latest(request)
    in_sight = shown is not None and not shown.status().is_over
    if same is not None and not same.status().is_over:
        if not in_sight:
            look_at(same)
        st.info(_("Just this has been asked for already: you see how it gets on below."), icon=":material/info:")
        return
    job = submit(request)
    if not in_sight:
        look_at(job)
    st.rerun()


def submit_newest(request: PhotosRequest) -> None:
    """Queues what is asked for of photos as they are now, and cancels what was asked of them as they were before."""
    for job in list_jobs(state.workspace(), unlisted=True):
        if job.spec.kind == request.kind and job.spec.dataset_id == request.dataset and not job.status().is_over:
            resources.pool().cancel(job)
    submit(request)


def once(request: Request) -> Job:
    """The job that was asked for just this; it is queued where there is none yet."""
    return latest(request) or submit(request)


def latest(request: Request) -> Job | None:
    """The newest job of this workspace that was asked for just this, whatever became of it."""
    return newest(type(request), lambda other: other == request)


def newest(kind: type[Asked], suits: Callable[[Asked], bool]) -> Job | None:
    """The newest job of this workspace, listed or not, that was asked for something of this kind that suits."""
    return next(_suitable(kind, suits), None)


def all_of(kind: type[Asked], suits: Callable[[Asked], bool]) -> list[Job]:
    """All jobs of this workspace that were asked for something of this kind that suits, newest first."""
    return list(_suitable(kind, suits))


def _suitable(kind: type[Asked], suits: Callable[[Asked], bool]) -> Iterator[Job]:
    for job in list_jobs(state.workspace(), unlisted=True):
        if job.spec.kind == kind.kind:
            with contextlib.suppress(GraftError):  # another Graft asked for it
                if suits(kind.of(job.spec)):
                    yield job


def opened(job_id: object) -> Job | None:
    """The job with this id, where there still is one."""
    try:
        return open_job(state.workspace(), str(job_id)) if job_id else None
    except GraftError:
        return None


def looked_at(kind: str, dataset_id: str) -> Job | None:
    """The job of this kind about these photos that the page shows.

    That is the one that the address names, else the one that this session saw last, else the one shown by itself.
    """
    pin = _pin(kind, dataset_id)
    candidates = (opened(state.place().job), opened(state.remembered(pin, "")), by_itself(kind, dataset_id))
    shown = next((job for job in candidates if job is not None and _is(job, kind, dataset_id)), None)
    state.remember(pin, shown.id if shown else "")
    return shown


def look_at(job: Job) -> None:
    """Shows this job on its page from here on; the address names it where the page would not show it by itself."""
    photos = dataset_of(job)
    state.remember(_pin(job.spec.kind, photos), job.id)
    default = by_itself(job.spec.kind, photos)
    state.show_job("" if default is not None and default.id == job.id else job.id)


def by_itself(kind: str, dataset_id: str) -> Job | None:
    """The job of this kind that a page shows where nothing else is asked for: the one that goes on, else the newest."""
    suitable = [job for job in listed() if _is(job, kind, dataset_id)]
    going = [job for job in suitable if not job.status().is_over]
    return going[-1] if going else next(iter(suitable), None)


def beside(shown: Job) -> list[Job]:
    """The jobs of its kind about its photos that wait or run beside the one that is shown, the next to run first."""
    photos = dataset_of(shown)
    suitable = [job for job in listed() if job.id != shown.id and _is(job, shown.spec.kind, photos)]
    return [job for job in reversed(suitable) if not job.status().is_over]


def going() -> list[Job]:
    """The jobs of this workspace that wait or run and have a page that shows them, the first to be asked for first."""
    there = [job for job in list_jobs(state.workspace(), unlisted=True) if job.spec.listed or job.spec.kept]
    return [job for job in reversed(there) if page_of(job) and not _is_over(job)]


def ended() -> list[Job]:
    """The jobs of this workspace that were seen to go on and whose end was not seen yet, the oldest first.

    This is kept with the jobs, so that neither a reload nor another tab loses it.
    """
    return [job for job in reversed(list_jobs(state.workspace(), unlisted=True)) if job.is_watched() and _is_over(job)]


def is_toured(job: Job, page: str) -> bool:
    """Whether a page draws the tour that this job is a step of, with a bar of its own."""
    token = state.place().tour
    return page == "data" and token != "" and job.spec.params.get("tour") == token


def is_shown(job: Job, page: str) -> bool:
    """Whether a page shows this job, or lists all there are."""
    if page == "runs" or is_toured(job, page):
        return True
    if page != page_of(job) or not job.spec.listed:
        return page == page_of(job)
    shown = looked_at(job.spec.kind, dataset_of(job)) if job.spec.kind not in INTAKE else job
    return shown is not None and shown.id == job.id and dataset_of(job) in ("", state.place().dataset)


def intake(kind: str) -> Job | None:
    """The reading of photos that the Data page shows.

    That is one that goes on, that the address names, or that this session saw last; or one that did not end well, where
    nothing was started since.
    """
    all_jobs = listed()
    going = [job for job in all_jobs if job.spec.kind == kind and not job.status().is_over]
    last = [job for job in all_jobs[:1] if job.spec.kind == kind and job.status().is_resumable]
    candidates = (*going, opened(state.place().job), opened(state.remembered(_pin(kind), "")), *last)
    shown = next((job for job in candidates if job is not None and job.spec.kind == kind), None)
    state.remember(_pin(kind), shown.id if shown else "")
    return shown


def take_in() -> None:
    """Looks at the photos that a reading has brought, and at the reading no more.

    This comes before anything is drawn: to run the page once more for it, in the middle, would lose what was pressed.
    """
    for kind in INTAKE:
        job = intake(kind)
        if job is not None and job.status().state == "done":
            state.remember(_pin(kind), "")
            with contextlib.suppress(GraftError):  # of another Graft
                state.show_dataset(result_of(job.status(), TakenIn).dataset)


def page_of(job: Job) -> str:
    """The name of the page that shows a job; "" where none does."""
    return "data" if _tour(job) else _PAGES.get(job.spec.kind, "")


def address_of(job: Job) -> dict[str, str]:
    """What the address of its page names, so that it shows this job, with its photos."""
    if token := _tour(job):
        return {"tour": token}
    if job.spec.kind == JudgeRequest.kind:
        return _of_judged(job)
    photos = dataset_of(job)
    is_taken_in = job.spec.kind in INTAKE and job.status().state == "done"
    named = {"dataset": photos, "job": "" if is_taken_in or not job.spec.listed else job.id}
    return {name: value for name, value in named.items() if value}


def _of_judged(job: Job) -> dict[str, str]:
    """What the address names of a model that is judged by another set; nothing where the model is gone."""
    try:
        run = load_run(Path(JudgeRequest.of(job.spec).model))
        return {"dataset": run.dataset_id, "run": state.run_key(run), "job": job.id}
    except (GraftError, ValueError):  # a bundle is no run of this workspace
        return {}


def listed() -> list[Job]:
    """The jobs of this workspace that the user asked for, newest first."""
    return list_jobs(state.workspace())


def dataset_of(job: Job) -> str:
    """The id of the dataset a job works on; a job that names a sample learns it when it is done."""
    return dataset_id_of(job.spec, job.status())


def delete(gone: Job) -> None:
    """Deletes a job with all its results and what was found out about its models, and looks at it no more.

    Raises:
        JobError: it is running.
    """
    resources.pool().delete(gone)
    for job in list_jobs(state.workspace(), unlisted=True):
        if not job.spec.listed and _is_about(job, gone) and job.status().is_over:
            resources.pool().delete(job)
    state.forget(gone)


def _is_about(job: Job, made: Job) -> bool:
    """Whether a job asks about a model that another one has made."""
    model = str(job.spec.params.get("run") or job.spec.params.get("model") or "")
    return bool(model) and (made.path.parent / model).is_relative_to(made.path)  # an absolute path stays itself


def delete_dataset(gone: Dataset) -> None:
    """Deletes a dataset of this workspace with what only its pages read, and looks at no dataset any more."""
    delete_from_library(state.workspace(), gone.id)
    for job in list_jobs(state.workspace(), unlisted=True):
        if job.spec.dataset_id == gone.id and not job.spec.listed and job.status().is_over:
            resources.pool().delete(job)
    state.show_dataset("")


def _photos(request: Request) -> str:
    """What the user calls the photos that a request is about, "" for those that are not here yet."""
    if not isinstance(request, PhotosRequest):
        return ""
    try:
        return resources.dataset(state.workspace(), request.dataset).name
    except GraftError:
        return ""


def _pin(kind: str, dataset_id: str = "") -> str:
    """The name of what the session remembers of the job of this kind that it saw last."""
    return f"job-{kind}-{dataset_id}"


def _tour(job: Job) -> str:
    """The token of the tour that a job is a step of and that goes on; "" where there is none."""
    try:
        return "" if job.status().is_over else request_of(job.spec).tour
    except GraftError:
        return ""


def _is_over(job: Job) -> bool:
    return job.recorded().is_over or job.status().is_over


def _is(job: Job, kind: str, dataset_id: str) -> bool:
    return job.spec.kind == kind and dataset_of(job) == dataset_id
