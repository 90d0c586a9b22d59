"""Whether a model's probabilities mean what they say: of images it is 80 % sure of, are 80 % right?

Images are put into bins of about as many images each, by the probability of the class that is predicted. The expected
calibration error is the mean distance between how sure a bin's images are and how many of them are right. It is never
0, as even the bins of a perfect model miss by chance: what such a model would show on as many images is told, too.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.evaluation.intervals import Interval, affordable_draws, wilson, wilson_of_mean
from core.evaluation.predictions import Predictions

MOST_BINS, LEAST_IMAGES = 10, 15
"""Bins, and images in each: with fewer, a bin's share of right ones says next to nothing."""
DRAWS = 2000
FARTHEST = 2.0
"""The squared distance of the probabilities of an image that is surely taken for another class."""


@dataclass(frozen=True)
class Bin:
    """Images that the model is about equally sure of.

    Attributes:
        low: the least probability of the predicted class among them.
        high: the greatest.
        sure: the mean.
        right: the share of them that is right.
        right_ci: its 95 % Wilson interval.
        n: how many there are.
    """

    low: float
    high: float
    sure: float
    right: float
    right_ci: Interval
    n: int


@dataclass(frozen=True)
class Reliability:
    """How far probabilities are from what they say.

    Attributes:
        bins: from the least sure images to the surest.
        error: the expected calibration error, 0 to 1.
        error_ci: its 95 % interval, by a bootstrap over the images; where these are all right or all wrong, it reaches
            to how far the mean probability is from the ends of the Wilson interval of the share that is right.
        by_chance: below that it is with 95 % of the samples of a model whose probabilities are just right.
        gap: by how much the model is too sure on average (below 0: not sure enough).
        brier: the Brier score, 0 to 2: besides this error it counts how well the classes are told apart.
        brier_ci: its 95 % interval, see `wilson_of_mean`.
    """

    bins: tuple[Bin, ...]
    error: float
    error_ci: Interval
    by_chance: float
    gap: float
    brier: float
    brier_ci: Interval

    @property
    def verdict(self) -> str:
        """In a word: "fine" where chance explains the error, else "too_sure", "too_unsure", or "uneven" by the gap."""
        if self.error <= self.by_chance:
            return "fine"
        if abs(self.gap) < self.error / 2:
            return "uneven"
        return "too_sure" if self.gap > 0 else "too_unsure"

    def as_json(self) -> dict[str, object]:
        """As a JSON object."""
        return {
            "verdict": self.verdict,
            "expected_calibration_error": self.error,
            "expected_calibration_error_ci": list(self.error_ci),
            "by_chance": self.by_chance,
            "gap": self.gap,
            "brier": self.brier,
            "brier_ci": list(self.brier_ci),
            "bins": [
                {"low": b.low, "high": b.high, "sure": b.sure, "right": b.right, "right_ci": list(b.right_ci), "n": b.n}
                for b in self.bins
            ],
        }


def reliability(predictions: Predictions, *, seed: int = 0) -> Reliability:
    """Compares how sure a model is with how often it is right.

    Bins of as many images each estimate the error with less bias than bins of equal width: R. Roelofs et al.,
    "Mitigating bias in calibration error estimation", AISTATS 2022.

    Args:
        predictions: of one split, at least one image.
        seed: of the bootstrap, and of the labels of the model whose probabilities are just right.
    """
    sure = predictions.proba.max(axis=1).astype(np.float64)
    order = np.argsort(sure, kind="stable")
    sure, right = sure[order], predictions.correct[order].astype(np.float64)
    n_bins = int(np.clip(len(sure) // LEAST_IMAGES, 1, MOST_BINS))
    parts = np.array_split(np.arange(len(sure)), n_bins)
    error, rng = _error(sure[None], right[None], n_bins)[0], np.random.default_rng(seed)
    draws = affordable_draws(len(sure), DRAWS)
    drawn = np.sort(rng.integers(0, len(sure), (draws, len(sure))), axis=1)  # sorted rows stay sorted by probability
    resampled = _error(sure[drawn], right[drawn], n_bins)
    perfect = _error(np.broadcast_to(sure, drawn.shape), (rng.random(drawn.shape) < sure).astype(np.float64), n_bins)
    distances = squared_distances(predictions)
    low, high = np.quantile(2 * error - resampled, [0.025, 0.975])  # a resample's error is too great by its own chance
    return Reliability(
        bins=tuple(_bin(sure[rows], right[rows]) for rows in parts),
        error=float(error),
        error_ci=_wide_enough((float(low), float(high)), float(error), sure, right),
        by_chance=float(np.quantile(perfect, 0.95)),
        gap=float(sure.mean() - right.mean()),
        brier=float(distances.mean()),
        brier_ci=wilson_of_mean(distances, FARTHEST),
    )


def squared_distances(predictions: Predictions) -> NDArray[np.float64]:
    """The squared distance of each image's probabilities from the truth, whose mean is the Brier score (1950)."""
    truth = np.eye(len(predictions.class_names))[predictions.y_true]
    return np.asarray(((predictions.proba - truth) ** 2).sum(axis=1), np.float64)


def _bin(sure: NDArray[np.float64], right: NDArray[np.float64]) -> Bin:
    hits = int(right.sum())
    return Bin(
        low=float(sure[0]),
        high=float(sure[-1]),
        sure=float(sure.mean()),
        right=hits / len(right),
        right_ci=wilson(hits, len(right)),
        n=len(right),
    )


def _wide_enough(ci: Interval, error: float, sure: NDArray[np.float64], right: NDArray[np.float64]) -> Interval:
    """An interval between 0 and 1 that holds the error, and what images all right, or all wrong, cannot rule out."""
    low, high = min(max(ci[0], 0.0), error), max(min(ci[1], 1.0), error)
    hits, mean = int(right.sum()), float(sure.mean())
    if 0 < hits < len(right):
        return low, high
    least, most = wilson(hits, len(right))  # a resample of such images never has one of the other kind
    return min(low, max(least - mean, mean - most, 0.0)), max(high, mean - least, most - mean)


def _error(sure: NDArray[np.float64], right: NDArray[np.float64], n_bins: int) -> NDArray[np.float64]:
    """The expected calibration error of each of several samples (draws, n), whose images are sorted by `sure`."""
    starts = [int(part[0]) for part in np.array_split(np.arange(sure.shape[1]), n_bins)]
    return np.asarray(np.abs(np.add.reduceat(sure - right, starts, axis=1)).sum(axis=1) / sure.shape[1])
