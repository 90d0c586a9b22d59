"""How an error falls with the number of training images: a power law, its uncertainty, and its extrapolation.

The law is error(n) = a + b · n^(−c): a floor that remains with any number of images, and a part that falls. It has been
found to describe classifiers well between the first few images and the end of what can be learned (S. Mukherjee et al.,
"Estimating dataset size requirements for classifying DNA microarray data", Journal of Computational Biology 10, 2003;
J. Hestness et al., "Deep learning scaling is predictable, empirically", arXiv:1712.00409, 2017), but it is no law of
nature: T. Viering and M. Loog, "The shape of learning curves: a review", IEEE TPAMI 45 (2023), show curves of other
shapes. So it is not extrapolated beyond `MOST` times the data.

This file knows only numbers: sizes, and the errors of the folds.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.evaluation.intervals import Interval

Numbers = NDArray[np.float64]

MOST = 4
"""A law is extrapolated to at most so many times the data."""

LEAST_SIZES, LEAST_SPAN = 4, 4.0
"""A law is fitted to at least so many sizes, of which the largest is at least so many times the smallest."""

DRAWS = 2000
_EXPONENTS = np.geomspace(0.02, 2.0, 100)


def spread(values: Numbers) -> Interval:
    """The middle 95 % of the values of many laws."""
    low, high = np.quantile(values, (0.025, 0.975))
    return float(low), float(high)


@dataclass(frozen=True, eq=False)
class PowerLaws:
    """Power laws that are all compatible with what was measured; their spread is the uncertainty.

    Attributes:
        a: (m,) the floor, at least 0.
        b: (m,) the part that falls, as it is with one image, at least 0.
        c: (m,) the exponent with which it falls.
    """

    a: Numbers
    b: Numbers
    c: Numbers

    @property
    def grow(self) -> bool:
        """Whether more than 2.5 % of the laws say that more images reduce the error."""
        return float(((self.b > 0) & (self.c > 0)).mean()) > 0.025

    def error(self, n: float) -> Numbers:
        """(m,) the error with n images by each law, at most 1."""
        return np.minimum(self.a + self.b * float(n) ** -self.c, 1.0)

    def images(self, error: float) -> Numbers:
        """(m,) how many images the error takes by each law to fall this low; infinite where it never does."""
        with np.errstate(divide="ignore", over="ignore"):
            ratio = np.where(self.b > 0, np.maximum(error - self.a, 0) / np.maximum(self.b, 1e-300), 0)
            images = np.where((ratio > 0) & (self.c > 0), ratio ** (-1 / np.maximum(self.c, 1e-9)), np.inf)
        return np.asarray(np.where(self.a + self.b <= error, 1.0, images))


def fit_power_laws(
    sizes: Sequence[float], errors: Numbers, folds: int, images: int, seed: int = 0, draws: int = DRAWS
) -> PowerLaws:
    """The laws that are compatible with the errors of F = k · r folds at J sizes.

    Each law is fitted to a curve that might have been measured as well: the mean of the folds plus a draw from a
    multivariate t distribution with F − 1 degrees of freedom and the covariance of the folds' curves (a fold that is
    hard at one size is hard at the next), scaled as in `standard_error`.

    Two laws are fitted to each curve by weighted least squares: one with a = 0, and one with a floor. Which of them is
    kept is drawn by their Akaike weights (K. P. Burnham and D. R. Anderson, "Model selection and multimodel inference",
    2002). Few curves show whether the error has a floor, and far out that is most of the uncertainty.

    A law's error with n images is the one to expect on new images. Once the images are there, cross-validation will
    measure it with an error of its own; but as the present images will be among those that are judged, that measurement
    differs less from the present one than new images might, so the interval holds for it, too.

    Args:
        sizes: the J numbers of training images, rising.
        errors: (F, J) the error in each fold, repeat after repeat.
        folds: k, how many folds each repeat had.
        images: how many images a repeat judged in all.
        seed: of the draws.
        draws: how many laws.
    """
    n, noise = np.asarray(sizes, np.float64), standard_error(errors, folds, images)
    curves = _curves(errors, noise, folds, draws, np.random.default_rng([seed, 1]))
    return PowerLaws(*_select_laws(n, curves, noise, np.random.default_rng([seed, 2])))


def standard_error(errors: Numbers, folds: int, images: int) -> Numbers:
    """(J,) the standard errors of the means of (F, J) fold errors.

    The variance of the folds is divided by k, not by F: the repeats judge the same images again, and most of the
    uncertainty is in which images there are. It is at least that of a share of so many images (with two successes and
    two failures added: A. Agresti and B. A. Coull, The American Statistician 52, 1998), as folds without any mistake
    would otherwise make the forecast certain.
    """
    wrong = (errors.mean(axis=0) * images + 2) / (images + 4)
    return np.asarray(np.sqrt(np.maximum(errors.var(axis=0, ddof=1) / folds, wrong * (1 - wrong) / (images + 4))))


def is_short(sizes: Sequence[float]) -> bool:
    """Whether these sizes are too few, or too near to each other, to fit a law to."""
    return len(sizes) < LEAST_SIZES or sizes[-1] < LEAST_SPAN * sizes[0]


def falls(errors: Numbers, folds: int) -> bool:
    """Whether the errors (F, J) fall all the way, apart from chance.

    They do not where the errors at the largest size are above those at a smaller one by more than three standard errors
    of that difference; then no power law fits them.
    """
    increase = errors[:, -1:] - errors[:, :-1]
    return not bool((increase.mean(axis=0) > 3 * np.sqrt(increase.var(axis=0, ddof=1) / folds) + 1e-12).any())


def _curves(errors: Numbers, noise: Numbers, folds: int, draws: int, rng: np.random.Generator) -> Numbers:
    """(draws, J) curves that might have been measured."""
    n_folds, mean = len(errors), errors.mean(axis=0)
    deviations = (errors - mean) / math.sqrt((n_folds - 1) * folds)
    # Folds may differ by less than chance alone would make them: then the rest is added.
    extra = np.sqrt(np.maximum(noise**2 - (deviations**2).sum(axis=0), 0))
    shift = rng.normal(size=(draws, n_folds)) @ deviations + rng.normal(size=(draws, 1)) * extra
    t_scale = np.sqrt(rng.chisquare(n_folds - 1, size=(draws, 1)) / (n_folds - 1))
    return np.asarray(np.clip(mean + shift / t_scale, 0, 1))


def _select_laws(
    n: Numbers, curves: Numbers, noise: Numbers, rng: np.random.Generator
) -> tuple[Numbers, Numbers, Numbers]:
    """One of its two laws for each curve, drawn by their Akaike weights."""
    with_floor = least_squares(n, curves, noise, has_floor=True)
    without_floor = least_squares(n, curves, noise, has_floor=False)
    log_odds = np.clip((without_floor[3] - with_floor[3] - 2) / 2, -50, 50)
    has_floor = rng.random(len(curves)) < 1 / (1 + np.exp(-log_odds))
    a, b, c = (np.where(has_floor, *pair) for pair in zip(with_floor[:3], without_floor[:3], strict=True))
    return a, b, c


def least_squares(
    n: Numbers, curves: Numbers, noise: Numbers, *, has_floor: bool
) -> tuple[Numbers, Numbers, Numbers, Numbers]:
    """a, b, c and the sum of squares over noise², of each curve.

    For each exponent of a grid the best a and b have a closed form, so no optimiser is needed, which might stop too
    early. A law without a floor may also be flat (c = 0).
    """
    largest, weights = float(n[-1]), 1 / noise**2
    exponents = _EXPONENTS if has_floor else np.append(0, _EXPONENTS)
    powers = (n / largest) ** -exponents[:, None]  # (G, J): 1 at the largest size, so that b is of the size of an error
    sum_w, sum_wx, sum_wxx = weights.sum(), powers @ weights, (powers * powers) @ weights
    sum_wy, sum_wxy = (curves @ weights)[:, None], (curves * weights) @ powers.T
    a, b = np.zeros_like(sum_wxy), sum_wxy / sum_wxx
    if has_floor:
        slope = np.maximum((sum_w * sum_wxy - sum_wx * sum_wy) / (sum_w * sum_wxx - sum_wx**2), 0)
        intercept = (sum_wy - slope * sum_wx) / sum_w
        a, b = np.maximum(intercept, 0), np.where(intercept < 0, b, slope)
    squares = (
        ((curves**2) @ weights)[:, None]
        - 2 * a * sum_wy
        - 2 * b * sum_wxy
        + a * a * sum_w
        + 2 * a * b * sum_wx
        + b * b * sum_wxx
    )
    best = squares.argmin(axis=1)
    rows = np.arange(len(curves))
    c = exponents[best]
    return a[rows, best], b[rows, best] * largest**c, c, squares[rows, best]
