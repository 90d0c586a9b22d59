"""How good predictions are, on which classes, and where they fail."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.errors import EvaluationError
from core.evaluation.confusion import MACRO_F1
from core.evaluation.intervals import Interval, wilson
from core.evaluation.mistakes import Mistake, cell, mistakes
from core.evaluation.predictions import Predictions
from core.evaluation.tilting import interval_of
from core.i18n import gettext as _
from core.i18n import ngettext
from core.scores import SplitScore

__all__ = ["Averages", "ClassScore", "Evaluation", "Mistake", "cell", "evaluate", "mistakes"]


@dataclass(frozen=True)
class ClassScore:
    """One class's row of the table. All but the support are None for a class without images in the split.

    Attributes:
        name: the class.
        precision: the share of the images predicted as this class that are of it; 0 where there is none.
        recall: the share of this class's images that are predicted as it.
        f1: the harmonic mean of the two.
        support: how many images of this class there are.
        recall_ci: the recall's 95 % Wilson interval.
    """

    name: str
    precision: float | None
    recall: float | None
    f1: float | None
    support: int
    recall_ci: Interval | None

    def as_json(self) -> dict[str, object]:
        """This row as a JSON object."""
        return {
            "class": self.name, "precision": self.precision, "recall": self.recall, "f1": self.f1,
            "support": self.support, "recall_ci": list(self.recall_ci) if self.recall_ci else None,
        }  # fmt: skip


@dataclass(frozen=True)
class Averages:
    """Precision, recall and F1, averaged over the classes that have images in the split."""

    precision: float
    recall: float
    f1: float


@dataclass(frozen=True, eq=False)
class Evaluation:
    """How good the predictions for one split are.

    Attributes:
        split: the split.
        n: how many images.
        accuracy: the share that is right.
        accuracy_ci: its 95 % Wilson interval.
        macro: averages in which every class that has images counts alike.
        weighted: averages in which every image counts alike.
        macro_f1_ci: the 95 % interval of macro F1, see `interval_of`.
        per_class: one row a class, in the classes' order.
        confusion: (c, c) int64 counts, true classes in rows, predicted ones in columns.
        classes: the class names.
        notes: what a reader of the numbers has to know, in sentences.
    """

    split: str
    n: int
    accuracy: float
    accuracy_ci: Interval
    macro: Averages
    weighted: Averages
    macro_f1_ci: Interval
    per_class: tuple[ClassScore, ...]
    confusion: NDArray[np.int64]
    classes: tuple[str, ...]
    notes: tuple[str, ...]

    @property
    def macro_precision(self) -> float:
        """The mean precision of the classes that have images."""
        return self.macro.precision

    @property
    def macro_recall(self) -> float:
        """The mean recall of the classes that have images (balanced accuracy)."""
        return self.macro.recall

    @property
    def macro_f1(self) -> float:
        """The mean F1 of the classes that have images."""
        return self.macro.f1

    @property
    def weighted_precision(self) -> float:
        """The mean precision, classes weighted by their images."""
        return self.weighted.precision

    @property
    def weighted_recall(self) -> float:
        """The mean recall, classes weighted by their images; it equals the accuracy."""
        return self.weighted.recall

    @property
    def weighted_f1(self) -> float:
        """The mean F1, classes weighted by their images."""
        return self.weighted.f1

    @property
    def confusion_normalized(self) -> NDArray[np.float64]:
        """(c, c) float64: each row divided by its sum; the row of a class without images is NaN."""
        support = self.confusion.sum(axis=1, keepdims=True)
        share = np.full(self.confusion.shape, np.nan)
        np.divide(self.confusion, support, out=share, where=support > 0)
        return share

    def as_json(self) -> dict[str, object]:
        """The document of `evaluate --json`; a value that is not defined is null, never NaN."""
        normalized = [None if np.isnan(row).any() else row.tolist() for row in self.confusion_normalized]
        return {
            "n": self.n,
            "accuracy": self.accuracy,
            "accuracy_ci": list(self.accuracy_ci),
            "macro_f1": self.macro_f1,
            "macro_f1_ci": list(self.macro_f1_ci),
            "macro_precision": self.macro_precision,
            "macro_recall": self.macro_recall,
            "weighted_precision": self.weighted_precision,
            "weighted_recall": self.weighted_recall,
            "weighted_f1": self.weighted_f1,
            "per_class": [score.as_json() for score in self.per_class],
            "confusion_matrix": self.confusion.tolist(),
            "confusion_matrix_normalized": normalized,
            "classes": list(self.classes),
            "split": self.split,
            "notes": list(self.notes),
        }

    def summary(self) -> SplitScore:
        """What a run's record keeps of it."""
        return SplitScore(
            n=self.n,
            accuracy=self.accuracy,
            accuracy_ci=self.accuracy_ci,
            macro_f1=self.macro_f1,
            macro_f1_ci=self.macro_f1_ci,
        )


