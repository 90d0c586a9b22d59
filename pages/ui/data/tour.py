"""The sample taken all the way with one button, each step explained as it happens.

Three jobs are queued at once, so that a closed tab does not stop the tour; what is drawn derives from them alone.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable
from functools import partial

import streamlit as st

from core import numbers
from core.backbones.registry import backbones
from core.errors import GraftError
from core.jobs.status import JobStatus
from core.jobs.store import Job
from core.probing.comparison.verdict import ROPE
from core.tasks.base import Request
from core.tasks.requests import CompareRequest, FinetuneRequest, IngestRequest
from core.tasks.results import TakenIn, result_of
from core.training.config import FinetuneConfig
from pages.ui import figures, gallery, jobs, progress, resources, state, text
from pages.ui.charts.accuracy import accuracy_bars, results_table
from pages.ui.charts.history import history_table, training_history
from pages.ui.charts.quality import confusion_matrix, confusion_table
from pages.ui.figures import Files
from pages.ui.i18n import _

SAMPLE = "sample:textures"
EPOCHS = 10


def button() -> None:
    """The button that starts the tour."""
    if st.button(_("Try a sample"), type="primary", icon=":material/play_circle:"):
        start()
        st.rerun()


def start() -> None:
    """Queues the tour's three jobs."""
    embedded = [info.name for info in backbones() if info.embedded]
    quickest = min((info for info in backbones() if info.embedded and info.trainable), key=lambda info: info.gflops)
    config = FinetuneConfig(backbone=quickest.name, mode="full", epochs=EPOCHS)
    workspace, token = state.workspace(), secrets.token_hex(4)
    steps: tuple[Request, ...] = (
        IngestRequest(workspace=workspace, source=SAMPLE, tour=token),
        CompareRequest(workspace=workspace, dataset=SAMPLE, backbones=tuple(embedded), tour=token),
        FinetuneRequest(workspace=workspace, dataset=SAMPLE, config=config, tour=token),
    )
    for request in steps:
        jobs.submit(request)
    state.watch_tour(token)


def draw() -> bool:
    """Draws the tour where there is one to see; False where there is none."""
    steps = _jobs()
    if len(steps) < 3:
        return False
    st.title(_("A sample, all the way"))
    _step(1, _("Look at the photos"), steps["ingest"], _data_says(), _draw_data)
    _step(2, _("Compare backbones"), steps["compare"], _compare_says(), _draw_comparison)
    _step(3, _("Fine-tune one"), steps["finetune"], _finetune_says(), _draw_history, live=_draw_live_history)
    _step(4, _("See where it fails"), steps["finetune"], _evaluate_says(), _draw_confusion, watch=False)
    _leave()
    return True


def _jobs() -> dict[str, Job]:
    """The jobs, by kind, of the tour that is watched."""
    token = state.place().tour
    if not token:
        return {}
    kinds: tuple[type[Request], ...] = (IngestRequest, CompareRequest, FinetuneRequest)
    steps = (jobs.newest(kind, lambda request: request.tour == token) for kind in kinds)
    return {job.spec.kind: job for job in steps if job is not None}


def _step(
    number: int,
    title: str,
    job: Job,
    says: str,
    result: Callable[[Job, JobStatus], None],
    live: Callable[[Job], None] | None = None,
    watch: bool = True,
) -> None:
    status = job.status()
    with st.container(border=True):
        mark = ":material/check_circle:" if status.state == "done" else ":material/radio_button_unchecked:"
        st.subheader(f"{mark} {number}. {title}")
        st.markdown(says)
        if status.state == "done":
            result(job, status)
        elif watch:
            progress.panel(job, live=live)


def _data_says() -> str:
    return _(
        "First, look. Are the classes there, are they about equally large, do the images show what their folder says? "
        "These textures are generated, so that the tour works without a network. Part of the images is set aside: "
        "*validation* images choose, *test* images judge once at the end."
    )


