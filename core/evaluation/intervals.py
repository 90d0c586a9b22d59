"""Confidence intervals of shares and of macro F1 that were measured on a sample."""

from __future__ import annotations

import math
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

Z95 = 1.959963984540054
"""The 97.5 % quantile of the normal distribution: two-sided 95 %."""

Interval = tuple[float, float]


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


def macro_f1(confusion: NDArray[np.number]) -> float:
    """The mean F1 of the classes that have images.

    Args:
        confusion: (c, c) counts, true classes in rows; they may be means of repeats.
    """
    support, predicted = confusion.sum(axis=1), confusion.sum(axis=0)
    present = support > 0
    return float((2.0 * confusion.diagonal()[present] / (support + predicted)[present]).mean())


def bootstrap_macro_f1(confusion: NDArray[np.number], draws: int = 2000, seed: int = 0) -> Interval:
    """The bias-corrected bootstrap interval (95 %) of macro F1 over the classes that have images.

    The bootstrap is stratified: each draw takes, for every true class, as many of its images as it has, with
    replacement (splits are made with a fixed number of images a class). Drawing images and counting them gives the
    same distribution as drawing each row of the confusion matrix from a multinomial, so that is done instead: `draws`
    resamples cost O(draws × filled cells) whatever n is.

    Resampled F1 is lower than the sample's own, the more so the fewer images a class has. The correction removes that
    bias. In 300 simulated samples each, plain percentiles covered the true value in 89 % (80 classes with 10 images
    each, half of them right) to 97 %, the corrected ones in 93 % to 97 %.

    A sample with no mistake (or with nothing right) has no spread to resample, and the bootstrap would claim certainty;
    there the Wilson interval of the accuracy is returned instead.

    Source: B. Efron and R. J. Tibshirani, "An Introduction to the Bootstrap" (1993), chapters 13, 14 and 16.

    Args:
        confusion: (c, c) counts, true classes in rows; of repeats their mean, so that n stays the number of images.
        draws: how many resamples.
        seed: the same seed gives the same interval.
    """
    n, right = round(float(confusion.sum())), float(confusion.trace())
    if right in (0, n):
        return wilson(right, n)
    resampled, estimate = _resampled_macro_f1(confusion, draws, seed), macro_f1(confusion)
    below = float((resampled < estimate).mean() + (resampled == estimate).mean() / 2)
    bias = NormalDist().inv_cdf(min(max(below, 1 / draws), 1 - 1 / draws))
    low, high = np.quantile(resampled, [NormalDist().cdf(2 * bias + z) for z in (-Z95, Z95)])
    return min(float(low), estimate), max(float(high), estimate)


def _resampled_macro_f1(confusion: NDArray[np.number], draws: int, seed: int) -> NDArray[np.float64]:
    """Macro F1 (draws,) of as many resamples of the images behind a confusion matrix."""
    rng = np.random.default_rng(seed)
    support = np.rint(confusion.sum(axis=1)).astype(np.int64)
    present = np.flatnonzero(support)
    hits = np.zeros((draws, len(confusion)), dtype=np.int32)
    predicted = np.zeros((draws, len(confusion)), dtype=np.int32)
    for true in present:
        cells = np.flatnonzero(confusion[true])
        counts = confusion[true, cells]
        resampled = rng.multinomial(support[true], counts / counts.sum(), size=draws)
        predicted[:, cells] += resampled.astype(np.int32)
        if confusion[true, true]:
            hits[:, true] = resampled[:, np.searchsorted(cells, true)]
    f1: NDArray[np.float64] = 2.0 * hits[:, present] / (support[present] + predicted[:, present])
    return np.asarray(f1.mean(axis=1), np.float64)
