"""How an error falls with the number of training images: a power law, how sure it is, and what it says further on.

The law is error(n) = a + b · n^(−c): an error that no number of images takes away, and one that they do. It has been
found to describe classifiers well between the first few images and the end of what can be learned (S. Mukherjee et al.,
"Estimating dataset size requirements for classifying DNA microarray data", Journal of Computational Biology 10, 2003;
J. Hestness et al., "Deep learning scaling is predictable, empirically", arXiv:1712.00409, 2017), and it is no law of
nature: T. Viering and M. Loog, "The shape of learning curves: a review", IEEE TPAMI 45 (2023), show curves of other
shapes. So nothing is said beyond `MOST` times the data.

This file knows numbers only: sizes, and the errors that folds were judged to have.
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
"""A law is followed to so many times the data, and no further."""

DRAWS = 2000
_EXPONENTS = np.geomspace(0.02, 2.0, 100)


def spread(values: Numbers) -> Interval:
    """The middle 95 % of what laws say."""
    low, high = np.quantile(values, (0.025, 0.975))
    return float(low), float(high)


@dataclass(frozen=True, eq=False)
class PowerLaws:
    """Power laws that are all possible after what was measured; their spread is how unsure the law is.

    Attributes:
        a: (m,) the error that remains, at least 0.
        b: (m,) the error that more images take away, of a probe fitted on one image, at least 0.
        c: (m,) how fast they do.
    """

    a: Numbers
    b: Numbers
    c: Numbers

    @property
    def grow(self) -> bool:
        """Whether at least a few laws in a hundred say that more images bring anything."""
        return float(((self.b > 0) & (self.c > 0)).mean()) > 0.025

    def error(self, n: float) -> Numbers:
        """(m,) what each law says of n images, as a share of 1 at most."""
        return np.minimum(self.a + self.b * float(n) ** -self.c, 1.0)

    def images(self, error: float) -> Numbers:
        """(m,) how many images each law wants before the error is this low; infinite where it never is."""
        with np.errstate(divide="ignore", over="ignore"):
            left = np.where(self.b > 0, np.maximum(error - self.a, 0) / np.maximum(self.b, 1e-300), 0)
            n_images = np.where((left > 0) & (self.c > 0), left ** (-1 / np.maximum(self.c, 1e-9)), np.inf)
        return np.asarray(np.where(self.a + self.b <= error, 1.0, n_images))


def fit_power_laws(
    sizes: Sequence[float], errors: Numbers, folds: int, images: int, seed: int = 0, draws: int = DRAWS
) -> PowerLaws:
    """The laws that are possible after the errors of F = k · r folds at J sizes.

    Each law is fitted to a curve that might have been measured as well: the mean of the folds, moved by a draw from a
    multivariate t distribution with F − 1 degrees of freedom and the covariance of the folds' curves (a fold that is
    hard at one size is hard at the next), scaled as in `standard_error`.

    Two kinds of law are fitted to each curve by weighted least squares: with a = 0, and with a free; which of them is
    kept is drawn by their Akaike weights (K. P. Burnham and D. R. Anderson, "Model selection and multimodel inference",
    2002). Few curves tell whether an error ends at zero, and far out that is most of what is not known.

    What the laws say of n images is the error to expect on new images. Once the images are there, cross-validation
    will show it with an error of its own; but since the present images are then among those that are judged, it differs
    from what they show now by less than they may differ from new ones, so that the interval holds for it, too.

    Args:
        sizes: the J numbers of training images, rising.
        errors: (F, J) the error in each fold, repeat after repeat.
        folds: k, how many folds each repeat had.
        images: how many images a repeat judged in all.
        seed: of the draws.
        draws: how many laws.
    """
    n, noise = np.asarray(sizes, np.float64), standard_error(errors, folds, images)
    drawn = _curves(errors, noise, folds, draws, np.random.default_rng([seed, 1]))
    return PowerLaws(*_either(n, drawn, noise, np.random.default_rng([seed, 2])))


def standard_error(errors: Numbers, folds: int, images: int) -> Numbers:
    """(J,) how unsure the means of (F, J) fold errors are.

    The variance of the folds over k, not over F: the repeats judge the same images again, and chance in which images
    there are is most of it. It is at least what chance gives for a share of so many images (with two successes and two
    failures added: A. Agresti and B. A. Coull, The American Statistician 52, 1998), or folds without any mistake would
    make the future certain.
    """
    wrong = (errors.mean(axis=0) * images + 2) / (images + 4)
    return np.asarray(np.sqrt(np.maximum(errors.var(axis=0, ddof=1) / folds, wrong * (1 - wrong) / (images + 4))))


def falls(errors: Numbers, folds: int) -> bool:
    """Whether the errors (F, J) fall all the way, as far as chance lets one tell.

    They do not where, at the largest size, the folds' errors are above those at a smaller one by over three standard
    errors of that difference; then no power law is near them.
    """
    more = errors[:, -1:] - errors[:, :-1]
    return not bool((more.mean(axis=0) > 3 * np.sqrt(more.var(axis=0, ddof=1) / folds) + 1e-12).any())


def _curves(errors: Numbers, noise: Numbers, folds: int, draws: int, rng: np.random.Generator) -> Numbers:
    """(draws, J) curves that might have been measured."""
    n, mean = len(errors), errors.mean(axis=0)
    away = (errors - mean) / math.sqrt((n - 1) * folds)
    rest = np.sqrt(np.maximum(noise**2 - (away**2).sum(axis=0), 0))  # of chance, where the folds differ by less
    moved = rng.normal(size=(draws, n)) @ away + rng.normal(size=(draws, 1)) * rest
    heavy = np.sqrt(rng.chisquare(n - 1, size=(draws, 1)) / (n - 1))
    return np.asarray(np.clip(mean + moved / heavy, 0, 1))


def _either(n: Numbers, curves: Numbers, noise: Numbers, rng: np.random.Generator) -> tuple[Numbers, Numbers, Numbers]:
    """For each curve one of its two laws, drawn by their Akaike weights."""
    free, worse = _least_squares(n, curves, noise, ending=True), _least_squares(n, curves, noise, ending=False)
    more = np.clip((worse[3] - free[3] - 2) / 2, -50, 50)
    ends = rng.random(len(curves)) < 1 / (1 + np.exp(-more))
    a, b, c = (np.where(ends, one, other) for one, other in zip(free[:3], worse[:3], strict=True))
    return a, b, c


def _least_squares(
    n: Numbers, curves: Numbers, noise: Numbers, *, ending: bool
) -> tuple[Numbers, Numbers, Numbers, Numbers]:
    """a, b, c and the sum of squares over noise², of each curve.

    For each exponent of a grid the best a and b are known in closed form; so there is nothing to start from, and no
    optimiser that may stop too early. A law with a = 0 may be flat, too (c = 0).
    """
    largest, w = float(n[-1]), 1 / noise**2
    exponents = _EXPONENTS if ending else np.append(0, _EXPONENTS)
    x = (n / largest) ** -exponents[:, None]  # (G, J): 1 at the largest size, so that b is of the size of an error
    sw, sx, sxx = w.sum(), x @ w, (x * x) @ w
    sy, sxy = (curves @ w)[:, None], (curves * w) @ x.T
    a, b = np.zeros_like(sxy), sxy / sxx
    if ending:
        both = np.maximum((sw * sxy - sx * sy) / (sw * sxx - sx**2), 0)
        rest = (sy - both * sx) / sw
        a, b = np.maximum(rest, 0), np.where(rest < 0, b, both)
    off = ((curves**2) @ w)[:, None] - 2 * a * sy - 2 * b * sxy + a * a * sw + 2 * a * b * sx + b * b * sxx
    best = off.argmin(axis=1)
    rows = np.arange(len(curves))
    c = exponents[best]
    return a[rows, best], b[rows, best] * largest**c, c, off[rows, best]
