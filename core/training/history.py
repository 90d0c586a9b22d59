"""What each epoch of a fine-tuning came to: made by the training, told as an event, kept as a file, drawn by a page.

This file knows no torch.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from core.errors import GraftError, TrainingError
from core.i18n import gettext as _
from core.paths import read_json, write_json
from core.records import Record

FILE = "history.json"


@dataclass(frozen=True, kw_only=True)
class Epoch(Record):
    """One pass over the training images, and what validation said after it.

    A loss or an accuracy is None where there is no number: the loss ran away, or the split has no image.

    Attributes:
        epoch: which one, from 1.
        train_loss: the mean cross-entropy of the training images, while the network learned from them.
        val_loss: the mean cross-entropy of the validation images, after that.
        train_accuracy: the share of the training images that was right, 0 to 1, while it learned.
        val_accuracy: the share of the validation images that was right, after that.
        lr: the learning rate of the last step.
        seconds: how long it took.
    """

    epoch: int
    train_loss: float | None = None
    val_loss: float | None = None
    train_accuracy: float | None = None
    val_accuracy: float | None = None
    lr: float
    seconds: float

    @classmethod
    def from_json(cls, content: Mapping[str, Any]) -> Self:
        """The epoch in a JSON object; a loss that is not finite is None.

        Raises:
            GraftError: its number, its learning rate or its time is missing, or a value is wrong.
        """
        if isinstance(content, Mapping):
            content = {key: None if _ran_away(value) else value for key, value in content.items()}
        return super().from_json(content)


def _ran_away(value: object) -> bool:
    return isinstance(value, float) and not math.isfinite(value)


def best_of(epochs: Sequence[Epoch]) -> Epoch | None:
    """The epoch whose weights are kept: the lowest validation loss, the first among equals; None where none has one."""
    losses = [(epoch.val_loss, place) for place, epoch in enumerate(epochs) if epoch.val_loss is not None]
    return epochs[min(losses)[1]] if losses else None


def as_json(epochs: Sequence[Epoch]) -> list[dict[str, Any]]:
    """The epochs as their file and `finetune --json` have them: one object each, with the best one marked."""
    best = best_of(epochs)
    return [{**epoch.to_json(), "best": epoch is best} for epoch in epochs]


def save_history(folder: Path, epochs: Sequence[Epoch]) -> None:
    """Replaces the file in a run's directory by these epochs."""
    write_json(folder / FILE, as_json(epochs))


def read_history(folder: Path) -> tuple[Epoch, ...]:
    """The epochs of the fine-tuning in a run's directory, in order.

    Raises:
        TrainingError: their file is gone or damaged, or the run is no fine-tuning.
    """
    try:
        return tuple(Epoch.from_json(row) for row in read_json(folder / FILE))
    except (OSError, TypeError, ValueError, GraftError) as problem:
        raise TrainingError(_("The epochs of this run cannot be read. Run it again.")) from problem
