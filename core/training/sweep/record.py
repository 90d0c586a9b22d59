"""What a sweep has tried so far: written after each trial, read by the command line and a page. No torch is needed."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from core.errors import GraftError, TrainingError
from core.i18n import gettext as _
from core.paths import read_json, write_json
from core.records import Record
from core.training.config import FinetuneConfig

FILE = "sweep.json"
DONE, STOPPED = "done", "stopped"
"""A trial that went on to its last epoch, and one that was stopped since others were better, or time ran out."""


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
        seconds: how long it took.
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
        trials: in the order in which they ended.
        budget_s: the time that they may take together.
        spent_s: the time that they took.
        failed: how many ended with an error, such as a loss that ran away.
    """

    trials: tuple[Trial, ...] = ()
    budget_s: float
    spent_s: float = 0.0
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
            TrainingError: it is damaged.
        """
        if not (out / FILE).exists():
            return None
        try:
            return cls.from_json(read_json(out / FILE))
        except (OSError, ValueError, GraftError) as problem:
            raise TrainingError(
                _("The record of this sweep cannot be read. Start it in another directory.")
            ) from problem
