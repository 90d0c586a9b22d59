"""The verb that searches for better settings of a fine-tuning, and its request and result."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from core.backbones.registry import canonical
from core.checks import real, whole
from core.errors import TrainingError
from core.progress import Report
from core.records import Record
from core.tasks.base import PhotosRequest
from core.tasks.common import dataset_of
from core.training.sweep.space import Space

BUDGET_S, EPOCHS = 1200.0, 9
_LEAST_S, _MOST_S = 1.0, 7 * 24 * 3600.0


@dataclass(frozen=True, kw_only=True)
class SweepRequest(PhotosRequest):
    """Search for better settings of a fine-tuning.

    Attributes:
        backbones: the names of those that are tried.
        budget_s: seconds for all trials together.
        epochs: of a trial that goes on to the end.
        trials: how many there are at most; 0 for as many as there is time for.
        seed: of every trial's training, and of what is proposed.
        out: the sweep's directory; "" for `sweep` in the job's.
    """

    kind: ClassVar[str] = "sweep"
    backbones: tuple[str, ...]
    budget_s: float = BUDGET_S
    epochs: int = EPOCHS
    trials: int = 0
    seed: int = 0
    out: str = ""

    def __post_init__(self) -> None:
        super().__post_init__()
        real("budget_s", self.budget_s, _LEAST_S, _MOST_S, TrainingError)
        whole("epochs", self.epochs, 1, 1000, TrainingError)
        whole("trials", self.trials, 0, 10_000, TrainingError)
        object.__setattr__(self, "backbones", tuple(dict.fromkeys(map(canonical, self.backbones))))


@dataclass(frozen=True, kw_only=True)
class Swept(Record):
    """A sweep; its trials are in its own record.

    Attributes:
        sweep: its directory, below the job's where it is no absolute path.
        dataset: the id of the dataset that the trials were fitted to.
        warnings: codes for what is doubtful about those photos.
    """

    sweep: str
    dataset: str
    warnings: tuple[str, ...] = ()


def sweep(job_dir: Path, request: SweepRequest, report: Report) -> Swept:
    """Tries settings until the time is over.

    Raises:
        GraftError: the dataset or a backbone is missing, a backbone cannot be trained, no trial succeeds, or the
            directory holds another sweep, or one that is at work.
    """
    from core.training.sweep.sweep import sweep as search

    space = Space(request.backbones, request.epochs, request.seed)
    dataset, out = dataset_of(request, report), Path(request.out or job_dir / "sweep")
    search(dataset, space, out, request.budget_s, report, request.trials)
    return Swept(sweep=request.out or "sweep", dataset=dataset.id, warnings=tuple(dataset.warnings))
