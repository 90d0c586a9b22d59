"""The jobs of this session's workspace: asked for, found again, and deleted."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import streamlit as st

from core.data.dataset import Dataset
from core.data.library import delete_dataset as delete_from_library
from core.errors import GraftError
from core.jobs.store import Job, list_jobs, open_job
from core.tasks.base import PhotosRequest, Request
from core.tasks.results import dataset_id_of
from core.tasks.specs import spec_of
from pages.ui import resources, state
from pages.ui.i18n import _
from pages.ui.text import literal

Asked = TypeVar("Asked", bound=Request)


def submit(request: Request) -> Job:
    """Queues what is asked for and looks at it from here on; where it cannot wait, says so and stops the page."""
    spec = spec_of(request, _photos(request))
    try:
        job = resources.pool().submit(state.workspace(), spec)
    except GraftError as problem:
        st.error(literal(str(problem)))
        st.stop()
    if spec.listed:
        state.follow(job)
    return job


def submit_once(request: Request) -> None:
    """Queues what is asked for and draws the page anew; where just that waits or runs, looks at it and says so."""
    same = latest(request)
    if same is None or same.status().is_over:
        submit(request)
        st.rerun()
    state.follow(same)
    st.info(_("Just this has been asked for already: you see how it gets on below."), icon=":material/info:")


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
    for job in list_jobs(state.workspace(), unlisted=True):
        if job.spec.kind == kind.kind:
            try:
                if suits(kind.of(job.spec)):
                    return job
            except GraftError:  # another Graft asked for it
                continue
    return None


def opened(job_id: object) -> Job | None:
    """The job with this id, where there still is one."""
    try:
        return open_job(state.workspace(), str(job_id)) if job_id else None
    except GraftError:
        return None


def looked_at(kind: str, dataset_id: str = "") -> Job | None:
    """The job of this kind that is looked at: the one followed, else the newest (of a dataset, where named)."""
    followed_job = opened(state.job_id())
    if followed_job is not None and _is(followed_job, kind, dataset_id):
        return followed_job
    return next((job for job in listed() if _is(job, kind, dataset_id)), None)


def followed(kind: str) -> Job | None:
    """The job of this kind that this session started or was sent to."""
    job_of_kind = looked_at(kind)
    return job_of_kind if job_of_kind is not None and job_of_kind.id == state.job_id() else None


def active(kind: str) -> Job | None:
    """The newest job of this kind that waits or runs, whichever session started it."""
    jobs_of_kind = [job for job in listed() if job.spec.kind == kind]
    return next((job for job in jobs_of_kind if not job.status().is_over), None)


def listed() -> list[Job]:
    """The jobs of this workspace that the user asked for, newest first."""
    return list_jobs(state.workspace())


def dataset_of(job: Job) -> str:
    """The id of the dataset a job works on; a job that names a sample learns it when it is done."""
    return dataset_id_of(job.spec, job.status())


def delete(gone: Job) -> None:
    """Deletes a job with all its results, and looks at it no more.

    Raises:
        JobError: it is running.
    """
    resources.pool().delete(gone)
    state.forget(gone)


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


def _is(job: Job, kind: str, dataset_id: str) -> bool:
    return job.spec.kind == kind and (not dataset_id or dataset_of(job) == dataset_id)
