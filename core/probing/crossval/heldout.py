"""The predictions for training images while those were held out: the record that every verdict is computed from."""

from __future__ import annotations

import zipfile
import zlib
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from core.errors import ProbeError
from core.evaluation.predictions import Predictions, packed, unpacked
from core.i18n import gettext as _
from core.paths import replacing


@dataclass(frozen=True, eq=False)
class HeldOut:
    """The out-of-fold predictions of one cross-validation of n images, with c classes, k folds and r repeats.

    Attributes:
        classes: the c class names.
        y: (n,) int64, the true classes.
        ids: the images' sha256.
        fold: (r, n) int64, the fold that held out each image, 0 … k - 1.
        proba: (r, n, c) float32, the probabilities by a probe that has not seen the image.

    Raises:
        ProbeError: the parts do not fit together.
    """

    classes: tuple[str, ...]
    y: NDArray[np.int64]
    ids: tuple[str, ...]
    fold: NDArray[np.int64]
    proba: NDArray[np.float32]

    def __post_init__(self) -> None:
        r, n, c = self.proba.shape
        if self.fold.shape != (r, n) or self.y.shape != (n,) or len(self.ids) != n or len(self.classes) != c:
            raise ProbeError(
                _("Out-of-fold predictions of the shape {shape} do not fit {n} photos and {c} classes.").format(
                    shape=self.proba.shape, n=len(self.ids), c=len(self.classes)
                )
            )

    @property
    def repeats(self) -> int:
        """r, how often the cross-validation was repeated with other folds."""
        return len(self.fold)

    @cached_property
    def folds(self) -> int:
        """k, how many folds each repeat had."""
        return int(self.fold.max()) + 1

    @cached_property
    def repeat(self) -> tuple[Predictions, ...]:
        """Each repeat's predictions: every image once, by a probe that has not seen it."""
        return tuple(Predictions(self.classes, self.y, proba, self.ids, "oof") for proba in self.proba)

    @cached_property
    def fold_accuracy(self) -> tuple[float, ...]:
        """The accuracy in each fold, repeat after repeat; k · r numbers."""
        return tuple(float(predictions.correct[rows].mean()) for predictions, rows in self._of_folds())

    @cached_property
    def effective_images(self) -> float:
        """How many images would tell as much if all counted alike in the mean of the folds: n where folds are equal.

        Source: L. Kish, "Survey Sampling" (1965): the square of the sum of weights over the sum of their squares.
        """
        return self.folds / float(np.mean([1 / rows.sum() for _predictions, rows in self._of_folds()]))

    @cached_property
    def confusion(self) -> NDArray[np.float64]:
        """(c, c) counts of all n images, the mean of the repeats: true classes in rows, predicted ones in columns."""
        counts = np.zeros((len(self.classes), len(self.classes)))
        for predictions in self.repeat:
            np.add.at(counts, (self.y, predictions.y_pred), 1.0)
        return counts / self.repeats

    def _of_folds(self) -> list[tuple[Predictions, NDArray[np.bool_]]]:
        """A repeat's predictions and the rows (n,) that one of its folds holds out, fold after fold."""
        return [
            (predictions, fold == number)
            for predictions, fold in zip(self.repeat, self.fold, strict=True)
            for number in range(self.folds)
        ]

    def like(self, other: HeldOut) -> bool:
        """Whether another record is of the same images in the same folds."""
        return self.ids == other.ids and np.array_equal(self.y, other.y) and np.array_equal(self.fold, other.fold)

    def save(self, path: Path) -> None:
        """Replaces the file at `path` by this record, as `.npz` without pickle, whole or not at all."""
        with replacing(path) as file:
            np.savez_compressed(
                file, y=self.y, fold=self.fold.astype(np.int16), proba=self.proba,
                classes=packed(self.classes), ids=packed(self.ids),
            )  # fmt: skip

    @classmethod
    def load(cls, path: Path) -> HeldOut:
        """The record in a file that `save` wrote.

        Raises:
            ProbeError: it is missing or damaged.
        """
        try:
            with path.open("rb") as file, np.load(file, allow_pickle=False) as held:
                classes, ids = unpacked(held["classes"]), unpacked(held["ids"])
                return cls(
                    classes, held["y"].astype(np.int64), ids, held["fold"].astype(np.int64),
                    held["proba"].astype(np.float32),
                )  # fmt: skip
        except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile, zlib.error) as problem:
            raise ProbeError(
                _("The predictions in '{name}' cannot be read. Compare again.").format(name=path.name)
            ) from problem
