"""Scores of a confusion matrix: each with how fast it changes from photo to photo, which its interval is made from."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.evaluation.intervals import Interval

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Counts:
    """What scores need of a confusion matrix; they may be expected counts.

    Attributes:
        support: (c,), the images of each class.
        hits: (c,), how many of these are right.
        predicted: (c,), the images that are predicted as each class.
    """

    support: Floats
    hits: Floats
    predicted: Floats

    @classmethod
    def of(cls, confusion: NDArray[np.number]) -> Counts:
        """Those of a confusion matrix (c, c), true classes in rows."""
        counts = np.asarray(confusion, np.float64)
        return cls(counts.sum(axis=1), counts.diagonal(), counts.sum(axis=0))

    @property
    def n(self) -> float:
        """How many images there are."""
        return float(self.support.sum())

    @property
    def present(self) -> NDArray[np.bool_]:
        """(c,), the classes that have images."""
        return self.support > 0


Pair = tuple[Floats, Floats]


@dataclass(frozen=True)
class Statistic:
    """A score of a confusion matrix.

    Attributes:
        value: gives it.
        slopes: (c,) each: its derivatives by `Counts.hits` and by `Counts.predicted`.
        range: between which numbers it is.
        curvatures: (c,) each: its second derivatives by `predicted`, and by `hits` and `predicted`, where these bend it
            so much that few images a class tell too little or too much on average.
    """

    value: Callable[[Counts], float]
    slopes: Callable[[Counts], Pair]
    range: Interval
    curvatures: Callable[[Counts], Pair] | None = None


def macro_f1(confusion: NDArray[np.number]) -> float:
    """The mean F1 of the classes that have images.

    Args:
        confusion: (c, c) counts, true classes in rows; they may be means of repeats.
    """
    return _macro_f1(Counts.of(confusion))


def balanced_accuracy(confusion: NDArray[np.number]) -> float:
    """The mean recall of the classes that have images."""
    return _balanced_accuracy(Counts.of(confusion))


def matthews(confusion: NDArray[np.number]) -> float:
    """The correlation of true and predicted classes; 0 where all images are of one class, or predicted as one.

    Source: J. Gorodkin, "Comparing two K-category assignments by a K-category correlation coefficient", Computational
    Biology and Chemistry 28 (2004).
    """
    return _matthews(Counts.of(confusion))


def kappa(confusion: NDArray[np.number]) -> float:
    """How much of the agreement that chance leaves there is; 0 where chance alone gives all of it.

    Source: J. Cohen, "A coefficient of agreement for nominal scales", Educational and Psychological Measurement 20
    (1960).
    """
    return _kappa(Counts.of(confusion))


def _macro_f1(counts: Counts) -> float:
    present = counts.present
    sizes = counts.support[present] + counts.predicted[present]
    return float((2.0 * counts.hits[present] / sizes).mean())


def _slopes_of_f1(counts: Counts) -> Pair:
    sizes, share = _sizes(counts)
    return 2.0 * share / sizes, -2.0 * share * counts.hits / sizes**2


def _curvatures_of_f1(counts: Counts) -> Pair:
    sizes, share = _sizes(counts)
    return 4.0 * share * counts.hits / sizes**3, -2.0 * share / sizes**2


def _sizes(counts: Counts) -> Pair:
    """The denominators of F1, and what each class counts for in the mean."""
    present = counts.present
    return np.where(present, counts.support + counts.predicted, 1.0), present / present.sum()


def _balanced_accuracy(counts: Counts) -> float:
    present = counts.present
    return float((counts.hits[present] / counts.support[present]).mean())


def _slopes_of_recall(counts: Counts) -> Pair:
    present = counts.present
    each = np.divide(1.0, counts.support, out=np.zeros(len(present)), where=present) / present.sum()
    return each, np.zeros(len(present))


def _matthews(counts: Counts) -> float:
    spread = np.sqrt(_unlike(counts, counts.predicted) * _unlike(counts, counts.support))
    return float(_covariance(counts) / spread) if spread > 0 else 0.0


def _slopes_of_matthews(counts: Counts) -> Pair:
    unlike, c = _unlike(counts, counts.predicted), len(counts.support)
    spread = np.sqrt(unlike * _unlike(counts, counts.support))
    if not spread > 0:
        return np.zeros(c), np.zeros(c)
    bend = _covariance(counts) / spread / unlike
    return np.full(c, counts.n / spread), bend * counts.predicted - counts.support / spread


def _covariance(counts: Counts) -> float:
    return float(counts.n * counts.hits.sum() - counts.predicted @ counts.support)


def _unlike(counts: Counts, images: Floats) -> float:
    """How many pairs of all images are of different classes, by how many there are of each."""
    return max(counts.n**2 - float((images**2).sum()), 0.0)


def _kappa(counts: Counts) -> float:
    chance = _by_chance(counts)
    return (float(counts.hits.sum()) / counts.n - chance) / (1.0 - chance) if chance < 1 else 0.0


def _slopes_of_kappa(counts: Counts) -> Pair:
    chance, n, c = _by_chance(counts), counts.n, len(counts.support)
    if not chance < 1:
        return np.zeros(c), np.zeros(c)
    left = 1.0 - chance
    return np.full(c, 1.0 / n / left), counts.support / n**2 * (_kappa(counts) - 1.0) / left


def _by_chance(counts: Counts) -> float:
    """The share of images on which true and predicted classes would agree by chance."""
    return float(counts.predicted @ counts.support) / counts.n**2


MACRO_F1 = Statistic(_macro_f1, _slopes_of_f1, (0.0, 1.0), _curvatures_of_f1)
BALANCED_ACCURACY = Statistic(_balanced_accuracy, _slopes_of_recall, (0.0, 1.0))
MATTHEWS = Statistic(_matthews, _slopes_of_matthews, (-1.0, 1.0))
KAPPA = Statistic(_kappa, _slopes_of_kappa, (-1.0, 1.0))
