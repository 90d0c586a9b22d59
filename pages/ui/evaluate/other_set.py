"""A model judged by other labelled photos than its own: which, how it gets on, and all that is shown of a split."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import streamlit as st

from core.data.dataset import Dataset, read_dataset
from core.data.library import is_dataset_id, list_datasets
from core.errors import GraftError
from core.jobs.store import Job
from core.runs import Run
from core.tasks.judging.other import SPLIT, JudgeRequest, OtherJudged
from core.tasks.judging.words import beside_own, doubts, left_out
from pages.ui import jobs, progress, resources, state, text, uploads
from pages.ui.evaluate.judged import Judged
from pages.ui.evaluate.whole import numbers_first, photos_last
from pages.ui.i18n import _


def other_set(run: Run) -> None:
    """Draws the form, and what came of the set that was asked for last, or another that is chosen."""
    model = str(run.path)
    _form(model, run)
    done = jobs.all_of(JudgeRequest, lambda request: request.model == model)
    if not done:
        st.caption(
            _("The photos need one folder for each class, named as the model names it. Classes it lacks are left out.")
        )
        return
    names = dict(zip((job.id for job in done), text.distinct(_name(job) for job in done), strict=True))
    job = _chosen(done, names, f"{model}-{len(done)}")
    result = progress.result(progress.panel(job), OtherJudged)
    if result is not None:
        _shown(run, job, result)


def _chosen(done: Sequence[Job], names: Mapping[str, str], key: str) -> Job:
    """The judging that is looked at: the one that the address names, else the newest; it can be forgotten."""
    named = next((at for at, job in enumerate(done) if job.id == state.place().job), 0)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        job = st.selectbox(
            _("Judged by"), done, index=named, format_func=lambda each: names[each.id], key=f"judged-{key}", width=520
        )
        if job.status().is_over and st.button(
            _("Forget it"), type="tertiary", icon=":material/delete:", key=f"forget-{job.id}",
            help=_("The numbers go, and the photos that were brought for them."),
        ):  # fmt: skip
            jobs.delete(job)
            st.rerun()
    return job


def _form(model: str, run: Run) -> None:
    """Which photos: an upload, those of the library, or a folder of this machine."""
    turn = state.remembered("judge", 0)
    here = [each for each in list_datasets(state.workspace()) if not each.damaged and each.id != run.dataset_id]
    with st.container(border=True):
        upload = st.file_uploader(_("A zip of labelled photos"), type=["zip"], key=f"judge-{turn}")
        if upload is not None:
            try:
                path = uploads.keep(upload, ".zip", state.workspace())
            except GraftError as problem:
                st.error(text.literal(str(problem)))
                return
            _ask(JudgeRequest(workspace=state.workspace(), model=model, photos=str(path), name=upload.name,
                              delete_source=True), turn)  # fmt: skip
        if not here:
            return
        with st.container(horizontal=True, vertical_alignment="bottom"):
            labels = dict(
                zip((each.id for each in here), text.distinct(text.shortened(e.name) for e in here), strict=True)
            )
            chosen = st.selectbox(
                _("Or photos that are here already"), list(labels), format_func=labels.__getitem__, index=None,
                placeholder=_("Choose photos"), key=f"judge-here-{turn}", width=320,
            )  # fmt: skip
            if st.button(_("Judge it by these"), icon=":material/gavel:", disabled=chosen is None) and chosen:
                _ask(JudgeRequest(workspace=state.workspace(), model=model, photos=chosen, name=labels[chosen]), turn)


def _ask(request: JudgeRequest, turn: int) -> None:
    """Queues it, and draws the form anew."""
    jobs.submit(request)
    state.remember("judge", turn + 1)
    st.rerun()


def _name(job: Job) -> str:
    name = str(job.spec.params.get("name") or job.spec.title)
    return f"{text.shortened(name)} · {text.when(job.status().created)}"


def _shown(run: Run, job: Job, result: OtherJudged) -> None:
    file = job.path / result.file
    try:
        predictions, evaluation = resources.evaluated(file)
    except GraftError as problem:
        st.error(text.literal(str(problem)))
        return
    if words := beside_own(result, predictions):
        st.markdown(text.unbroken(f"**{text.literal(words)}**"))
    if warning := result.leaks.sentence:
        draw = st.warning if result.leaks.same or result.leaks.near else st.caption
        draw(text.unbroken(text.literal(warning)))
    for sentence in doubts(result, predictions):
        st.markdown(text.unbroken(text.literal(sentence)))
    if more := " ".join(left_out(result)):
        st.caption(text.literal(more))
    _again(job, result)
    about = f"{run.dataset_name}-{run.backbone}-{result.name}"
    judged = Judged(file, SPLIT, _dataset(job, result), about, f"{job.id}", run.kept.temperature, run.kind == "probe")
    numbers_first(judged, predictions, evaluation)
    photos_last(judged, predictions, evaluation)


def _again(job: Job, result: OtherJudged) -> None:
    """A button that takes classes for those that are written much like them."""
    if not result.suggested:
        return
    earlier = JudgeRequest.of(job.spec)
    pairs = ", ".join(f"{name} → {own}" for name, own in result.suggested.items())
    if st.button(_("Take them for the same: {pairs}").format(pairs=text.literal(pairs)), key=f"rename-{job.id}"):
        photos = earlier.photos if not earlier.delete_source else job.id
        rename = {**earlier.rename, **result.suggested}
        _ask(JudgeRequest(workspace=earlier.workspace, model=earlier.model, photos=photos, name=result.name,
                          rename=rename), state.remembered("judge", 0))  # fmt: skip


def _dataset(job: Job, result: OtherJudged) -> Dataset | None:
    """Where the photos are; None where they have been deleted."""
    root = job.path / result.root
    try:
        if root.parent.name == "datasets" and is_dataset_id(root.name):
            return resources.dataset(state.workspace(), root.name)
        return resources.once(("photos of", str(root)), lambda: read_dataset(Path(root)))
    except GraftError:
        return None
