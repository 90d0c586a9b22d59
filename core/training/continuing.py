"""What one training takes over from another: its weights, to go on from, or its best ones so far, to be a model."""

from __future__ import annotations

import contextlib
import shutil
from dataclasses import replace
from pathlib import Path

from core.errors import TrainingError
from core.i18n import gettext as _
from core.runs import FILE
from core.training import checkpoint
from core.training.checkpoint import BEST, START, TrainingState, TrainingTask, UnderWay
from core.training.results.history import read_history


def extension_of(source: Path, out: Path, task: TrainingTask) -> TrainingState:
    """Puts a finished training's weights into `out`, from where it goes on as `task` says.

    Raises:
        TrainingError: the training is not finished, keeps no weights, or was of other photos or settings.
    """
    state = _state(source, task)
    more = task.config.epochs - state.epochs
    if more < 1 or state.under_way.steps or state.task.config.extended(more, state.epochs) != task.config:
        raise TrainingError(_("Only a finished training can be extended, with its own settings. Resume it first."))
    extended = replace(state, task=task)
    _copy(source, out, extended)
    return extended


def copy_of(source: Path, out: Path, task: TrainingTask) -> TrainingState:
    """Puts the best weights that a training has so far into `out`; the training itself stays as it is.

    Where its loss ran away, the best weights are of a later epoch than the checkpoint to go on from. Then the history
    goes as far as they do, and counts as within an epoch, as nothing else is known of the weights after it.

    Raises:
        TrainingError: it is finished, keeps no weights, or is of other photos or settings.
    """
    if (source / FILE).exists():
        message = _("The training in '{folder}' is finished, so its model is there already. Use that.")
        raise TrainingError(message.format(folder=source))
    state = _state(source, task)
    if state.task.config != task.config:
        raise TrainingError(_("This training has other settings. Take its best weights with its own."))
    with contextlib.suppress(TrainingError):
        if len(history := read_history(source)) > len(state.history):
            state = replace(state, history=history, under_way=UnderWay(steps=1))
    _copy(source, out, state)
    return state


def _state(source: Path, task: TrainingTask) -> TrainingState:
    """How far the training is that is to be taken over.

    Raises:
        TrainingError: it keeps no weights, or is of other photos.
    """
    state = checkpoint.read_state(source)
    if state is None or not state.history or not checkpoint.has_start(source) or not checkpoint.has_best(source):
        raise TrainingError(_("This training has kept no weights yet. Resume it, or start it anew."))
    if state.task.fingerprint != task.fingerprint:
        raise TrainingError(_("The photos have changed since this training. Train on them anew."))
    return state


def _copy(source: Path, out: Path, state: TrainingState) -> None:
    """Copies what a training keeps, and as the last of it the checkpoint, with this state."""
    out.mkdir(parents=True, exist_ok=True)
    for name in (START, BEST):
        shutil.copyfile(source / name, out / f".{name}")
        (out / f".{name}").replace(out / name)
    checkpoint.copy_last(source, out, state)
