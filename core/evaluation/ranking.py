"""How well the probability of a class ranks images: ROC and precision-recall curves, one class against all others.

Areas do not depend on a threshold, so they say what a model could do with any. The area below the ROC curve is the
chance that an image of the class has a higher probability of it than one of another class; average precision is the
area below the precision-recall curve, and its level by chance is the class's share of the images.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from core.evaluation.intervals import Z95, Interval, affordable_draws, stratified_weights, wilson
from core.evaluation.predictions import Predictions

DRAWS = 500
"""Resamples of the bootstrap, fewer where there are very many images."""

_TINY = 1e-9

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class ClassRanking:
    """One class against all others, at each threshold: an image counts as of the class from this probability on.

    Attributes:
        name: the class.
        positives: how many images of it there are.
        negatives: how many others.
        thresholds: (t,), falling, from above every probability.
        recall: (t,), the share of the class's images that count as of it; of the ROC curve the y axis.
        false_alarms: (t,), the share of the others that count as of it; of the ROC curve the x axis.
        precision: (t,), the share of the class's own among those that count as of it; 1 where none does.
        auroc: the area below the ROC curve.
        auroc_ci: its 95 % interval.
        average_precision: the mean precision over the recall, without interpolation.
        average_precision_ci: its 95 % interval.
    """

    name: str
    positives: int
    negatives: int
    thresholds: Floats
    recall: Floats
    false_alarms: Floats
    precision: Floats
    auroc: float
    auroc_ci: Interval
    average_precision: float
    average_precision_ci: Interval


@dataclass(frozen=True, eq=False)
class Ranking:
    """All classes that can be ranked, and their means, in which each counts alike.

    Attributes:
        classes: those with images of their own and of others, in the classes' order.
        auroc: the mean area below their ROC curves.
        auroc_ci: its 95 % interval.
        average_precision: the mean of their average precisions.
        average_precision_ci: its 95 % interval.
    """

    classes: tuple[ClassRanking, ...]
    auroc: float
    auroc_ci: Interval
    average_precision: float
    average_precision_ci: Interval

    @property
    def has_one_auroc(self) -> bool:
        """Whether the classes are two, whose ROC curves are mirrored: more may have equal areas only by chance."""
        same = all((each.auroc, each.auroc_ci) == (self.auroc, self.auroc_ci) for each in self.classes)
        return len(self.classes) == 2 and same

    def as_json(self) -> dict[str, object]:
        """The areas, without the curves."""
        return {
            "auroc": self.auroc,
            "auroc_ci": list(self.auroc_ci),
            "average_precision": self.average_precision,
            "average_precision_ci": list(self.average_precision_ci),
            "per_class": [
                {
                    "class": each.name,
                    "auroc": each.auroc,
                    "auroc_ci": list(each.auroc_ci),
                    "average_precision": each.average_precision,
                    "average_precision_ci": list(each.average_precision_ci),
                    "positives": each.positives,
                    "negatives": each.negatives,
                }
                for each in self.classes
            ],
        }


def rank(predictions: Predictions, *, seed: int = 0) -> Ranking | None:
    """The curves of each class, and the areas below them with their intervals; None where no class can be ranked.

    The intervals of the means are by a stratified bootstrap over the images. Where no resample differs, as with perfect
    ranking, they are those of the class with the fewest images. A bootstrap of few images knows no
    mistakes but those it has seen, so they are never narrower than the intervals of the classes, joined as if these
    were independent: G. Y. Zou and A. Donner, "Construction of confidence limits about effect measures: a general
    approach", Statistics in Medicine 27 (2008). With two classes the area below the ROC curve is one number for both
    and for their mean, so it has one interval.

    Args:
        predictions: of one split.
        seed: of the bootstrap.
    """
    rankable = [k for k in range(len(predictions.class_names)) if 0 < _positives(predictions, k) < len(predictions)]
    classes = tuple(_ranked(predictions, k) for k in rankable)
    if not classes:
        return None
    means = np.array([[each.auroc, each.average_precision] for each in classes]).mean(axis=0)
    weights = stratified_weights(predictions.y_true, affordable_draws(len(predictions), DRAWS), seed)
    resampled = np.mean([_areas(predictions, k, weights) for k in rankable], axis=0)
    fewest = min(range(len(classes)), key=lambda at: classes[at].positives)
    measured = (
        [(each.auroc, each.auroc_ci) for each in classes],
        [(each.average_precision, each.average_precision_ci) for each in classes],
    )
    intervals = [
        _wider(_bootstrapped(values, float(mean), of_classes[fewest][1]), _joined(of_classes))
        for values, mean, of_classes in zip(resampled.T, means, measured, strict=True)
    ]
    if len(predictions.class_names) == 2:
        one = classes[0]
        classes = tuple(replace(each, auroc=one.auroc, auroc_ci=one.auroc_ci) for each in classes)
        means[0], intervals[0] = one.auroc, one.auroc_ci
    return Ranking(classes, float(means[0]), intervals[0], float(means[1]), intervals[1])


def auroc_interval(auroc: float, positives: int, negatives: int) -> Interval:
    """The 95 % interval of the area below a ROC curve, which does not shrink to a point at 1.

    Source: R. G. Newcombe, "Confidence intervals for an effect size measure based on the Mann-Whitney statistic.
    Part 2", Statistics in Medicine 25 (2006), method 5.
    """
    from scipy.optimize import brentq

    others = (positives + negatives) / 2 - 1

    def away(true: float) -> float:
        variance = true * (1 - true) * (1 + others * ((1 - true) / (2 - true) + true / (1 + true)))
        return abs(auroc - true) - Z95 * math.sqrt(variance / (positives * negatives))

    low = 0.0 if auroc == 0 else float(brentq(away, 0.0, min(auroc, 1 - _TINY)))  # at both ends the variance is 0
    high = 1.0 if auroc == 1 else float(brentq(away, max(auroc, _TINY), 1.0))
    return low, high


def _positives(predictions: Predictions, k: int) -> int:
    return int((predictions.y_true == k).sum())


def _ranked(predictions: Predictions, k: int) -> ClassRanking:
    positives = _positives(predictions, k)
    negatives = len(predictions) - positives
    scores, *counts = _counts(predictions, k, np.ones((1, len(predictions))))
    hits, alarms = (np.concatenate([[0.0], column[0]]) for column in counts)
    auroc, precision = (float(area[0]) for area in _areas_of(*counts))
    return ClassRanking(
        name=predictions.class_names[k],
        positives=positives,
        negatives=negatives,
        thresholds=np.concatenate([[np.inf], scores]),
        recall=hits / positives,
        false_alarms=alarms / negatives,
        precision=np.divide(hits, hits + alarms, out=np.ones_like(hits), where=hits + alarms > 0),
        auroc=auroc,
        auroc_ci=auroc_interval(auroc, positives, negatives),
        average_precision=precision,
        # As if each image of the class were right with this chance: K. Boyd, K. H. Eng and C. D. Page, "Area under the
        # precision-recall curve: point estimates and confidence intervals", ECML PKDD 2013.
        average_precision_ci=wilson(precision * positives, positives),
    )


def _areas(predictions: Predictions, k: int, weights: NDArray[np.int64]) -> Floats:
    """Both areas of a class in each resample, (draws, 2), from how often each image is in it, (draws, n)."""
    _scores, *counts = _counts(predictions, k, weights)
    return np.stack(_areas_of(*counts), axis=1)


def _counts(predictions: Predictions, k: int, weights: NDArray[np.number]) -> tuple[Floats, Floats, Floats]:
    """The distinct probabilities of a class, falling, and how many images have at least those: its own, and others."""
    order = np.argsort(-predictions.proba[:, k], kind="stable")
    scores = predictions.proba[order, k].astype(np.float64)
    last = np.flatnonzero(np.append(scores[1:] != scores[:-1], True))
    own = predictions.y_true[order] == k
    hits, alarms = (np.cumsum(weights[:, order] * mask, axis=1, dtype=np.float64)[:, last] for mask in (own, ~own))
    return scores[last], hits, alarms


def _areas_of(hits: Floats, alarms: Floats) -> tuple[Floats, Floats]:
    """The areas below the ROC and the precision-recall curve, from counts (draws, t) at falling thresholds."""
    none = np.zeros((len(hits), 1))
    recall = np.hstack([none, hits / hits[:, -1:]])
    auroc = np.trapezoid(recall, np.hstack([none, alarms / alarms[:, -1:]]), axis=1)
    precision = hits / np.maximum(hits + alarms, 1)
    return np.asarray(auroc), np.asarray((np.diff(recall, axis=1) * precision).sum(axis=1))


def _bootstrapped(values: Floats, estimate: float, own: Interval) -> Interval:
    """The percentiles and their mirror images: resamples hold images twice, and so their average precision is high."""
    if np.ptp(values) == 0:
        return own
    low, high = (float(end) for end in np.quantile(values, [0.025, 0.975]))
    return max(min(low, 2 * estimate - high, estimate), 0.0), min(max(high, 2 * estimate - low, estimate), 1.0)


def _joined(of_classes: list[tuple[float, Interval]]) -> Interval:
    """The interval of the mean of areas, from theirs: of independent ones the squares of the distances add up."""
    c, mean = len(of_classes), sum(area for area, _ci in of_classes) / len(of_classes)
    below = math.hypot(*(area - low for area, (low, _high) in of_classes)) / c
    above = math.hypot(*(high - area for area, (_low, high) in of_classes)) / c
    return max(mean - below, 0.0), min(mean + above, 1.0)


def _wider(a: Interval, b: Interval) -> Interval:
    return min(a[0], b[0]), max(a[1], b[1])
