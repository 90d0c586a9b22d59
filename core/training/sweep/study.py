"""What Optuna knows of a sweep's trials: what it proposes, and what it is told.

It proposes each trial's settings (a tree-structured Parzen estimator; Bergstra et al. 2011) and says after each epoch
whether the trial is worth going on (asynchronous successive halving; Li et al. 2020). All of it lies in a journal in
the sweep's directory. This file knows nothing of how a trial is trained.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from core.errors import TrainingError
from core.i18n import gettext as _
from core.training.sweep.record import DONE, Sweep
from core.training.sweep.space import AUGMENTATION, AUGMENTATIONS, BACKBONE, DEPTH, DEPTHS, RATE, RATES, Space

if TYPE_CHECKING:
    import optuna

JOURNAL = "trials.log"
_NAME = "sweep"
_HALVING = 3
"""Of the trials that come to the first, the third or the ninth epoch, a third goes on."""
_A_PRIME = 10_007


def folder_of(number: int) -> str:
    """The directory of a trial below the sweep's, by its number in the study, from 0; it has one for good."""
    return f"trial-{number + 1:02d}"


class Study:
    """The study in a sweep's journal.

    Args:
        out: the sweep's directory.
        space: the settings; for a study that goes on the same as before, the order of its backbones included.

    Raises:
        TrainingError: Optuna is not installed.
    """

    def __init__(self, out: Path, space: Space) -> None:
        try:
            import optuna
            from optuna.storages import JournalStorage
            from optuna.storages.journal import JournalFileBackend
        except ImportError as problem:
            raise TrainingError(_("A sweep needs the package optuna. Install it: pip install optuna")) from problem
        optuna.logging.set_verbosity(optuna.logging.WARNING)
        self._space, self._storage = space, JournalStorage(JournalFileBackend(str(out / JOURNAL)))
        self._study = optuna.create_study(
            storage=self._storage,
            study_name=_NAME,
            pruner=optuna.pruners.SuccessiveHalvingPruner(min_resource=1, reduction_factor=_HALVING),
            load_if_exists=True,
        )
        for settings in space.beginnings()[len(self._study.trials) :]:
            self._study.enqueue_trial(settings)

    @property
    def is_within_a_trial(self) -> bool:
        """Whether a trial has begun and not ended."""
        return bool(self._running)

    def next_trial(self) -> optuna.Trial:
        """The trial that was interrupted, as far as it is; else a new one, proposed by the seed and those before it."""
        import optuna

        running = self._running
        ended = running[0].number if running else sum(trial.state.is_finished() for trial in self._study.trials)
        self._study.sampler = optuna.samplers.TPESampler(seed=self._space.seed * _A_PRIME + ended)
        if not running:
            return self._study.ask()
        study_id = self._storage.get_study_id_from_name(_NAME)
        return optuna.Trial(self._study, self._storage.get_trial_id_from_study_id_trial_number(study_id, ended))

    def settings(self, trial: optuna.Trial) -> dict[str, Any]:
        """A trial's settings; asked again they are the same."""
        return {
            BACKBONE: trial.suggest_categorical(BACKBONE, self._space.backbones),
            DEPTH: trial.suggest_categorical(DEPTH, DEPTHS),
            RATE: trial.suggest_float(RATE, *RATES, log=True),
            AUGMENTATION: trial.suggest_categorical(AUGMENTATION, AUGMENTATIONS),
        }

    def is_worth_going_on(self, trial: optuna.Trial, epoch: int, loss: float) -> bool:
        """Takes the lowest loss of a trial after an epoch; of one that it heard of before an interruption it is sure.

        Args:
            trial: under way.
            epoch: from 1.
            loss: the lowest validation loss so far.
        """
        last = self._study.trials[trial.number].last_step
        if last is not None and epoch <= last:
            return True
        trial.report(loss, epoch)
        return not trial.should_prune()

    def follow(self, record: Sweep) -> None:
        """Hears what came of the trials that have ended by the record, which is written first and is the truth."""
        from optuna.trial import TrialState

        trials = {trial.run: trial for trial in record.trials}
        for running in self._running:
            if running.number >= record.ended:
                continue
            trial = trials.get(folder_of(running.number))
            if trial is None:
                self._study.tell(running.number, state=TrialState.FAIL)
            elif trial.state == DONE:
                self._study.tell(running.number, trial.loss)
            else:
                self._study.tell(running.number, state=TrialState.PRUNED)

    @property
    def _running(self) -> Sequence[optuna.trial.FrozenTrial]:
        from optuna.trial import TrialState

        return self._study.get_trials(states=(TrialState.RUNNING,))
