"""The interval of a score of a confusion matrix, which holds for few images, too."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cache, cached_property

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import brentq

from core.evaluation.confusion import Counts, Floats, Pair, Statistic
from core.evaluation.intervals import Z95, Interval

_NO_GAIN, _NO_FARTHER, _FAR = 1e-12, 1e-5, 8.0
_MOST_TILT = 150.0
"""Of factors: e to that power is as good as infinite, and its square still a number."""

_SHORT_OF_AN_IMAGE = 0.25
"""Scores of few images jump from value to value, and the normal distribution does not. Half an image is Yates's
correction for that, which makes nearly every interval too wide; half of his is enough (`benchmarks.score_coverage`)."""


def interval_of(confusion: NDArray[np.number], statistic: Statistic) -> Interval:
    """The 95 % interval of a score: those true values that do not make the score seen here a surprise.

    It is Wilson's idea carried over to any smooth score. A true value is believed unless the score lies farther from it
    than 1.96 standard deviations, which are those of samples from a world in which that value is true, not from the
    sample itself. So where everything is right there is still a lower end, and with a mistake the upper end is below 1.
    The worlds are one family: for each true class the shares of the predicted ones, tilted by exp(t · slope), where the
    slope is what one more image in that cell changes. That is the family in which the score is hardest to tell. Its
    middle are the shares seen here, with one more image added to each class that is right with the chance of all images
    together, and wrong for every other class alike; so a class without a mistake is not taken for perfect. Of one
    class, or where classes have as many images and none is wrong, it is Wilson's interval but for the correction for
    scores that jump.

    Sources: E. B. Wilson, JASA 22 (1927); the family, B. Efron, "Better bootstrap confidence intervals", JASA 82
    (1987), and T. J. DiCiccio and J. P. Romano, "Nonparametric confidence limits by resampling methods and least
    favorable families", International Statistical Review 58 (1990); score intervals of sums of shares, J. M. Tebbs and
    S. A. Roths, Journal of Statistical Planning and Inference 138 (2008).

    Args:
        confusion: (c, c) counts, true classes in rows; of repeats their mean, so that n stays the number of images.
        statistic: the score.
    """
    estimate = statistic.value(Counts.of(confusion))
    family = _Family.around(np.asarray(confusion, np.float64), statistic)
    if family.is_flat:
        return statistic.range
    low, high = (family.value(family.crossing(z, estimate)) for z in (Z95, -Z95))
    return float(min(low, estimate)), float(max(high, estimate))


@dataclass(frozen=True, eq=False)
class _Family:
    """Worlds from those where the score is least to those where it is greatest.

    A cell's slope is that of its column, and on the diagonal that of its class's hits besides: so a tilt is a factor a
    column and one a class, and all that is asked costs a few products with one matrix, however many images there are.

    Attributes:
        statistic: the score.
        rows: (r,), the classes that have images.
        support: (r,), how many these have.
        own: (r,), in the middle of the family, the share of them that is right.
        others: (r, c), the shares that are predicted as other classes; 0 where a class is its own.
        tilt: (r,) and (c,), the slopes of hits and of predicted classes, divided by the widest.
        widest: the greatest difference between two slopes of a class.
    """

    statistic: Statistic
    rows: NDArray[np.int64]
    support: Floats
    own: Floats
    others: Floats
    tilt: Pair
    widest: float

    @classmethod
    def around(cls, confusion: Floats, statistic: Statistic) -> _Family:
        """The family whose middle is near a confusion matrix."""
        support = confusion.sum(axis=1)
        shares, rows = _smoothed(confusion), np.flatnonzero(support)
        own = shares.diagonal().copy()
        by_hits, by_predicted = statistic.slopes(Counts(support, support * own, support @ shares))
        np.fill_diagonal(shares, 0.0)
        hits, predicted = by_hits[rows], by_predicted - by_predicted.mean()
        gains = (hits + predicted[rows])[:, None] - predicted  # of one wrong image less, by what it is taken for
        gains[np.arange(len(rows)), rows] = 0.0
        most = float(np.abs(gains).max())
        tilt = (hits / most, predicted / most) if most > _NO_GAIN else (hits * 0.0, predicted * 0.0)
        return cls(statistic, rows, support[rows], own[rows], shares[rows], tilt, most)

    @property
    def is_flat(self) -> bool:
        """Whether the score is the same in all these worlds, as where there is one class."""
        return not self.tilt[0].any()

    def value(self, t: float) -> float:
        """The score in one of the worlds."""
        return self.statistic.value(self._world(t).counts)

    def crossing(self, z: float, estimate: float) -> float:
        """The world of whose samples one is z standard deviations off where it is the estimate; else the farthest."""

        @cache
        def above(t: float) -> float:
            return self.of_sample(t, z) - estimate

        ends = []
        for side in (-1, 1):  # the low end is below the middle, the high one above it
            end = side * self._reach * (2.5 if side * z < 0 else 0.1)
            while above(end) * side < 0:
                here, end = end, 4 * end
                if abs(end) > _FAR and abs(self.value(end) - self.value(here)) < _NO_FARTHER:
                    return here
            ends.append(end)
        return float(brentq(above, *ends, xtol=1e-4 * self._reach, rtol=1e-6))

    @cached_property
    def _reach(self) -> float:
        """How far from the middle the score has changed by about 1.96 standard deviations.

        Of shares tilted by exp(t · slope) the score grows by its variance with t.
        """
        deviation = (self.of_sample(0.0, 1.0) - self.of_sample(0.0, -1.0)) / 2
        return Z95 * self.widest / deviation

    def of_sample(self, t: float, z: float) -> float:
        """The score of a sample from one of the worlds that is z standard deviations above what is expected."""
        world = self._world(t)
        by_hits, by_predicted = self.statistic.slopes(world.counts)
        own = by_hits[self.rows]
        right = own + by_predicted[self.rows]
        weighted = world.factors * by_predicted
        mean = (self.others @ weighted) / world.totals + world.hits * right
        squares = (self.others @ (weighted * by_predicted)) / world.totals + world.hits * right**2
        deviation = math.sqrt(max(float(self.support @ (squares - mean**2)), 0.0))
        jump = math.copysign(_SHORT_OF_AN_IMAGE * float(own.min()), z)
        return self.statistic.value(world.counts) + self._bias(world) + z * deviation + jump

    def _bias(self, world: _World) -> float:
        """How much greater the score of a sample is on average than that of its world, to second order."""
        if self.statistic.curvatures is None:
            return 0.0
        twice, mixed = self.statistic.curvatures(world.counts)
        squares = (self.support / world.totals**2) @ self.others**2 * world.factors**2
        squares[self.rows] += self.support * world.hits**2
        together = self.support * world.hits * (1 - world.hits)
        return float(twice @ (world.counts.predicted - squares) / 2 + mixed[self.rows] @ together)

    def _world(self, t: float) -> _World:
        of_hits, factors = (np.exp(np.minimum(np.maximum(t * slopes, -_MOST_TILT), _MOST_TILT)) for slopes in self.tilt)
        right = self.own * factors[self.rows] * of_hits
        totals = self.others @ factors + right
        hits = right / totals
        support, right = np.zeros((2, len(factors)))
        support[self.rows], right[self.rows] = self.support, self.support * hits
        predicted = (self.support / totals) @ self.others * factors + right
        return _World(factors, totals, hits, Counts(support, right, predicted))


@dataclass(frozen=True, eq=False)
class _World:
    """One of a family.

    Attributes:
        factors: (c,), by which the shares of each predicted class are multiplied before they are scaled.
        totals: (r,), what the shares of each class then add up to.
        hits: (r,), the share of each class that is right.
        counts: those to expect.
    """

    factors: Floats
    totals: Floats
    hits: Floats
    counts: Counts


def _smoothed(confusion: Floats) -> Floats:
    """(c, c) shares of each row, with one image added that is right as often as all are, and half of one to these."""
    c = len(confusion)
    right = (confusion.trace() + 0.5) / (confusion.sum() + 1)
    added = np.full((c, c), (1 - right) / max(c - 1, 1))
    np.fill_diagonal(added, right if c > 1 else 1.0)
    return np.asarray((confusion + added) / (confusion.sum(axis=1, keepdims=True) + 1))
