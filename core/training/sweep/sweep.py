"""Searches a small space of settings within a budget of time, by successive halving.

Each trial is a fine-tuning in a directory of its own, and a run when it has ended. What is known of the trials lies in
a record and in a study, so that a sweep that was interrupted goes on, with the trial that it was at.

The trials are chosen by the validation photos, again and again, so that the best one's validation accuracy is too good;
its test accuracy is not.
"""

from __future__ import annotations

import math
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from filelock import FileLock, Timeout

from core.data.dataset import Dataset
from core.errors import Cancelled, TrainingError
from core.i18n import gettext as _
from core.progress import Progress, Report, silent
from core.runs import Run
from core.training.checkpoint import read_state
from core.training.finetune import finetune
from core.training.results.history import Epoch, best_of, read_averages, read_history
from core.training.sweep.record import DONE, STOPPED, Sweep, SweepTask, Trial, unreadable
from core.training.sweep.space import Space
from core.training.sweep.study import JOURNAL, Study, folder_of

LOCK = ".sweep.lock"
"""Held by the process that sweeps in a directory."""
KEEP_EVERY_S = 10.0
_MOST_FAILED = 3
"""Where so many trials fail before one succeeds, none will."""


class _Stopped(Cancelled):
    """This trial is not worth going on with, or there is no time left."""


def sweep(
    dataset: Dataset,
    space: Space,
    out: Path,
    budget_s: float,
    report: Report = silent,
    most: int = 0,
    *,
    keep_every_s: float = KEEP_EVERY_S,
) -> Sweep:
    """Tries settings until the time is over; goes on with a sweep that was interrupted in the same directory.

    Args:
        dataset: with a training and a validation split.
        space: the settings.
        out: the sweep's directory; each trial's run is in it.
        budget_s: seconds for all trials together, interrupted ones included; the one that is at work when they are over
            ends with what it has.
        report: is told of every batch, in seconds of the budget; raising `Cancelled` there stops the sweep, which can
            go on.
        most: how many trials there are at most; 0 for as many as there is time for.
        keep_every_s: how often it is written down how much time a trial has taken so far.

    Raises:
        TrainingError: Optuna is not installed, a training cannot start, another process sweeps in `out`, or `out` holds
            a sweep of another dataset or space.
    """
    out.mkdir(parents=True, exist_ok=True)
    with _alone(out):
        record = _begun(out, _task(dataset, space), budget_s)
        study = Study(out, replace(space, backbones=record.task.backbones))
        study.follow(record)
        while not (most and record.ended >= most) and (record.spent_s < budget_s or study.is_within_a_trial):
            trial = _Trial(dataset, space, out, study, record, report, keep_every_s)
            try:
                trial.see_through()
            finally:
                record = trial.record
                record.save(out)
                study.follow(record)
    report(Progress(1, 1, _("Done")))
    return record


def _task(dataset: Dataset, space: Space) -> SweepTask:
    return SweepTask(fingerprint=dataset.fingerprint, backbones=space.backbones, epochs=space.epochs, seed=space.seed)


def _begun(out: Path, task: SweepTask, budget_s: float) -> Sweep:
    """The record of the sweep in `out`, with this budget from now on; a new one where there is none.

    Raises:
        TrainingError: what is there cannot be read, or is a sweep of another task.
    """
    record, has_journal = Sweep.load(out), (out / JOURNAL).exists()
    if (record is None and has_journal) or (record is not None and record.ended and not has_journal):
        raise unreadable(out)
    if record is not None and (differences := record.task.differences(task)):
        raise TrainingError(
            _(
                "The sweep in '{out}' was begun with {differences}. Trials of both could not be compared. Choose "
                "another directory (--out), or give the data and settings that it was begun with."
            ).format(out=out, differences="; ".join(differences))
        )
    record = replace(record, budget_s=budget_s) if record else Sweep(task=task, budget_s=budget_s)
    record.save(out)
    return record


