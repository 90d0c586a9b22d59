"""The jobs of a workspace: what each is, how it stands, and what can be done with it."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from core import numbers
from core.backbones.names import called
from core.errors import GraftError
from core.jobs.status import JobStatus
from core.jobs.store import Job
from core.models.runs import load_run
from core.runs import Run
from core.tasks.current import Recommendation, recommendations
from core.tasks.results import Finetuned, TakenIn, dataset_id_of, result_of
from core.tasks.specs import takes_upload
from pages.ui import jobs, progress, state, text
from pages.ui.i18n import _, redrawn
from pages.ui.runs import notes
from pages.ui.runs.log import log


def listing(jobs: Sequence[Job], names: dict[str, str], tags: Sequence[str] = ()) -> None:
    """The jobs; one that goes on is drawn again every two seconds, and the page when it ends.

    Args:
        jobs: in their order.
        names: of the photos that there are, by their ids.
        tags: that are offered for a job.
    """
    for job in jobs:
        status = status_of(job)
        if status is not None and status.is_over:
            row(job, status, names, tags)
        elif status is not None:
            watch(job, names)


@redrawn(every_s=2.0)
def watch(job: Job, names: dict[str, str]) -> None:
    """A job that waits or runs."""
    status = progress.going_on(job)
    if status is not None:
        row(job, status, names)


def status_of(job: Job) -> JobStatus | None:
    """How a job stands; None for one that another tab has deleted."""
    try:
        return job.status()
    except GraftError:
        return None


def row(job: Job, status: JobStatus, names: dict[str, str], tags: Sequence[str] = ()) -> None:
    """One job: what it is, how it stands, and what can be done with it; `tags` as for `listing`."""
    dataset_id = dataset_id_of(job.spec, status)
    gone = bool(dataset_id) and dataset_id not in names
    with st.container(border=True):
        about, actions = st.columns(2, vertical_alignment="center")
        with about:
            st.markdown(f"**{text.literal(text.shortened(job.spec.title or job.spec.kind, 120))}**")
            st.caption(" · ".join(filter(None, facts(job, status, gone))))
            if not status.is_over:
                st.progress(status.share or 0.0, text=progress.sentence(job, status))
            elif status.error:
                st.markdown(f":red[{text.literal(status.error)}]")
            notes.shown(job)
        with actions, st.container(horizontal=True, horizontal_alignment="right", vertical_alignment="center"):
            act(job, status, gone, tags)


def facts(job: Job, status: JobStatus, gone: bool) -> list[str]:
    """The line under a job's title, which names the photos; `gone` says that they have been deleted."""
    return [
        progress.state_name(status.state),
        _("photos deleted") if gone else "",
        text.when(status.created),
        text.duration(status.seconds) if status.seconds is not None else "",
        text.literal(outcome(job, status)),
    ]


def outcome(job: Job, status: JobStatus) -> str:
    """What came of a job, in a few words; "" where that cannot be told."""
    if status.state != "done":
        return ""
    try:
        match job.spec.kind:
            case "ingest":
                return text.images(result_of(status, TakenIn).images)
            case "compare":
                return recommended(recommendations(job.path))
            case "finetune":
                return validation(load_run(job.path / result_of(status, Finetuned).run))
    except GraftError:  # another Graft wrote it, or the run is gone
        pass
    return ""


def recommended(by_probe: Sequence[Recommendation]) -> str:
    """The backbone that a comparison's verdict recommends; "" where the comparison cannot be read."""
    if not by_probe:
        return ""
    first = by_probe[0]
    if not first.backbone:
        return _("no backbone beats the floor")
    words = _("best guess: {name}, {accuracy}") if first.is_guess else _("recommended: {name}, {accuracy}")
    return words.format(name=called(first.backbone), accuracy=numbers.percent(first.accuracy))


def validation(run: Run) -> str:
    """How good a fine-tuned model is on the validation images."""
    score = run.metrics["val"]
    return _("validation accuracy {accuracy} ({ci}, {n})").format(
        accuracy=numbers.percent(score.accuracy), ci=numbers.interval(score.accuracy_ci), n=text.images(score.n)
    )


def opens(job: Job, gone: bool) -> tuple[str, dict[str, str]] | None:
    """The page that shows a job, and the address's parameters; a model whose photos are deleted is judged."""
    if gone:
        return next((("evaluate", {"run": state.run_key(run)}) for run in state.runs_of(job)), None)
    page = jobs.page_of(job)
    return (page, jobs.address_of(job)) if page else None


def act(job: Job, status: JobStatus, gone: bool, tags: Sequence[str] = ()) -> None:
    """Open, cancel, resume, note, take along, delete; `gone` says that its photos have been deleted."""
    if where := opens(job, gone):
        # A link, not a button and `st.switch_page`: a tick of this fragment that is under way when the page changes
        # would name this page to the server, and leave the browser with an empty one.
        page, parameters = where
        state.link(page, _("Open"), ":material/open_in_new:", **parameters)
    if not status.is_over:
        if progress.stop_button(job):
            st.rerun()
        return
    refused = status.state == "failed" and takes_upload(job.spec)  # the upload is gone
    if status.is_resumable and not (gone or refused):
        progress.again(job, status)
    notes.editing(job, tags)
    if job.spec.kind == "finetune" and status.state == "done":
        for run in state.runs_of(job):
            log(run)
    with st.popover(_("Delete"), icon=":material/delete:", key=f"deleting-{job.id}"):  # keyed: it closes with its row
        st.markdown(_("The job, its model and its results are removed for good."))
        if st.button(_("Delete for good"), key=f"delete-{job.id}", type="primary"):
            try:
                jobs.delete(job)
            except GraftError as problem:
                st.error(text.literal(str(problem)))
            else:
                st.rerun()
