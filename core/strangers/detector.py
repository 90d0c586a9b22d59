"""How far features are from those of the training photos, and from which distance on a photo is a stranger. No torch.

Features are scaled to length 1 first: the length of a network's features says more about contrast than about content.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.errors import EvaluationError
from core.i18n import gettext as _

Rows = NDArray[np.floating]
Floats = NDArray[np.float64]

KNN, MAHALANOBIS = "knn", "mahalanobis"
_AT_ONCE = 2048
_LEAST_LENGTH = 1e-12


@dataclass(frozen=True, eq=False)
class Nearest:
    """The distance to the k-th nearest of the training photos.

    Source: Y. Sun, Y. Ming, X. Zhu and Y. Li, "Out-of-distribution detection with deep nearest neighbors", ICML 2022.

    Attributes:
        bank: (b, d) float16, features of training photos, of length 1.
        k: which of the nearest counts.
    """

    bank: NDArray[np.float16]
    k: int

    @property
    def width(self) -> int:
        """d, how many features a photo has."""
        return int(self.bank.shape[1])

    def distances(self, X: Rows) -> Floats:
        """The distances (n,) of features (n, d)."""
        units, bank = unit_rows(X), self.bank.astype(np.float32)
        parts = [units[at : at + _AT_ONCE].astype(np.float32) @ bank.T for at in range(0, len(units), _AT_ONCE)]
        return np.concatenate([kth_distance(part, self.k) for part in parts]) if parts else np.zeros(0)


@dataclass(frozen=True, eq=False)
class Mahalanobis:
    """The distance to the nearest class's mean, in units of how much photos of one class differ in each direction.

    What all classes share is one covariance: exact in its r main directions, and the same in all others.

    Sources: K. Lee et al., "A simple unified framework for detecting out-of-distribution samples and adversarial
    attacks", NeurIPS 2018; M. E. Tipping and C. M. Bishop, "Probabilistic principal component analysis", JRSS B 61
    (1999).

    Attributes:
        means: (c, d) float32, of the features of each class, of length 1 before the mean was taken.
        directions: (r, d) float32, orthonormal.
        variances: (r,) float32, in these directions.
        rest: the variance in every other direction.
    """

    means: NDArray[np.float32]
    directions: NDArray[np.float32]
    variances: NDArray[np.float32]
    rest: float

    @property
    def width(self) -> int:
        """d, how many features a photo has."""
        return int(self.means.shape[1])

    def distances(self, X: Rows) -> Floats:
        """The distances (n,) of features (n, d)."""
        units, means, directions = unit_rows(X), self.means.astype(np.float64), self.directions.astype(np.float64)
        gain = 1 / self.rest - 1 / self.variances.astype(np.float64)
        squares = (units**2).sum(axis=1)[:, None] - 2 * units @ means.T + (means**2).sum(axis=1)
        along, of_means = units @ directions.T, means @ directions.T
        saved = (along**2 @ gain)[:, None] - 2 * (along * gain) @ of_means.T + of_means**2 @ gain
        return np.asarray(np.sqrt(np.maximum(squares / self.rest - saved, 0.0).min(axis=1)))


Measure = Nearest | Mahalanobis


@dataclass(frozen=True, eq=False)
class Strangers:
    """Tells photos that are none of the classes.

    Attributes:
        measure: how far a photo is from the training photos.
        threshold: a photo farther away is a stranger.
        reference: (m,) float32, rising: distances of photos of the classes that were not trained on.

    Raises:
        EvaluationError: a part is no number, or missing.
    """

    measure: Measure
    threshold: float
    reference: NDArray[np.float32]

    def __post_init__(self) -> None:
        arrays = [self.reference, *(value for value in vars(self.measure).values() if isinstance(value, np.ndarray))]
        if not all(len(array) and np.isfinite(array).all() for array in arrays) or not self.threshold >= 0:
            raise EvaluationError(_("What tells strangers among photos is damaged. Make it again."))

    def distances(self, features: Rows) -> Floats:
        """How far photos with these features (n, d) are, (n,)."""
        return self.measure.distances(features)

    def are_strange(self, distances: Floats) -> NDArray[np.bool_]:
        """Which photos at these distances are strangers, (n,)."""
        return np.asarray(distances > self.threshold)

    def percentiles(self, distances: Floats) -> Floats:
        """The share of the photos of the classes that is nearer than each of these distances, (n,) of 0 to 1."""
        return np.asarray(np.searchsorted(self.reference, distances) / len(self.reference))


def unit_rows(X: Rows) -> Floats:
    """Features (n, d), each row scaled to length 1; a row of zeros stays."""
    rows = np.asarray(X, dtype=np.float64)
    return np.asarray(rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), _LEAST_LENGTH))


def kth_distance(cosines: Rows, k: int) -> Floats:
    """The distance of each of n photos to the k-th nearest of b others, from their cosines (n, b)."""
    at = cosines.shape[1] - min(k, cosines.shape[1])
    nearest = np.partition(cosines, at, axis=1)[:, at].astype(np.float64)
    return np.asarray(np.sqrt(np.maximum(2 - 2 * nearest, 0.0)))
