"""Searches a small space of settings within a budget of time, by successive halving.

Optuna proposes each trial's settings (a tree-structured Parzen estimator; Bergstra et al. 2011) and says after each
epoch whether it is worth going on (asynchronous successive halving; Li et al. 2020). Each trial is a fine-tuning in a
directory of its own, and a run when it has ended. What is known of the trials lies in a journal, so that a sweep that
was interrupted goes on, with the trial that it was at.

The trials are chosen by the validation photos, again and again, so that the best one's validation accuracy is too good;
its test accuracy is not.
"""

from __future__ import annotations

import math
import time
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from core.data.dataset import Dataset
from core.errors import Cancelled, TrainingError
from core.i18n import gettext as _
from core.progress import Progress, Report, silent
from core.runs import Run
from core.training.finetune import finetune
from core.training.results.history import Epoch, best_of, read_averages, read_history
from core.training.sweep.record import DONE, STOPPED, Sweep, Trial
from core.training.sweep.space import AUGMENTATION, AUGMENTATIONS, BACKBONE, DEPTH, DEPTHS, RATE, RATES, Space

if TYPE_CHECKING:
    import optuna

JOURNAL = "trials.log"
_HALVING = 3
"""Of the trials that come to the first, the third or the ninth epoch, a third goes on."""
_MOST_FAILED = 3
"""Where so many trials fail before one succeeds, none will."""
_A_PRIME = 10_007


class _Stopped(Cancelled):
    """This trial is not worth going on with, or there is no time left."""


def sweep(dataset: Dataset, space: Space, out: Path, budget_s: float, report: Report = silent, most: int = 0) -> Sweep:
    """Tries settings until the time is over; goes on with a sweep that was interrupted in the same directory.

    Args:
        dataset: with a training and a validation split.
        space: the settings.
        out: the sweep's directory; each trial's run is in it.
        budget_s: seconds for all trials together; the one that is at work when they are over ends with what it has.
        report: is told of every batch, in seconds of the budget; raising `Cancelled` there stops the sweep, which can
            go on.
        most: how many trials there are at most; 0 for as many as there is time for.

    Raises:
        TrainingError: Optuna is not installed, or a training cannot start.
    """
    out.mkdir(parents=True, exist_ok=True)
    study = _study(out, space)
    known = Sweep.load(out)
    record = Sweep(trials=known.trials if known else (), budget_s=budget_s, spent_s=known.spent_s if known else 0.0)
    while record.spent_s < budget_s and not (most and record.ended >= most):
        trial = _Trial(dataset, space, out, _asked(study, space, record.ended), record, report)
        record = trial.see_through(study)
        record.save(out)
    report(Progress(1, 1, _("Done")))
    return record


class _Trial:
    """One trial at work."""

    def __init__(
        self, dataset: Dataset, space: Space, out: Path, trial: optuna.Trial, record: Sweep, report: Report
    ) -> None:
        self._dataset, self._out, self._trial, self._record, self._report = dataset, out, trial, record, report
        self._config = space.config(_settings(trial, space))
        self._folder = f"trial-{record.ended + 1:02d}"  # the same for one that goes on after an interruption
        self._epochs: list[Epoch] = []
        self._started = time.monotonic()

    def see_through(self, study: optuna.Study) -> Sweep:
        """Trains, tells the study what came of it, and gives the record with this trial.

        Raises:
            Cancelled: someone asked to stop the sweep.
            TrainingError: the first trials all fail.
        """
        from optuna.trial import TrialState

        folder, record = self._out / self._folder, self._record
        try:
            told = self._told(finetune(self._dataset, self._config, folder, self._look), DONE)
            study.tell(self._trial, told.loss)
        except _Stopped:
            told = self._told(finetune(self._dataset, self._config, folder, take_best=True), STOPPED)
            study.tell(self._trial, state=TrialState.PRUNED)
        except Cancelled:
            raise
        except TrainingError:  # such as a loss that ran away: other settings may do better
            study.tell(self._trial, state=TrialState.FAIL)
            if not record.trials and record.failed + 1 >= _MOST_FAILED:
                raise
            return replace(record, failed=record.failed + 1, spent_s=record.spent_s + self._spent_s)
        return replace(record, trials=(*record.trials, told), spent_s=record.spent_s + self._spent_s)

    @property
    def _spent_s(self) -> float:
        return time.monotonic() - self._started

    def _look(self, step: Progress) -> None:
        """Passes a step of the training on, and stops it where it is not worth going on."""
        spent, budget = self._record.spent_s + self._spent_s, self._record.budget_s
        told = _("Trial {n}: {what}").format(n=self._record.ended + 1, what=step.message)
        self._report(Progress(round(min(spent, budget)), round(budget), told, data=step.data))
        if "epoch" not in step.data:
            return
        content = step.data["epoch"]
        assert isinstance(content, Mapping)
        self._epochs.append(Epoch.from_json(content))
        best, epoch = best_of(self._epochs), self._epochs[-1].epoch
        if epoch == 0 or best is None or epoch >= self._config.epochs:
            return
        self._trial.report(best.loss, epoch)
        if self._trial.should_prune() or spent >= budget:
            raise _Stopped

    def _told(self, run: Run, state: str) -> Trial:
        """What came of the training."""
        averages, best = read_averages(run.path), best_of(read_history(run.path))
        kept = averages.best if averages else best
        score = run.metrics["val"]
        return Trial(
            run=self._folder,
            config=self._config,
            state=state,
            epochs=run.kept.epochs,
            loss=kept.loss if kept else math.inf,
            accuracy=score.accuracy,
            accuracy_ci=score.accuracy_ci,
            n=score.n,
            seconds=self._spent_s,
        )


def _study(out: Path, space: Space) -> optuna.Study:
    """The study in the sweep's journal; what was interrupted in it comes first.

    Raises:
        TrainingError: Optuna is not installed.
    """
    try:
        import optuna
        from optuna.storages import JournalStorage
        from optuna.storages.journal import JournalFileBackend
    except ImportError as problem:
        raise TrainingError(_("A sweep needs the package optuna. Install it: pip install optuna")) from problem
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    study = optuna.create_study(
        storage=JournalStorage(JournalFileBackend(str(out / JOURNAL))),
        study_name="sweep",
        pruner=optuna.pruners.SuccessiveHalvingPruner(min_resource=1, reduction_factor=_HALVING),
        load_if_exists=True,
    )
    if not study.trials:
        for settings in space.beginnings():
            study.enqueue_trial(settings)
    for trial in study.get_trials(states=(optuna.trial.TrialState.RUNNING,)):
        study.tell(trial.number, state=optuna.trial.TrialState.FAIL)
        study.enqueue_trial(trial.params)
    return study


def _asked(study: optuna.Study, space: Space, ended: int) -> optuna.Trial:
    """The next trial; what is proposed depends on the seed and on the trials before it alone."""
    import optuna

    study.sampler = optuna.samplers.TPESampler(seed=space.seed * _A_PRIME + ended)
    return study.ask()


def _settings(trial: optuna.Trial, space: Space) -> dict[str, Any]:
    return {
        BACKBONE: trial.suggest_categorical(BACKBONE, space.backbones),
        DEPTH: trial.suggest_categorical(DEPTH, DEPTHS),
        RATE: trial.suggest_float(RATE, *RATES, log=True),
        AUGMENTATION: trial.suggest_categorical(AUGMENTATION, AUGMENTATIONS),
    }
