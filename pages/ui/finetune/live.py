"""A fine-tuning while it runs: its curves, what becomes of the classes, and the photos it gets most wrong now.

All of it is drawn again every second, so what lies in a fold is made only while the fold is open, and figures and
predictions only anew when an epoch has ended.
"""

from __future__ import annotations

from functools import partial
from pathlib import Path

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from core import numbers
from core.data.dataset import Dataset
from core.errors import GraftError
from core.evaluation.metrics import Evaluation, evaluate
from core.evaluation.mistakes import mistakes
from core.evaluation.predictions import Predictions
from core.jobs.store import Job
from core.runs import Run
from core.tasks.presetting import asked_in
from core.training.results.baseline import name_of
from core.training.results.history import Epoch
from core.training.results.live import confusion_of, judged_epochs, live_predictions
from core.training.results.logs import history_table
from pages.ui import figures, progress, resources, text
from pages.ui.backbones import KEEP
from pages.ui.charts.history import training_history
from pages.ui.charts.matrices import confusion_difference, confusion_difference_table
from pages.ui.charts.quality import confusion_matrix, confusion_table
from pages.ui.figures import Files
from pages.ui.finetune.charts import MOST_CLASSES, confusion_change, recall_by_epoch, recall_table
from pages.ui.finetune.continuing import best_so_far
from pages.ui.i18n import _

MOST_WRONG = 12


def watched(dataset: Dataset, job: Job) -> None:
    """All that is known so far: the curves, and in folds the classes and the photos; and what can be made of it."""
    best_so_far(job)
    curves(job)
    live = live_predictions(_folder(job))
    if not live.is_file():
        return
    title = _("Classes: which are right by now, and which are taken for which")
    with st.expander(title, key=f"live-classes-{job.id}", icon=":material/grid_on:", on_change="rerun") as fold:
        if fold.open:
            _classes(job, live, _("Latest epoch"))
    title = _("Photos that are most wrong now")
    with st.expander(title, key=f"live-photos-{job.id}", icon=":material/photo_library:", on_change="rerun") as fold:
        if fold.open:
            _most_wrong(dataset, live)


def classes_by_epoch(job: Job, run: Run) -> None:
    """In a fold, what became of each class in a training that is over."""
    if len(judged_epochs(run.path)) < 2:
        return
    title = _("Classes, epoch by epoch")
    with st.expander(title, key=f"live-classes-{job.id}", icon=":material/grid_on:", on_change="rerun") as fold:
        if fold.open:
            _classes(job, run.predictions_path(name_of("val")), _("The model"))


def curves(job: Job) -> None:
    """The losses, accuracies and the learning rate so far."""
    epochs = progress.epochs(job)
    if epochs:
        st.caption(_last(epochs[-1]))
        figures.shown(
            resources.figure(training_history, epochs, _most_epochs(job)),
            f"curves-{job.id}",
            _("Losses, accuracies and the learning rate by epoch"),
            Files("history", lambda: history_table(epochs)),
        )


def _last(epoch: Epoch) -> str:
    """The last epoch in a line."""
    accuracy = "–" if epoch.val_accuracy is None else numbers.percent(epoch.val_accuracy)
    if epoch.epoch == 0:
        return _("The probe that training begins with: validation accuracy {accuracy}.").format(accuracy=accuracy)
    line = _("Epoch {n}: validation accuracy {accuracy}, {seconds} an epoch.").format(
        n=epoch.epoch, accuracy=accuracy, seconds=text.duration(epoch.seconds)
    )
    if epoch.images_per_s is None:
        return line
    speed = _("It learns from {n} photos a second.").format(n=numbers.significant(epoch.images_per_s, 3))
    return f"{line} {speed}"


