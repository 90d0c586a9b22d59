"""Two backbones class by class: recall and F1 of each, and whether the difference could be chance."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.evaluation.intervals import Z95, Interval
from core.evaluation.pairwise.difference import ALPHA, holm, mcnemar, paired_interval


@dataclass(frozen=True)
class ClassDifference:
    """One class with backbone a and with backbone b; scores and p values are None for a class without images.

    Attributes:
        name: the class.
        n: its images.
        only_a: images of it that only a got right.
        only_b: images of it that only b got right.
        recall_a: the share of its images that a got right.
        recall_b: the share that b got right.
        recall: the first minus the second.
        interval: the 95 % interval of `recall`, paired (see `paired_interval`); it does not allow for other classes.
        f1_a: a's F1.
        f1_b: b's F1.
        f1: the first minus the second.
        f1_interval: its 95 % interval, paired, by the delta method; None where no image tells the two apart.
        p: two-sided p of the exact McNemar test on the class's images.
        p_holm: the same after Holm's correction for the number of classes.
    """

    name: str
    n: int
    only_a: int = 0
    only_b: int = 0
    recall_a: float | None = None
    recall_b: float | None = None
    recall: float | None = None
    interval: Interval | None = None
    f1_a: float | None = None
    f1_b: float | None = None
    f1: float | None = None
    f1_interval: Interval | None = None
    p: float | None = None
    p_holm: float | None = None

    @property
    def gains(self) -> str:
        """Which of the two the class gains from beyond chance: "a", "b", or "" where that is not known."""
        if self.p_holm is None or self.p_holm >= ALPHA:
            return ""
        return "a" if self.only_a > self.only_b else "b"

    def as_json(self) -> dict[str, object]:
        """As one of the rows of `per_class` in `compare --json`."""
        return {
            "class": self.name, "n": self.n, "only_a": self.only_a, "only_b": self.only_b,
            "recall_a": self.recall_a, "recall_b": self.recall_b, "recall_diff": self.recall,
            "recall_interval": _listed(self.interval), "f1_a": self.f1_a, "f1_b": self.f1_b, "f1_diff": self.f1,
            "f1_interval": _listed(self.f1_interval), "mcnemar_p": self.p, "p_holm": self.p_holm, "gains": self.gains,
        }  # fmt: skip


def class_differences(
    names: Sequence[str], y: NDArray[np.int64], predicted_a: NDArray[np.int64], predicted_b: NDArray[np.int64]
) -> tuple[ClassDifference, ...]:
    """Compares two backbones class by class; the greatest difference of recall first, classes without images last.

    Args:
        names: the c class names.
        y: (n,) the true class of each image.
        predicted_a: (n,) the first backbone's prediction.
        predicted_b: (n,) the second's.
    """
    c = len(names)
    n = np.bincount(y, minlength=c)
    right_a, right_b = predicted_a == y, predicted_b == y
    only_a, only_b = (np.bincount(y[rows], minlength=c) for rows in (right_a & ~right_b, right_b & ~right_a))
    present = n > 0
    p = np.ones(c)
    p[present] = mcnemar(only_a[present], only_b[present])
    corrected = np.ones(c)
    corrected[present] = holm(p[present])
    rows = [ClassDifference(name, 0) for name in names]
    for k in np.flatnonzero(present).tolist():
        recall_a, recall_b = (float(right[y == k].mean()) for right in (right_a, right_b))
        f1_a, f1_b, f1_interval = _f1(y == k, predicted_a == k, predicted_b == k)
        rows[k] = ClassDifference(
            name=names[k], n=int(n[k]), only_a=int(only_a[k]), only_b=int(only_b[k]),
            recall_a=recall_a, recall_b=recall_b, recall=(int(only_a[k]) - int(only_b[k])) / int(n[k]),
            interval=paired_interval(int(only_a[k]), int(only_b[k]), int(n[k])),
            f1_a=f1_a, f1_b=f1_b, f1=f1_a - f1_b, f1_interval=f1_interval,
            p=float(p[k]), p_holm=float(corrected[k]),
        )  # fmt: skip
    return tuple(sorted(rows, key=lambda row: (row.recall is None, -abs(row.recall or 0.0))))


def _f1(
    is_true: NDArray[np.bool_], is_called_a: NDArray[np.bool_], is_called_b: NDArray[np.bool_]
) -> tuple[float, float, Interval | None]:
    """F1 of one class with a and with b, and the 95 % interval of their difference.

    F1 is twice the mean of `is_true & is_called` over the mean of `is_true + is_called`. The delta method takes each
    image's first-order influence on that ratio; both backbones saw the same image, so their influences are subtracted
    image by image.
    """
    scores, influences = [], []
    for is_called in (is_called_a, is_called_b):
        memberships = is_true.astype(np.float64) + is_called
        f1 = 2.0 * float((is_true & is_called).sum()) / float(memberships.sum())
        scores.append(f1)
        influences.append((2.0 * (is_true & is_called) - f1 * memberships) / memberships.mean())
    influence_difference = influences[0] - influences[1]
    standard_error = float(np.sqrt(np.mean(influence_difference**2) / len(is_true)))
    diff = scores[0] - scores[1]
    half = Z95 * standard_error
    return scores[0], scores[1], (max(-1.0, diff - half), min(1.0, diff + half)) if half > 0 else None


def _listed(interval: Interval | None) -> list[float] | None:
    return list(interval) if interval else None
