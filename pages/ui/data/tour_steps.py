"""The tour's steps: what each is called, what it explains, and what it shows when it is done."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import streamlit as st

from core import numbers
from core.backbones.names import called
from core.errors import GraftError
from core.jobs.status import JobStatus
from core.jobs.store import Job
from core.probing.comparison.against import ROPE
from core.tasks.results import TakenIn, result_of
from core.tasks.touring import EPOCHS
from core.training.results.logs import history_table
from pages.ui import figures, gallery, progress, resources, state, text
from pages.ui.charts.accuracy import accuracy_bars, results_table
from pages.ui.charts.history import training_history
from pages.ui.charts.quality import confusion_matrix, confusion_table
from pages.ui.figures import Files
from pages.ui.i18n import _


@dataclass(frozen=True)
class Step:
    """One step of the tour.

    Attributes:
        title: what it is called.
        says: what it explains.
        result: draws what came of it, from its job that is done.
        live: draws what has come of it so far.
    """

    title: Callable[[], str]
    says: Callable[[], str]
    result: Callable[[Job, JobStatus], None]
    live: Callable[[Job], None] | None = None


def listed(active: int, *, is_done: bool = False) -> None:
    """The steps in a short list, each with a mark: done, going on, or still to come."""
    lines = []
    for at, step in enumerate(STEPS):
        if at < active or is_done:
            lines.append(f":green[:material/check_circle:] {at + 1}. {step.title()}")
        elif at == active:
            lines.append(f":primary[:material/arrow_forward:] **{at + 1}. {step.title()}**")
        else:
            lines.append(f":gray[:material/radio_button_unchecked: {at + 1}. {step.title()}]")
    st.markdown("  \n".join(lines))


def explained(at: int) -> None:
    """A step's heading, and what it explains."""
    st.subheader(f"{at + 1}. {STEPS[at].title()}")
    st.markdown(STEPS[at].says())


def drawn_live(at: int, job: Job) -> None:
    """What has come of a step so far."""
    live = STEPS[at].live
    if live is not None:
        live(job)


def _data_says() -> str:
    return _(
        "First, look. Are the classes there, are they about equally large, do the photos show what their folder says? "
        "These textures are generated, so that the tour works without a network. Part of the photos is set aside: "
        "*validation* photos choose, *test* photos judge once at the end."
    )


def _compare_says() -> str:
    return _(
        "A pretrained network (a *backbone*) turns each photo into a list of numbers. If a simple classifier on those "
        "numbers tells the classes apart, the backbone carries over. Five-fold cross-validation on the training photos "
        "says how well, with an interval; raw pixels are the floor that any backbone should beat."
    )


def _finetune_says() -> str:
    return _(
        "Fine-tuning goes on training the whole backbone on these photos, which are unlike the photos it learned "
        "from. The tour takes the quickest backbone, so that you need not wait long. Watch the validation loss: while "
        "it falls the model learns, when it rises again it learns by heart. The best epoch is kept."
    )


def _evaluate_says() -> str:
    return _(
        "The matrix shows which classes are taken for which, on validation photos the network did not train on. "
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
    st.markdown(text.unbroken(f"**{text.literal(called(verdict.headline))}** {text.literal(called(verdict.why))}"))
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
        _("**{accuracy}** of {n} validation photos are right (95 % interval {interval}).").format(
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
    state.link("predict", _("Try this model, or take it home"), icon, dataset=photos, run=model)


STEPS = (
    Step(lambda: _("Look at the photos"), _data_says, _draw_data),
    Step(lambda: _("Compare backbones"), _compare_says, _draw_comparison),
    Step(lambda: _("Fine-tune one"), _finetune_says, _draw_history, _draw_live_history),
    Step(lambda: _("See where it fails"), _evaluate_says, _draw_confusion),
)
"""The steps in their order; each has a job of its own, but for the last one, which judges what the third has made."""
