"""A model tried on new images."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import streamlit as st
from streamlit.runtime.uploaded_file_manager import UploadedFile

from core import numbers
from core.errors import GraftError
from core.i18n import ngettext
from core.jobs.store import Job
from core.runs import Run
from core.tasks.results import Answer, Predicted, read_answers, result_of
from core.tasks.using import NamedFile, PredictRequest
from pages.ui import downloads, figures, gallery, jobs, progress, resources, state, text, uploads
from pages.ui.charts.quality import probability_bars
from pages.ui.i18n import _

MOST_SHOWN = 24
WIDTH_PX = 220


def try_it(model: Run | Path) -> None:
    """New images, and what the model says of them."""
    named = str(model.path if isinstance(model, Run) else model)
    turn = state.remembered("predict", 0)
    images = st.file_uploader(  # of any ending, or none: what is in a file decides
        _("Photos the model has not seen"), accept_multiple_files=True, key=f"predict-{turn}"
    )
    if images:
        try:
            files = tuple(kept(image) for image in images)
        except GraftError as problem:
            st.error(text.literal(str(problem)))
            return
        jobs.submit(
            PredictRequest(
                workspace=state.workspace(), model=named, images=files, previews=MOST_SHOWN, delete_source=True
            )
        )
        state.remember("predict", turn + 1)
        st.rerun()
    job = jobs.newest(PredictRequest, lambda request: request.model == named)
    if job is None or not _is_readable(job):
        st.caption(
            _("Drop a few photos above. Photos that are unlike the training photos get answers too, but poor ones.")
        )
        return
    predicted = progress.result(progress.panel(job), Predicted)
    if predicted is None:
        return
    try:
        shown(job, read_answers(job.path / predicted.file))
    except GraftError as problem:
        st.error(text.literal(str(problem)))


def _is_readable(job: Job) -> bool:
    """Whether a prediction's answers are as this Graft writes them; of an earlier one the images are gone, too."""
    status = job.status()
    try:
        return status.state != "done" or bool(result_of(status, Predicted))
    except GraftError:
        return False


def kept(image: UploadedFile) -> NamedFile:
    """An upload on the disk, with the name that the user gave it."""
    path = uploads.keep(image, "", state.workspace())
    return NamedFile(path=str(path), name=image.name)


def shown(job: Job, answers: Sequence[Answer]) -> None:
    """One row a photo: the photo, the answer, and the probabilities."""
    headings, cells = table(answers)
    downloads.table(_("Download the answers (CSV)"), headings, cells, "predictions.csv")
    failed = sum(bool(answer.error) for answer in answers)
    if failed:
        sentence = ngettext("{n} of {all} photo cannot be read.", "{n} of {all} photos cannot be read.", len(answers))
        st.warning(sentence.format(n=failed, all=len(answers)))
    pictures = {n: _picture(job, answer) for n, answer in enumerate(answers[:MOST_SHOWN]) if answer.preview}
    for number, answer in enumerate(answers[:MOST_SHOWN]):
        with st.container(border=True):
            if answer.error:
                st.error(text.literal(f"{text.shortened(answer.image)}: {answer.error}"))
                continue
            photo, words = st.columns([1, 2], gap="medium", vertical_alignment="center")
            name = text.literal(text.shortened(answer.image))
            with photo:
                if number in pictures:
                    at = list(pictures).index(number)
                    gallery.tile(list(pictures.values()), at, f"asked-{job.id}", WIDTH_PX, name)
                else:
                    st.caption(name)
            with words:
                st.markdown(f"**{text.literal(text.shortened(answer.label, 80))}**, {_share(answer)}")
                bars = resources.figure(probability_bars, list(answer.proba), list(answer.proba.values()))
                figures.drawn(bars, f"answer-{job.id}-{number}", _("Probability of each class"))
    if len(answers) > MOST_SHOWN:
        st.caption(_("The first {n} are shown; the table has them all.").format(n=MOST_SHOWN))


def _picture(job: Job, answer: Answer) -> gallery.Picture:
    """The photo of an answer; one that an earlier version of Graft was asked about is kept small only."""
    small = job.path / answer.preview
    words = f"{text.shortened(answer.label, 80)}, {_share(answer)}"
    return gallery.Picture(small, words, answer.image, job.path / answer.large if answer.large else small)


def _share(answer: Answer) -> str:
    """The probability of the likeliest class."""
    return numbers.percent(answer.proba[answer.label])


def table(answers: Sequence[Answer]) -> tuple[list[str], list[list[object]]]:
    """Headings and rows of all images: each one's label and probabilities, or why there are none."""
    classes = next((list(answer.proba) for answer in answers if not answer.error), [])
    rows: list[list[object]] = []
    for answer in answers:
        shares = [round(answer.proba[name], 6) if answer.proba else None for name in classes]
        rows.append([answer.image, answer.label, *shares, answer.error])
    return ["image", "label", *classes, "error"], rows
