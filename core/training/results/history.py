"""What each epoch of a fine-tuning came to: made by the training, told as an event, kept as a file, drawn by a page.

This file knows no torch.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from core.errors import TrainingError
from core.i18n import gettext as _
from core.paths import write_json
from core.records import Record, kept_record, read_records

FILE, AVERAGES = "history.json", "averages.json"


START, RAW, EMA, SOUP = "start", "raw", "ema", "soup"
"""The weights that training began with, an epoch's as the optimizer left them, their moving average, and the average of
several checkpoints."""

LINE = (0.25, 0.5, 0.75)
"""How much of the best weights the averages between the start and them have; the ends themselves are judged already."""


@dataclass(frozen=True, kw_only=True)
class Epoch(Record):
    """One pass over the training images, and what validation said after it.

    A loss or an accuracy is None where there is no number: the loss ran away, the split has no image, the epoch is the
    start, or no moving average of the weights is kept.

    Attributes:
        epoch: which one, from 1; 0 is the start, before anything was learnt.
        train_loss: the mean cross-entropy of the training images, while the network learned from them.
        val_loss: the mean cross-entropy of the validation images, after that.
        train_accuracy: the share of the training images that was right, 0 to 1, while it learned.
        val_accuracy: the share of the validation images that was right, after that.
        ema_val_loss: the validation loss of the moving average of the weights.
        ema_val_accuracy: its share of right validation images.
        recall: of each class, the share of its validation images that was right; None for a class without any.
        lr: the learning rate of the last step.
        seconds: how long it took.
        images_per_s: how many training images a second it learned from.
    """

    epoch: int
    train_loss: float | None = None
    val_loss: float | None = None
    train_accuracy: float | None = None
    val_accuracy: float | None = None
    ema_val_loss: float | None = None
    ema_val_accuracy: float | None = None
    recall: tuple[float | None, ...] = ()
    lr: float
    seconds: float
    images_per_s: float | None = None

    def candidates(self) -> tuple[Candidate, ...]:
        """The weights of this epoch that may be kept."""
        both = (
            (RAW if self.epoch else START, self.val_loss, self.val_accuracy),
            (EMA, self.ema_val_loss, self.ema_val_accuracy),
        )
        return tuple(
            Candidate(epoch=self.epoch, weights=weights, loss=loss, accuracy=accuracy or 0.0)
            for weights, loss, accuracy in both
            if loss is not None
        )

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


@dataclass(frozen=True, kw_only=True)
class Candidate(Record):
    """Weights that may be kept, and what validation said of them.

    Attributes:
        epoch: after which epoch; 0 for the start.
        weights: `START`, `RAW`, `EMA`, or an average that was made after the last epoch: `SOUP`, or a share of `LINE`.
        loss: the mean cross-entropy of the validation images.
        accuracy: the share of them that is right.
    """

    epoch: int
    weights: str
    loss: float
    accuracy: float


@dataclass(frozen=True, kw_only=True)
class Averages(Record):
    """What validation said of averages of weights, which were tried after the last epoch.

    Attributes:
        start: the weights that training began with; None where they were no solution.
        line: those at 0.25, 0.5 and 0.75 of the way from there to `end`; their `weights` say at which.
        end: the best weights of an epoch.
        soup: the average of several checkpoints; None where it was no better than one of them.
    """

    start: Candidate | None = None
    line: tuple[Candidate, ...] = ()
    end: Candidate
    soup: Candidate | None = None

    @property
    def tried(self) -> tuple[Candidate, ...]:
        """All of them: from the start along the line to the end, and the soup."""
        start, soup = (() if each is None else (each,) for each in (self.start, self.soup))
        return (*start, *self.line, self.end, *soup)

    @property
    def best(self) -> Candidate:
        """The one that is kept, by the rule of `best_of`."""
        start, soup = (() if each is None else (each,) for each in (self.start, self.soup))
        best = _best([*start, self.end, *soup, *self.line])
        assert best is not None  # there is always an end, or the start is better
        return best


def best_of(epochs: Sequence[Epoch]) -> Candidate | None:
    """The weights that are kept: the lowest validation loss, the first among equals; None where none has one.

    Where training started from a solution, which is epoch 0, nothing is kept that is right less often than that.
    """
    return _best([candidate for epoch in epochs for candidate in epoch.candidates()])


def _best(candidates: Sequence[Candidate]) -> Candidate | None:
    least = candidates[0].accuracy if candidates and candidates[0].epoch == 0 else 0.0
    good = (candidate for candidate in candidates if candidate.accuracy >= least)
    return min(good, key=lambda candidate: candidate.loss, default=None)


def as_json(epochs: Sequence[Epoch]) -> list[dict[str, Any]]:
    """The epochs as their file and `finetune --json` have them: one object each, with the best one marked."""
    best = best_of(epochs)
    return [{**epoch.to_json(), "best": best is not None and epoch.epoch == best.epoch} for epoch in epochs]


def save_history(folder: Path, epochs: Sequence[Epoch]) -> None:
    """Replaces the file in a run's directory by these epochs."""
    write_json(folder / FILE, as_json(epochs))


def read_history(folder: Path) -> tuple[Epoch, ...]:
    """The epochs of the fine-tuning in a run's directory, in order.

    Raises:
        TrainingError: their file is gone or damaged, or the run is no fine-tuning.
    """
    unreadable = TrainingError(_("The epochs of this run cannot be read. Run it again."))
    return read_records(folder / FILE, Epoch, unreadable)


def save_averages(folder: Path, averages: Averages) -> None:
    """Keeps what was tried, in a run's directory."""
    write_json(folder / AVERAGES, averages.to_json())


def read_averages(folder: Path) -> Averages | None:
    """The averages that the fine-tuning in a run's directory tried; None where it tried none.

    Raises:
        TrainingError: their file is damaged.
    """
    unreadable = TrainingError(_("What this run tried after its last epoch cannot be read. Run it again."))
    return kept_record(folder / AVERAGES, Averages, unreadable)