@contextmanager
def _alone(out: Path) -> Iterator[None]:
    """Makes sure that no other process sweeps in a directory.

    Raises:
        TrainingError: another one does.
    """
    lock = FileLock(out / LOCK, timeout=0)
    try:
        lock.acquire()
    except Timeout:
        raise TrainingError(
            _("Another sweep is at work in '{out}'. Wait for it, or choose another directory (--out).").format(out=out)
        ) from None
    try:
        yield
    finally:
        lock.release()


class _Trial:
    """One trial at work.

    Attributes:
        record: that of the sweep, with what is known of this trial by now.
    """

    def __init__(
        self,
        dataset: Dataset,
        space: Space,
        out: Path,
        study: Study,
        record: Sweep,
        report: Report,
        keep_every_s: float,
    ) -> None:
        self.record, self._before = record, record
        self._dataset, self._out, self._report, self._keep_every_s = dataset, out, report, keep_every_s
        self._study, self._trial = study, study.next_trial()
        self._config = space.config(study.settings(self._trial))
        self._folder = folder_of(self._trial.number)
        self._epochs: list[Epoch] = []
        self._started = self._kept_at = time.monotonic()

    def see_through(self) -> None:
        """Trains, and puts into the record what came of it, or where that is interrupted how long it took.

        Raises:
            Cancelled: someone asked to stop the sweep.
            TrainingError: the first trials all fail.
        """
        try:
            trial = self._told(self._trained())
        except TrainingError:  # such as a loss that ran away: other settings may do better
            self.record = replace(self._spent(), failed=self._before.failed + 1, at_work_s=0.0)
            if not self.record.trials and self.record.failed >= _MOST_FAILED:
                raise
        except BaseException:
            self.record = self._spent()
            raise
        else:
            self.record = replace(self._spent(), trials=(*self._before.trials, trial), at_work_s=0.0)

    def _trained(self) -> Run:
        """The run of this trial, which ends early where it is not worth going on."""
        folder = self._out / self._folder
        try:
            state = read_state(folder)
            for epoch in state.history if state else ():
                self._judge(epoch)
            return finetune(self._dataset, self._config, folder, self._look)
        except _Stopped:
            return finetune(self._dataset, self._config, folder, take_best=True)

    def _spent(self) -> Sweep:
        """The record with the time that this trial took so far."""
        s = time.monotonic() - self._started
        before = self._before
        return replace(before, spent_s=before.spent_s + s, at_work_s=before.at_work_s + s)

    def _look(self, step: Progress) -> None:
        """Passes a step of the training on, and stops it where it is not worth going on."""
        record = self._spent()
        if time.monotonic() - self._kept_at >= self._keep_every_s:
            record.save(self._out)
            self._kept_at = time.monotonic()
        told = _("Trial {n}: {what}").format(n=self._trial.number + 1, what=step.message)
        budget_s = record.budget_s
        self._report(Progress(round(min(record.spent_s, budget_s)), round(budget_s), told, data=step.data))
        if "epoch" in step.data:
            content = step.data["epoch"]
            assert isinstance(content, Mapping)
            self._judge(Epoch.from_json(content))

    def _judge(self, epoch: Epoch) -> None:
        """Takes an epoch that is over.

        Raises:
            _Stopped: it is to be the last.
        """
        self._epochs.append(epoch)
        best = best_of(self._epochs)
        if epoch.epoch == 0 or best is None or epoch.epoch >= self._config.epochs:
            return
        is_worth = self._study.is_worth_going_on(self._trial, epoch.epoch, best.loss)
        if not is_worth or self._spent().spent_s >= self._before.budget_s:
            raise _Stopped

    def _told(self, run: Run) -> Trial:
        """What came of the training."""
        averages, best = read_averages(run.path), best_of(read_history(run.path))
        kept = averages.best if averages else best
        score = run.metrics["val"]
        return Trial(
            run=self._folder,
            config=self._config,
            state=DONE if run.kept.epochs >= self._config.epochs else STOPPED,
            epochs=run.kept.epochs,
            loss=kept.loss if kept else math.inf,
            accuracy=score.accuracy,
            accuracy_ci=score.accuracy_ci,
            n=score.n,
            seconds=self._spent().at_work_s,
        )
