"""Whether one classifier is better than another on the same images, or whether it could be chance."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from core.errors import EvaluationError
from core.evaluation.intervals import Z95, Interval
from core.evaluation.predictions import Predictions
from core.i18n import gettext as _
from core.numbers import count, no_points, points_interval, signed_points

ALPHA = 0.05
"""The chance that any of the comparisons made at once is called different where none is."""


@dataclass(frozen=True)
class Difference:
    """The accuracy of `a` minus that of `b`, on the same images.

    Attributes:
        a: the name of the first.
        b: the name of the second.
        n: how many images.
        only_a: images that only `a` got right.
        only_b: images that only `b` got right.
        accuracy: the difference, -1 to 1.
        interval: its 95 % interval.
    """

    a: str
    b: str
    n: int
    only_a: int
    only_b: int
    accuracy: float
    interval: Interval

    @property
    def beyond_chance(self) -> bool:
        """Whether the interval leaves out zero."""
        return self.interval[0] > 0 or self.interval[1] < 0

    @property
    def sentence(self) -> str:
        """The difference in plain words."""
        verdict = (
            _("the difference is larger than chance")
            if self.beyond_chance
            else _("the difference is not larger than chance")
        )
        if no_points(self.accuracy):
            return _("'{a}' is as accurate as '{b}' on the same {n} photos (95 % interval {ends}): {verdict}.").format(
                a=self.a, b=self.b, n=count(self.n), ends=points_interval(self.interval), verdict=verdict
            )
        return _(
            "'{a}' gets {points} points of accuracy compared with '{b}' on the same {n} photos "
            "(95 % interval {ends}): {verdict}."
        ).format(
            a=self.a,
            b=self.b,
            points=signed_points(self.accuracy),
            n=count(self.n),
            ends=points_interval(self.interval),
            verdict=verdict,
        )

    def as_json(self) -> dict[str, object]:
        """As the `difference` of an `Effect`."""
        return {
            "a": self.a, "b": self.b, "n": self.n, "only_a": self.only_a, "only_b": self.only_b,
            "accuracy": self.accuracy, "interval": list(self.interval), "beyond_chance": self.beyond_chance,
            "sentence": self.sentence,
        }  # fmt: skip


def difference(a: str, predictions_a: Predictions, b: str, predictions_b: Predictions) -> Difference:
    """Compares two classifiers' predictions image by image.

    Only images on which they disagree tell them apart; the interval is that of `paired_interval`.

    Args:
        a: the first's name.
        predictions_a: its predictions.
        b: the second's name.
        predictions_b: its predictions of the same images.

    Raises:
        EvaluationError: the predictions are not of the same images, or of none.
    """
    same_images(predictions_a, predictions_b)
    n = len(predictions_a)
    only_a, only_b = right_alone(predictions_a, predictions_b)
    return Difference(a, b, n, only_a, only_b, (only_a - only_b) / n, paired_interval(only_a, only_b, n))


def right_alone(predictions_a: Predictions, predictions_b: Predictions) -> tuple[int, int]:
    """How many images only the first classifier got right, and how many only the second."""
    right_a, right_b = predictions_a.correct, predictions_b.correct
    return int((right_a & ~right_b).sum()), int((right_b & ~right_a).sum())


def paired_interval(only_a: float, only_b: float, n: int) -> Interval:
    """The 95 % interval of the difference of two shares of the same n images.

    `only_a` and `only_b` are the images that count for one share and not for the other, or means of such counts. It is
    the adjusted Wald interval for paired proportions. Source: D. G. Bonett and R. M. Price, "Adjusted Wald confidence
    interval for a difference of binomial proportions based on paired data", Journal of Educational and Behavioral
    Statistics 37 (2012).
    """
    p, q = (only_a + 1) / (n + 2), (only_b + 1) / (n + 2)
    half = Z95 * math.sqrt((p + q - (p - q) ** 2) / (n + 2))
    return max(-1.0, p - q - half), min(1.0, p - q + half)


def same_images(a: Predictions, b: Predictions) -> None:
    """Makes sure that two classifiers' predictions are of the same images and classes.

    Raises:
        EvaluationError: they are not, or of no image.
    """
    is_same = a.ids == b.ids and a.class_names == b.class_names and np.array_equal(a.y_true, b.y_true)
    if not is_same or not len(a):
        raise EvaluationError(_("Two classifiers can only be compared on the same photos."))


def mcnemar(only_a: ArrayLike, only_b: ArrayLike) -> NDArray[np.float64]:
    """Two-sided p of the exact McNemar test: are the images that only one gets right shared out evenly?

    It takes single counts, or m pairs of them as arrays (m,); where both counts are 0, p is 1.

    Source: Q. McNemar, Psychometrika 12 (1947); the exact binomial form.
    """
    from scipy import stats

    fewer, total = np.minimum(only_a, only_b), np.add(only_a, only_b)
    return np.asarray(np.minimum(1.0, 2.0 * stats.binom.cdf(fewer, total, 0.5)), dtype=np.float64)


def holm(p: NDArray[np.float64]) -> NDArray[np.float64]:
    """p values (m,) after Holm's correction, in the order they were given.

    Where those below 5 % are called findings, the chance of any false finding among all m is at most 5 %, however they
    depend on one another. Source: S. Holm, "A simple sequentially rejective multiple test procedure", Scandinavian
    Journal of Statistics 6 (1979).
    """
    order = np.argsort(p, kind="stable")
    steps = np.minimum(1.0, p[order] * np.arange(len(p), 0, -1))
    corrected = np.empty(len(p))
    corrected[order] = np.maximum.accumulate(steps)
    return corrected
