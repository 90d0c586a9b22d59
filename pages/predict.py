"""How do I use it elsewhere? Try a model on new images, and take it home as one file."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import streamlit as st
from streamlit.runtime.uploaded_file_manager import UploadedFile

from core.errors import GraftError
from core.jobs.store import Job
from core.runs import Run
from core.tasks.requests import ExportRequest, ImageFile, PredictRequest
from core.tasks.results import Answer, Exported, Predicted, read_answers
from pages.ui import downloads, figures, frame, progress, state, text, uploads
from pages.ui.charts.quality import probability_bars
from pages.ui.i18n import _

IMAGE_TYPES = ["jpg", "jpeg", "png", "webp", "bmp", "gif", "tif", "tiff", "avif"]
MOST_SHOWN = 24


def main() -> None:
    """The page: a model, new images for it, and its bundle."""
    st.title(_("Predict & export"))
    runs = [run for run in state.runs() if run.portable]  # a probe that is not linear has nothing to take home
    model = choose(runs)
    if model is None:
        return
    tries, takes = st.tabs([_("Try it on images"), _("Take it home")])
    with tries:
        try_it(model)
    with takes:
        if isinstance(model, Run):
            take_home(model)
        else:
            st.info(_("This model comes from a bundle: you have it at home already."))


def choose(runs: list[Run]) -> Run | Path | None:
    """A model of this workspace, or a bundle from elsewhere (its path); None before there is one."""
    sources = {"run": _("A model made here"), "bundle": _("A bundle from elsewhere")}
    source = st.segmented_control(
        _("Model"), list(sources), default="run" if runs else "bundle", required=True, format_func=sources.__getitem__
    )
    if source == "bundle":
        return bundle()
    if not runs:
        st.info(_("No model has been made here yet. Compare backbones, or fine-tune one, first."))
        st.page_link("pages/compare.py", label=_("Compare backbones"), icon=":material/leaderboard:")
        return None
    chosen, names = state.chosen_run(runs), text.run_names(runs, with_photos=True)
    run = st.selectbox(
        _("Which one"),
        runs,
        index=runs.index(chosen),
        format_func=lambda run: names[run.path],
        key="predict-run",
    )
    state.show_run(run)
    return run


def bundle() -> Path | None:
    """The bundle that was uploaded, on the disk."""
    upload = st.file_uploader(
        _("A bundle that Graft has exported (zip)"),
        type=["zip"],
        key="bundle",
        help=_("It is read without running anything in it, and checked against its manifest."),
    )
    if upload is None:
        return None
    file_id, path = state.remembered("bundle", ("", ""))
    if file_id != upload.file_id:
        try:
            path = str(uploads.keep(upload, ".zip", state.workspace()))
        except GraftError as problem:
            st.error(text.literal(str(problem)))
            return None
        state.remember("bundle", (upload.file_id, path))
    return Path(path)


def try_it(model: Run | Path) -> None:
    """New images, and what the model says of them."""
    named = str(model.path if isinstance(model, Run) else model)
    turn = state.remembered("predict", 0)
    images = st.file_uploader(
        _("Images the model has not seen"), type=IMAGE_TYPES, accept_multiple_files=True, key=f"predict-{turn}"
    )
    if images:
        try:
            files = tuple(kept(image) for image in images)
        except GraftError as problem:
            st.error(text.literal(str(problem)))
            return
        state.submit(
            PredictRequest(
                workspace=state.workspace(), model=named, images=files, previews=MOST_SHOWN, delete_source=True
            )
        )
        state.remember("predict", turn + 1)
        st.rerun()
    job = state.newest(PredictRequest, lambda request: request.model == named)
    if job is None:
        st.caption(
            _("Drop a few images above. Photos that are unlike the training images get answers too, but poor ones.")
        )
        return
    predicted = progress.result(progress.panel(job), Predicted)
    if predicted is None:
        return
    try:
        shown(job, read_answers(job.path / predicted.file))
    except GraftError as problem:
        st.error(text.literal(str(problem)))


def kept(image: UploadedFile) -> ImageFile:
    """An upload on the disk, with the name that the user gave it."""
    path = uploads.keep(image, Path(image.name).suffix.lower(), state.workspace())
    return ImageFile(path=str(path), name=image.name)


def shown(job: Job, answers: Sequence[Answer]) -> None:
    """One row an image: the image, the answer, and the probabilities."""
    read = [answer for answer in answers if not answer.error]
    headings = ["image", "label", *(read[0].proba if read else ())]
    cells = [[answer.image, answer.label, *(round(p, 6) for p in answer.proba.values())] for answer in read]
    downloads.table(_("Download the answers (CSV)"), headings, cells, "predictions.csv")
    for number, answer in enumerate(answers[:MOST_SHOWN]):
        with st.container(border=True):
            picture, words = st.columns([1, 2], gap="medium", vertical_alignment="center")
            if answer.error:
                words.error(text.literal(f"{text.shortened(answer.image)}: {answer.error}"))
                continue
            name = text.literal(text.shortened(answer.image))
            if answer.preview:
                alt = text.shortened(answer.image, 120)
                picture.image(str(job.path / answer.preview), caption=name, alt=alt, width=220)
            else:
                picture.caption(name)
            words.markdown(
                _("**{label}**, {share}").format(
                    label=text.literal(text.shortened(answer.label, 80)),
                    share=text.percent(answer.proba[answer.label]),
                )
            )
            with words:
                figures.shown(
                    probability_bars(list(answer.proba), list(answer.proba.values())),
                    f"answer-{job.id}-{number}",
                    _("Probability of each class"),
                    "probabilities",
                )
    if len(answers) > MOST_SHOWN:
        st.caption(_("The first {n} are shown; the table has them all.").format(n=MOST_SHOWN))


def take_home(run: Run) -> None:
    """The bundle: one zip with the model, its manifest and its card."""
    st.markdown(
        _(
            "One zip: `model.safetensors` (the weights), `manifest.json` (classes, preprocessing, metrics with their "
            "number of images, versions, seed) and a model card. It holds no code, so it is safe to open, and "
            "`python -m core predict bundle.zip photo.jpg` uses it on any machine with Graft."
        )
    )
    request = ExportRequest(workspace=state.workspace(), run=str(run.path))
    job = state.latest(request)
    if job is None:
        if st.button(_("Make the bundle"), type="primary", icon=":material/package_2:"):
            state.submit(request)
            st.rerun()
        return
    exported = progress.result(progress.panel(job), Exported)
    if exported is not None:
        file = job.path / exported.file
        downloads.archive(_("Download the bundle ({size})"), file, f"graft-{run.backbone}-{run.kind}.zip", primary=True)


frame.enter(main)
