"""What the Evaluate page judges, as its parts are told."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from core.data.dataset import Dataset, Item
from core.runs import Run
from pages.ui import state


@dataclass(frozen=True)
class Judged:
    """A model's predictions, and the photos that they are of.

    Attributes:
        file: the predictions.
        split: which photos these are: a split's name.
        dataset: where the photos are; None where they have been deleted.
        about: begins the names of files.
        key: tells its widgets from those of others.
        temperature: by which the model's scores were divided; 1 where they were not.
        of_probe: whether that was fitted by the cross-validation of a probe, else on the validation photos.
        run: the model; None for one that is a bundle.
    """

    file: Path
    split: str
    dataset: Dataset | None
    about: str
    key: str
    temperature: float = 1.0
    of_probe: bool = False
    run: Run | None = None

    @classmethod
    def on_split(cls, run: Run, split: str, dataset: Dataset | None) -> Judged:
        """A run on one of its own splits."""
        return cls(
            file=run.predictions_path(split),
            split=split,
            dataset=dataset,
            about=f"{run.dataset_name}-{run.backbone}-{split}",
            key=f"{state.run_key(run)}-{split}",
            temperature=run.kept.temperature,
            of_probe=run.kind == "probe",
            run=run,
        )

    @property
    def items(self) -> dict[str, Item]:
        """The photos by their sha256; none where they have been deleted."""
        return {item.sha256: item for item in self.dataset.items} if self.dataset else {}
