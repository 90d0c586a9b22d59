"""What a sweep has tried so far: written at each trial's start and end and meanwhile, read by the command line.

No torch is needed.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from core.errors import TrainingError
from core.i18n import gettext as _
from core.paths import write_json
from core.records import Record, kept_record
from core.training.config import FinetuneConfig

FILE = "sweep.json"
DONE, STOPPED = "done", "stopped"
"""A trial that went on to its last epoch, and one that was stopped since others were better, or time ran out."""


@dataclass(frozen=True, kw_only=True)
class SweepTask(Record):
    """What the trials of a sweep have in common, so that they can be compared; it goes on only with the same.

    Attributes:
        fingerprint: the sha256 of the dataset's content and splits.
        backbones: the names of those among which the sweep searches, in the order in which they are tried first.
        epochs: of a trial that goes on to the end.
        seed: of every trial's training.
    """

    fingerprint: str
    backbones: tuple[str, ...]
    epochs: int
    seed: int

    def differences(self, other: SweepTask) -> list[str]:
        """What another task has otherwise, in words; the order of the backbones is no difference."""
        words = []
        if self.fingerprint != other.fingerprint:
            words.append(_("other photos, classes or splits"))
        if set(self.backbones) != set(other.backbones):
            words.append(_now(_("backbones"), ", ".join(self.backbones), ", ".join(other.backbones)))
        if self.epochs != other.epochs:
            words.append(_now(_("epochs"), self.epochs, other.epochs))
        if self.seed != other.seed:
            words.append(_now(_("seed"), self.seed, other.seed))
        return words


def _now(what: str, before: object, now: object) -> str:
    return _("{what} {before} (now {now})").format(what=what, before=before, now=now)


@dataclass(frozen=True, kw_only=True)
class Trial(Record):
    """One training of a sweep.

    Attributes:
        run: its directory below the sweep's.
        config: how it trained.
        state: `DONE` or `STOPPED`.
        epochs: how many it had.
        loss: the validation loss of the weights that it kept.
        accuracy: the share of right validation photos.
        accuracy_ci: the 95 % interval of that.
        n: how many validation photos there are.
        seconds: how long it took, what went before an interruption included.
    """

    run: str
    config: FinetuneConfig
    state: str
    epochs: int
    loss: float
    accuracy: float
    accuracy_ci: tuple[float, float]
    n: int
    seconds: float


@dataclass(frozen=True, kw_only=True)
class Sweep(Record):
    """The trials of a sweep so far.

    Attributes:
        task: what they have in common.
        trials: in the order in which they ended.
        budget_s: the time that they may take together.
        spent_s: the time that all took, those that failed and the one at work included.
        at_work_s: how much of it the trial took that has begun and not ended.
        failed: how many ended with an error, such as a loss that ran away.
    """

    task: SweepTask
    trials: tuple[Trial, ...] = ()
    budget_s: float
    spent_s: float = 0.0
    at_work_s: float = 0.0
    failed: int = 0

    @property
    def ended(self) -> int:
        """How many trials have ended, those that failed among them."""
        return len(self.trials) + self.failed

    @property
    def ranked(self) -> tuple[Trial, ...]:
        """The trials, the lowest validation loss first."""
        return tuple(sorted(self.trials, key=lambda trial: trial.loss))

    def save(self, out: Path) -> None:
        """Replaces the record in the sweep's directory."""
        write_json(out / FILE, self.to_json())

    @classmethod
    def load(cls, out: Path) -> Sweep | None:
        """The record in a sweep's directory; None where there is none.

        Raises:
            TrainingError: it is damaged, or of an earlier Graft, which did not keep the task.
        """
        return kept_record(out / FILE, cls, unreadable(out))


def unreadable(out: Path) -> TrainingError:
    """What there is of a sweep in a directory cannot be gone on with."""
    return TrainingError(
        _(
            "The record of the sweep in '{out}' is damaged, or of an earlier version of Graft. Choose another "
            "directory (--out); the runs in this one can be used as before."
        ).format(out=out)
    )