def _classes(job: Job, file: Path, latest: str) -> None:
    """The recall of each class by epoch, and a confusion matrix: the latest, an epoch's, or the change since the probe.

    Args:
        job: of the training.
        file: the latest predictions.
        latest: what these are called.
    """
    now, before = _judged(file), _judged(file.with_name(f"{name_of('val')}.npz"))
    if now is None:
        return
    names, epochs = now[0].class_names, [epoch for epoch in progress.epochs(job) if epoch.recall]
    figures.shown(
        resources.figure(recall_by_epoch, epochs, names),
        f"recall-{job.id}",
        _("Recall of each class by epoch"),
        Files("recall", lambda: recall_table(epochs, names)),
    )
    if len(names) > MOST_CLASSES:
        st.caption(_("The {n} classes with the lowest recall; the figure's table has all.").format(n=MOST_CLASSES))
    kinds = {"now": latest, **({"change": _("Change since the probe")} if before else {}), "epoch": _("By epoch")}
    kind = st.segmented_control(_("Confusion matrix"), list(kinds), default="now", required=True,
                                format_func=kinds.__getitem__, key=f"live-confusion-{job.id}")  # fmt: skip
    matrix = _by_epoch(job, now[0]) if kind == "epoch" else now[1].confusion
    if kind == "change" and before is not None:
        change = confusion_change(matrix, before[1].confusion, names)
        drawn, table = resources.figure(confusion_difference, change), partial(confusion_difference_table, change)
    else:
        drawn, table = resources.figure(confusion_matrix, matrix, names), partial(confusion_table, matrix, names)
    alt = _("Confusion matrix: true classes in rows, predicted ones in columns")
    figures.shown(drawn, f"live-confusion-{kind}-{job.id}", alt, Files("confusion", table))


def _by_epoch(job: Job, judged: Predictions) -> NDArray[np.int64]:
    """Draws the choice of an epoch, and gives its confusion matrix; that of `judged` where it has none."""
    known = judged_epochs(_folder(job))
    chosen = st.slider(
        _("After epoch"),
        0,
        max(_most_epochs(job) or 0, known[-1] if known else 0, 1),
        key=f"live-epoch-{job.id}",
        persist_state=KEEP,
        help=_("0 is the probe that training begins with."),
    )
    at_hand = [epoch for epoch in known if epoch <= chosen]
    matrix = confusion_of(_folder(job), at_hand[-1], judged) if at_hand else None
    if matrix is None:
        st.caption(_("This epoch has left no predictions."))
        return evaluate(judged).confusion
    right = int(np.trace(matrix))
    words = _("After epoch {n}, {right} of {total} validation photos are right.")
    st.caption(words.format(n=at_hand[-1], right=right, total=int(matrix.sum())))
    return matrix


def _most_wrong(dataset: Dataset, live: Path) -> None:
    """The mistakes that the latest epoch is surest of."""
    judged = _judged(live)
    wrong = mistakes(judged[0], MOST_WRONG) if judged else ()
    if not wrong:
        st.caption(_("None: every validation photo is right by now."))
        return
    items, names = {item.sha256: item for item in dataset.items}, dataset.classes
    with st.container(horizontal=True, gap="medium", vertical_alignment="top"):
        for mistake in wrong:
            item = items[mistake.id]
            caption = _("is {true} ({p_true}), taken for {predicted} ({p_predicted})").format(
                true=text.shortened(names[mistake.true], 20),
                p_true=numbers.percent(mistake.p_true, 0),
                predicted=text.shortened(names[mistake.predicted], 20),
                p_predicted=numbers.percent(mistake.p_predicted, 0),
            )
            with st.container(width=132):
                picture, words = str(dataset.thumbnail(item)), text.unbroken(text.literal(caption))
                st.image(picture, caption=words, width="stretch", alt=text.one_line(item.name))


def _judged(file: Path) -> tuple[Predictions, Evaluation] | None:
    """Predictions and how good they are; None where they are gone by now."""
    try:
        return resources.evaluated(file) if file.is_file() else None
    except GraftError:
        return None


def _folder(job: Job) -> Path:
    """The directory that a fine-tuning's run is made in."""
    return job.path / "run"


def _most_epochs(job: Job) -> int | None:
    """How many epochs there will be at most; None where that cannot be read."""
    try:
        return asked_in(job).config.epochs
    except GraftError:
        return None
