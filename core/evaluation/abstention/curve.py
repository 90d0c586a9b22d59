"""Coverage against accuracy: how good the answers are, by how many of the photos are answered."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.evaluation.intervals import wilson
from core.evaluation.predictions import Predictions

MOST_POINTS = 200


@dataclass(frozen=True, eq=False)
class CoverageCurve:
    """The answers of a model that answers only where it is sure, for m thresholds, fewest answers first.

    Attributes:
        thresholds: (m,) float64, photos whose likeliest class is at least so probable are answered.
        answered: (m,) int64, how many these are.
        right: (m,) int64, how many of them are right.
        low: (m,) float64, where the 95 % interval (Wilson) of the share that is right begins.
        high: (m,) float64, where it ends.
        n: how many photos there are.
    """

    thresholds: NDArray[np.float64]
    answered: NDArray[np.int64]
    right: NDArray[np.int64]
    low: NDArray[np.float64]
    high: NDArray[np.float64]
    n: int

    @property
    def coverage(self) -> NDArray[np.float64]:
        """(m,) the share of the photos that is answered."""
        return np.asarray(self.answered / self.n)

    @property
    def accuracy(self) -> NDArray[np.float64]:
        """(m,) the share of the answers that is right."""
        return np.asarray(self.right / self.answered)

    def as_json(self) -> list[dict[str, object]]:
        """A JSON object for each threshold."""
        columns = (self.thresholds, self.coverage, self.accuracy, self.low, self.high, self.answered)
        rows = zip(*(column.tolist() for column in columns), strict=True)
        return [
            {"threshold": t, "coverage": coverage, "accuracy": right, "accuracy_ci": [low, high], "answered": answered}
            for t, coverage, right, low, high, answered in rows
        ]


def coverage_curve(predictions: Predictions, most: int = MOST_POINTS) -> CoverageCurve:
    """The curve of predictions; photos of which the model is equally sure are answered together.

    Source: Y. Geifman and R. El-Yaniv, "Selective classification for deep neural networks", NeurIPS 2017.

    Args:
        predictions: of one split, at least one photo.
        most: points at most; both ends are among them.
    """
    sure = predictions.proba.max(axis=1).astype(np.float64)
    order = np.argsort(-sure, kind="stable")
    sure, right = sure[order], np.cumsum(predictions.correct[order], dtype=np.int64)
    ends = np.flatnonzero(np.append(np.diff(sure) < 0, True))
    rows = ends[np.unique(np.linspace(0, len(ends) - 1, min(len(ends), most)).round().astype(np.int64))]
    intervals = np.array([wilson(int(right[row]), int(row) + 1) for row in rows])
    return CoverageCurve(sure[rows], rows + 1, right[rows], intervals[:, 0], intervals[:, 1], len(sure))