def _compare_says() -> str:
    return _(
        "A pretrained network (a *backbone*) turns each image into a list of numbers. If a simple classifier on those "
        "numbers tells the classes apart, the backbone carries over. Five-fold cross-validation on the training images "
        "says how well, with an interval; raw pixels are the floor that any backbone should beat."
    )


def _finetune_says() -> str:
    return _(
        "Fine-tuning goes on training the whole backbone on these images, which are unlike the photos it learned "
        "from. The tour takes the quickest backbone, so that you need not wait long. Watch the validation loss: while "
        "it falls the model learns, when it rises again it learns by heart. The best epoch is kept."
    )


def _evaluate_says() -> str:
    return _(
        "The matrix shows which classes are taken for which, on validation images the network did not train on. "
        "The diagonal is right; everything beside it is worth a look."
    )


def _draw_data(_job: Job, status: JobStatus) -> None:
    try:
        dataset = resources.dataset(state.workspace(), result_of(status, TakenIn).dataset)
    except GraftError as problem:  # deleted since
        st.caption(text.literal(str(problem)))
        return
    first = {item.label: item for item in reversed(dataset.items)}
    st.markdown(
        _("{images} in {classes}.").format(
            images=text.images(len(dataset.items)), classes=text.classes(len(dataset.classes))
        )
    )
    pictures = [
        gallery.Picture(
            dataset.thumbnail(first[label]), dataset.classes[label], dataset.classes[label], dataset.path(first[label])
        )
        for label in sorted(first)
    ]
    gallery.grid(pictures, key="tour-images", width_px=100)


def _draw_comparison(job: Job, _status: JobStatus) -> None:
    comparison = resources.comparison(job)
    if comparison is None:
        st.caption(_("What was found here cannot be read by this version of Graft. Compare again."))
        return
    verdict = resources.verdict(job, comparison, comparison.probes[0], ROPE)
    st.markdown(f"**{text.literal(verdict.headline)}** {text.literal(verdict.why)}")
    bars = resources.comparison_figure(job, ("tour",), partial(accuracy_bars, comparison.results))
    files = Files("accuracy", partial(results_table, comparison.results))
    figures.shown(bars, "tour-compare", _("Accuracy of each"), files)


def _draw_live_history(job: Job) -> None:
    if epochs := progress.epochs(job):
        figures.drawn(resources.figure(training_history, epochs, EPOCHS), "tour-history-live", _("Curves so far"))


def _draw_history(job: Job, _status: JobStatus) -> None:
    if epochs := progress.epochs(job):
        files = Files("history", partial(history_table, epochs))
        figures.shown(resources.figure(training_history, epochs), "tour-history", _("Curves by epoch"), files)


def _draw_confusion(job: Job, _status: JobStatus) -> None:
    run = next(iter(state.runs_of(job)), None)
    if run is None:
        return
    _predictions, evaluation = resources.evaluated(run.predictions_path("val"))
    st.markdown(
        _("**{accuracy}** of {n} validation images are right (95 % interval {interval}).").format(
            accuracy=numbers.percent(evaluation.accuracy),
            n=evaluation.n,
            interval=numbers.interval(evaluation.accuracy_ci),
        )
    )
    figure = resources.figure(confusion_matrix, evaluation.confusion, evaluation.classes)
    files = Files("confusion", partial(confusion_table, evaluation.confusion, evaluation.classes))
    figures.shown(figure, "tour-confusion", _("Confusion matrix"), files)
    icon, photos, model = ":material/arrow_forward:", run.dataset_id, state.run_key(run)
    state.link("evaluate", _("All about this model"), icon, dataset=photos, run=model)
    state.link("predict", _("Try it on a photo, or take it home"), icon, dataset=photos, run=model)


def _leave() -> None:
    if st.button(_("Leave the tour: bring my own photos"), icon=":material/upload:"):
        state.watch_tour("")
        state.remember("bring", True)
        st.rerun()