def evaluate(predictions: Predictions) -> Evaluation:
    """Judges predictions. Ties between classes go to the first of them.

    Args:
        predictions: of one split.

    Raises:
        EvaluationError: the split has no images.
    """
    from sklearn.metrics import confusion_matrix

    n, c = predictions.proba.shape
    if n == 0:
        raise EvaluationError(_("The split '{split}' has no photos to evaluate on.").format(split=predictions.split))
    confusion = confusion_matrix(predictions.y_true, predictions.y_pred, labels=np.arange(c)).astype(np.int64)
    right = int(confusion.trace())
    averages = {kind: _averages(predictions, kind) for kind in ("macro", "weighted")}
    return Evaluation(
        split=predictions.split,
        n=n,
        accuracy=right / n,
        accuracy_ci=wilson(right, n),
        macro=averages["macro"],
        weighted=averages["weighted"],
        macro_f1_ci=interval_of(confusion, MACRO_F1),
        per_class=_per_class(predictions, confusion),
        confusion=confusion,
        classes=predictions.class_names,
        notes=_notes(predictions.class_names, confusion),
    )


def _averages(predictions: Predictions, kind: str) -> Averages:
    from sklearn.metrics import precision_recall_fscore_support

    precision, recall, f1, _support = precision_recall_fscore_support(
        predictions.y_true, predictions.y_pred, labels=np.unique(predictions.y_true), average=kind, zero_division=0.0
    )
    return Averages(float(precision), float(recall), float(f1))


def _per_class(predictions: Predictions, confusion: NDArray[np.int64]) -> tuple[ClassScore, ...]:
    from sklearn.metrics import precision_recall_fscore_support

    columns = precision_recall_fscore_support(
        predictions.y_true, predictions.y_pred, labels=np.arange(len(confusion)), zero_division=0.0
    )
    rows = []
    for index, (name, precision, recall, f1, support) in enumerate(zip(predictions.class_names, *columns, strict=True)):
        if support:
            interval = wilson(int(confusion[index, index]), int(support))
            rows.append(ClassScore(name, float(precision), float(recall), float(f1), int(support), interval))
        else:
            rows.append(ClassScore(name, None, None, None, 0, None))
    return tuple(rows)


def _notes(classes: tuple[str, ...], confusion: NDArray[np.int64]) -> tuple[str, ...]:
    support, predicted = confusion.sum(axis=1), confusion.sum(axis=0)
    notes = []
    if absent := [name for name, images in zip(classes, support, strict=True) if not images]:
        notes.append(
            ngettext(
                "{count} class has no photo in this split, so nothing is known of it and it is left out of the "
                "averages: {names}.",
                "{count} classes have no photo in this split, so nothing is known of them and they are left out of "
                "the averages: {names}.",
                len(absent),
            ).format(count=len(absent), names=_listed(absent))
        )
    if never_predicted := [classes[index] for index in np.flatnonzero((support > 0) & (predicted == 0))]:
        notes.append(
            ngettext(
                "{count} class was never predicted; its precision counts as 0: {names}.",
                "{count} classes were never predicted; their precision counts as 0: {names}.",
                len(never_predicted),
            ).format(count=len(never_predicted), names=_listed(never_predicted))
        )
    return tuple(notes)


def _listed(names: list[str], most: int = 5) -> str:
    shown = ", ".join(f"'{name}'" for name in names[:most])
    return shown if len(names) <= most else _("{names} and {more} more").format(names=shown, more=len(names) - most)
