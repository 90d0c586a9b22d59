"""How good each of many backbones probably is: what was published and a look at a few photos, in one estimate.

The backbones' accuracies follow what was published about them as far as they do in this very look (a ridge regression),
and each departs from that by itself. The look sees this, with the luck of few photos and the difference between a
nearest neighbours' probe and a full one. How much each of these counts is not chosen: it is averaged over, by how well
it explains the looks (a hierarchical model whose scales are summed over a grid; A. Gelman et al., "Bayesian Data
Analysis", 3rd ed. 2013, chapter 5). So where accuracy on ImageNet tells nothing of these photos, it is not believed.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.errors import ProbeError
from core.i18n import gettext as _

LOOK_GAP = 0.035
"""Standard deviation of what a look and a full probe differ by beyond luck and what all backbones share.

`python -m benchmarks.first_look` measures it over the stages of four networks: 0.034 in looks at 120 photos of ants and
bees, 0.038 at 300 and 0.051 at 120 of 850 photos of CIFAR-10.
"""

_INTERCEPT = 1.0
"""Prior standard deviation of the mean accuracy: nothing is known of it."""
_SLOPES = (0.0, 0.005, 0.01, 0.02, 0.04, 0.08)
"""Prior standard deviations of what one standard deviation of a published fact brings."""
_DEPARTURES = (0.002, 0.005, 0.01, 0.02, 0.04, 0.08, 0.16)
"""Standard deviations of a backbone's own departure from what was published."""
_DRAWS = 10_000


@dataclass(frozen=True, eq=False)
class Outlook:
    """What is thought of m backbones after a look.

    Attributes:
        mean: (m,) the expected accuracies, on the look's scale.
        spread: (m,) their standard deviations, without what is unknown of all backbones alike.
        chance: (m,) the probabilities of being the best of them all in a full probe; they sum to 1.
    """

    mean: NDArray[np.float64]
    spread: NDArray[np.float64]
    chance: NDArray[np.float64]


def outlook(correct: NDArray[np.bool_], published: NDArray[np.float64], seed: int = 0) -> Outlook:
    """Combines a look with what was published.

    Args:
        correct: (m, n) whether the look at each of m backbones was right about each of the same n photos.
        published: (m, p) facts about each backbone on any scale; nan where one is not known.
        seed: of the draws that the chances are counted in.

    Raises:
        ProbeError: there is no backbone or no photo, or the two arrays are of different backbones.
    """
    from scipy.special import softmax
    from scipy.stats import multivariate_normal

    m, n = correct.shape
    if not m or not n or len(published) != m:
        raise ProbeError(
            _("A first look needs at least 1 backbone and 1 photo, and facts about each; there are {shapes}.").format(
                shapes=(correct.shape, published.shape)
            )
        )
    looked = correct.mean(1)
    noise = luck(correct) + LOOK_GAP**2 * np.eye(m)
    facts = _standardised(published)
    log_weights, means, covariances = [], [], []
    for slope in _SLOPES:
        for departure in _DEPARTURES:
            prior = _INTERCEPT**2 + slope**2 * (facts @ facts.T) + departure**2 * np.eye(m)
            gain = np.linalg.solve(prior + noise, prior).T
            middle = np.full(m, looked.mean())
            log_weights.append(float(multivariate_normal.logpdf(looked, middle, prior + noise)))
            means.append(middle + gain @ (looked - middle))
            covariances.append(prior - gain @ prior)
    draws = _drawn(softmax(log_weights), means, covariances, seed)
    apart = draws - draws.mean(1, keepdims=True)
    chance = np.bincount(draws.argmax(1), minlength=m) / len(draws)
    return Outlook(draws.mean(0), apart.std(0), chance)


def luck(correct: NDArray[np.bool_]) -> NDArray[np.float64]:
    """(m, m) covariance of the m accuracies from photos that might have been others.

    All backbones saw the same photos, so that much of their luck is shared and says nothing about which is better. Each
    has besides the luck of one photo, so that backbones that were right about the same few are not taken for equal.
    """
    m, n = correct.shape
    shared = np.cov(correct.astype(np.float64)).reshape(m, m) / n
    return np.asarray(shared + np.eye(m) / n**2, dtype=np.float64)


def _standardised(published: NDArray[np.float64]) -> NDArray[np.float64]:
    """(m, p) each fact with a mean of 0 and a standard deviation of 1; what is not known is in the middle."""
    known = np.isfinite(published)
    counts = np.maximum(known.sum(0), 1)
    centred = np.where(known, published - np.where(known, published, 0).sum(0) / counts, 0.0)
    deviation = np.sqrt((centred**2).sum(0) / counts)
    return np.asarray(centred / np.where(deviation > 0, deviation, 1.0), dtype=np.float64)


def _drawn(
    weights: NDArray[np.float64],
    means: list[NDArray[np.float64]],
    covariances: list[NDArray[np.float64]],
    seed: int,
) -> NDArray[np.float64]:
    """(draws, m) accuracies as they may be, from each setting as often as its weight says."""
    random = np.random.default_rng(seed)
    counts = random.multinomial(_DRAWS, weights)
    draws: NDArray[np.float64] = np.concatenate(
        [
            random.multivariate_normal(mean, (covariance + covariance.T) / 2, count, method="eigh")
            for mean, covariance, count in zip(means, covariances, counts, strict=True)
            if count
        ]
    )
    return draws
