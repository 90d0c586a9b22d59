"""Confidence intervals of shares that were measured on a sample, and resamples of one."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

Z95 = 1.959963984540054
"""The 97.5 % quantile of the normal distribution: two-sided 95 %."""

Interval = tuple[float, float]

_LEAST_DRAWS, _MOST_NUMBERS = 50, 5_000_000
"""However many images there are, so many resamples are drawn; else no more than fit into so many numbers."""


def wilson(right: float, n: float) -> Interval:
    """The Wilson score interval (95 %) of a share: `right` of `n`, which may be means of several counts.

    Unlike the normal approximation it stays within 0 and 1, and does not shrink to a point when all or none are right.

    Source: E. B. Wilson, "Probable inference, the law of succession, and statistical inference", Journal of the
    American Statistical Association 22 (1927); recommended by Brown, Cai and DasGupta, Statistical Science 16 (2001).

    Raises:
        ValueError: `n` is not positive, or `right` is not between 0 and `n`.
    """
    if not (n > 0 and 0 <= right <= n):
        raise ValueError(f"{right} of {n} is no share")
    z2 = Z95 * Z95
    middle = (right + z2 / 2) / (n + z2)
    half = Z95 / (n + z2) * math.sqrt(right * (n - right) / n + z2 / 4)
    low = 0.0 if right == 0 else max(0.0, middle - half)
    high = 1.0 if right == n else min(1.0, middle + half)
    return low, high


def wilson_of_mean(values: NDArray[np.float64], most: float) -> Interval:
    """The 95 % interval of the mean of numbers from 0 to `most`, few or all equal: Wilson's, carried over to these.

    A normal interval of few losses is too low, as the rare great ones, which the mean hangs on, are seldom among them;
    where all are equal it is a point. So here a true mean is believed unless the one seen lies farther from it than
    1.96 standard errors of a world in which it is true: the numbers seen, with a share of them replaced by `most` (for
    the high end) or by 0 (for the low one). Of numbers that are 0 or `most` this is Wilson's interval.

    Source: the interval, E. B. Wilson as in `wilson`; the worlds, mixtures with an end of the range, as in
    T. W. Anderson, "Confidence limits for the expected value of an arbitrary bounded random variable with a continuous
    distribution function", Bulletin of the International Statistical Institute 43 (1969). How often it holds was
    simulated (`tests.evaluation.test_scores`).

    Args:
        values: (n,), at least one.
        most: the greatest number there could be.
    """
    mean, k = float(values.mean()), Z95**2 / len(values)
    variance = float(values.var(ddof=1)) if len(values) > 1 else 0.0

    def reach(end: float) -> float:
        """How far the mean may be off towards an end: where its distance, squared, is k times the variance there."""
        if end <= 0:
            return 0.0
        a, b = end**2 * (1 + k), k * (variance - end**2)
        return end * (math.sqrt(b * b + 4 * a * k * variance) - b) / (2 * a)

    return max(mean - reach(mean), 0.0), min(mean + reach(most - mean), most)


def newcombe(right_a: float, n_a: float, right_b: float, n_b: float) -> Interval:
    """The 95 % interval of the difference of two shares of different images, the first minus the second.

    Source: R. G. Newcombe, "Interval estimation for the difference between independent proportions: comparison of
    eleven methods", Statistics in Medicine 17 (1998), method 10, which joins the two Wilson intervals.

    Raises:
        ValueError: as `wilson`.
    """
    a, b = right_a / n_a, right_b / n_b
    (low_a, high_a), (low_b, high_b) = wilson(right_a, n_a), wilson(right_b, n_b)
    below, above = math.hypot(a - low_a, high_b - b), math.hypot(high_a - a, b - low_b)
    return max(-1.0, a - b - below), min(1.0, a - b + above)


def affordable_draws(n: int, most: int) -> int:
    """How many resamples of n images are drawn at once, at most `most`: of very many images fewer, to spare memory."""
    return min(max(_MOST_NUMBERS // n, _LEAST_DRAWS), most)


def stratified_weights(y_true: NDArray[np.int64], draws: int, seed: int) -> NDArray[np.int64]:
    """How often each of n images is in each of several resamples: (draws, n), as many of each class as it has."""
    rng = np.random.default_rng(seed)
    weights = np.zeros((draws, len(y_true)), dtype=np.int64)
    for label in np.unique(y_true):
        rows = np.flatnonzero(y_true == label)
        weights[:, rows] = rng.multinomial(len(rows), np.full(len(rows), 1 / len(rows)), size=draws)
    return weights
