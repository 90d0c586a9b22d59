"""Two backbones side by side: which classes gain from which, where their mistakes differ, and how far they agree.

Everything is computed from out-of-fold predictions of the same images; no probe is fitted here. Among many classes some
differ by chance alone, so only what holds after Holm's correction is called a finding.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from core.evaluation.pairwise.agreement import Agreement, agreement
from core.evaluation.pairwise.classwise import ClassDifference, class_differences
from core.evaluation.pairwise.difference import ALPHA, holm, mcnemar, same_images
from core.evaluation.predictions import Predictions
from core.i18n import gettext as _
from core.i18n import ngettext

NAMED = 5
"""How many classes or cells are named in words."""


@dataclass(frozen=True)
class Shift:
    """A kind of mistake, images of class `true` called `predicted`, made by a and by b.

    Attributes:
        true: the index of the true class.
        predicted: the index of the class that was predicted.
        by_a: how many a calls so.
        by_b: how many b calls so.
        n: images of the true class.
        p_holm: two-sided p of the exact McNemar test on this cell, after Holm's correction for all cells that differ.
    """

    true: int
    predicted: int
    by_a: int
    by_b: int
    n: int
    p_holm: float


@dataclass(frozen=True, eq=False)
class SideBySide:
    """How two backbones differ.

    Attributes:
        a: the first's name.
        b: the second's name.
        n: how many images both predicted.
        names: the c class names.
        classes: one a class, the greatest difference of recall first, classes without images last.
        confusion: (c, c) int64, a's confusion matrix minus b's; true classes in rows, predicted ones in columns.
        support: (c,) int64, images of each class.
        shifts: the cells off the diagonal in which the two differ, the most shifted first.
    """

    a: str
    b: str
    n: int
    names: tuple[str, ...]
    classes: tuple[ClassDifference, ...]
    confusion: NDArray[np.int64]
    support: NDArray[np.int64]
    shifts: tuple[Shift, ...]

    def gaining(self, side: str) -> tuple[str, ...]:
        """The classes that gain from "a" or from "b" beyond chance."""
        return tuple(row.name for row in self.classes if row.gains == side)

    @property
    def sentences(self) -> tuple[str, ...]:
        """Which classes gain from which backbone, in words."""
        tested = sum(row.n > 0 for row in self.classes)
        sentences = [
            _("{name} gets more photos right of: {classes}.").format(name=name, classes=_listed(self.gaining(side)))
            for side, name in (("a", self.a), ("b", self.b))
            if self.gaining(side)
        ]
        if not sentences:
            sentences = [_("No class is surely better off with one of the two.")]
        return (
            *sentences,
            _(
                "This allows for {n} classes being looked at (exact McNemar tests, Holm's correction at 5 %): without "
                "that, about one class in twenty would seem to differ by chance."
            ).format(n=tested),
        )

    @property
    def shifts_in_words(self) -> tuple[str, ...]:
        """The most shifted mistakes, at most five."""
        return tuple(self._sentence(shift) for shift in self.shifts[:NAMED])

    def _sentence(self, shift: Shift) -> str:
        text = ngettext(
            "Of {n} photo of '{true}', {a} calls {by_a} '{predicted}' and {b} calls {by_b} so: {verdict}.",
            "Of {n} photos of '{true}', {a} calls {by_a} '{predicted}' and {b} calls {by_b} so: {verdict}.",
            shift.n,
        )
        return text.format(
            n=shift.n, true=self.names[shift.true], predicted=self.names[shift.predicted],
            a=self.a, b=self.b, by_a=shift.by_a, by_b=shift.by_b,
            verdict=_("more than chance") if shift.p_holm < ALPHA else _("that may be chance"),
        )  # fmt: skip

    def as_json(self) -> dict[str, object]:
        """The entry `side_by_side` of `compare --json`, without the agreement."""
        return {
            "a": self.a, "b": self.b, "n": self.n, "classes": list(self.names),
            "per_class": [row.as_json() for row in self.classes],
            "gain_from_a": list(self.gaining("a")), "gain_from_b": list(self.gaining("b")),
            "confusion_difference": self.confusion.tolist(), "sentences": [*self.sentences, *self.shifts_in_words],
        }  # fmt: skip


def side_by_side(predictions: Mapping[str, Predictions], a: str, b: str) -> dict[str, object]:
    """The entry `side_by_side` of `compare --json`: a against b, and the agreement of all pairs.

    Args:
        predictions: each backbone's out-of-fold predictions of the same images.
        a: a name in `predictions`.
        b: another.

    Raises:
        EvaluationError: the predictions are not of the same images.
    """
    pairs = [pair.as_json() for pair in agreements(predictions)]
    return {**compared_classes(a, predictions[a], b, predictions[b]).as_json(), "agreement": pairs}


def agreements(predictions: Mapping[str, Predictions]) -> tuple[Agreement, ...]:
    """How far any two backbones agree; pairs in the order of the names.

    Raises:
        EvaluationError: the predictions are not of the same images.
    """
    return tuple(agreement(a, predictions[a], b, predictions[b]) for a, b in combinations(predictions, 2))


def compared_classes(a: str, predictions_a: Predictions, b: str, predictions_b: Predictions) -> SideBySide:
    """Compares two backbones class by class on the same images.

    Tests are exact McNemar tests with Holm's correction (see `holm`). They do not tell how other training images would
    have changed the probes.

    Args:
        a: the first's name.
        predictions_a: its out-of-fold predictions.
        b: the second's name.
        predictions_b: its out-of-fold predictions of the same images.

    Raises:
        EvaluationError: the predictions are not of the same images and classes, or of none.
    """
    same_images(predictions_a, predictions_b)
    y, predicted_a, predicted_b = predictions_a.y_true, predictions_a.y_pred, predictions_b.y_pred
    c = len(predictions_a.class_names)
    counts_a, counts_b = _counts(y, predicted_a, c), _counts(y, predicted_b, c)
    return SideBySide(
        a=a,
        b=b,
        n=len(y),
        names=predictions_a.class_names,
        classes=class_differences(predictions_a.class_names, y, predicted_a, predicted_b),
        confusion=counts_a - counts_b,
        support=counts_a.sum(axis=1),
        shifts=_shifts(y, predicted_a, predicted_b, counts_a, counts_b),
    )


def _counts(y: NDArray[np.int64], predicted: NDArray[np.int64], c: int) -> NDArray[np.int64]:
    """The (c, c) confusion matrix."""
    return np.bincount(y * c + predicted, minlength=c * c).reshape(c, c).astype(np.int64)


def _shifts(
    y: NDArray[np.int64],
    predicted_a: NDArray[np.int64],
    predicted_b: NDArray[np.int64],
    counts_a: NDArray[np.int64],
    counts_b: NDArray[np.int64],
) -> tuple[Shift, ...]:
    c = len(counts_a)
    differ = predicted_a != predicted_b
    only_a, only_b = (_counts(y[differ], predicted[differ], c) for predicted in (predicted_a, predicted_b))
    off_diagonal = ~np.eye(c, dtype=bool)
    cells = np.argwhere((only_a + only_b > 0) & off_diagonal)
    p = holm(mcnemar(only_a[tuple(cells.T)], only_b[tuple(cells.T)]))
    shifts = [
        Shift(int(t), int(k), int(counts_a[t, k]), int(counts_b[t, k]), int(counts_a[t].sum()), float(p_holm))
        for (t, k), p_holm in zip(cells, p, strict=True)
        if counts_a[t, k] != counts_b[t, k]
    ]
    return tuple(sorted(shifts, key=lambda shift: -abs(shift.by_a - shift.by_b)))


def _listed(names: Sequence[str]) -> str:
    shown = ", ".join(f"'{name}'" for name in names[:NAMED])
    return shown if len(names) <= NAMED else _("{names} and {more} more").format(names=shown, more=len(names) - NAMED)
