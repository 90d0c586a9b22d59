"""What tells strangers is fitted to training photos, and its threshold to photos that were not trained on."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from core.strangers.detector import KNN, Floats, Mahalanobis, Measure, Nearest, Rows, Strangers, unit_rows

K = 5
"""Which of the nearest training photos counts: one alone may be an odd one, and a rare class has few."""

BANK, DIRECTIONS, REFERENCE = 2000, 256, 200
"""At most so many training photos, directions and reference distances are kept: some MB for any network."""

FALSE_ALARMS = 0.05
_LEAST_VARIANCE = 1e-9


def fit_measure(method: str, X: Rows, y: NDArray[np.int64], seed: int = 0) -> Measure:
    """A measure of how far photos are from these.

    Args:
        method: "knn" or "mahalanobis".
        X: (n, d) features of training photos.
        y: (n,) their classes.
        seed: of the choice of photos where there are more than are kept.
    """
    if method != KNN:
        return mahalanobis_of(unit_rows(X), y)
    bank = unit_rows(X[sample(y, BANK, seed)]).astype(np.float16)
    return Nearest(bank, min(K, len(bank)))


def fit_strangers(measure: Measure, known: Rows, false_alarms: float = FALSE_ALARMS) -> Strangers:
    """Sets the threshold so that new photos of the classes are taken for strangers no more often than said.

    Over draws of these photos the mean rate is at most `false_alarms`, whatever the distances' distribution (split
    conformal; S. Bates et al., "Testing for outliers with conformal p-values", Annals of Statistics 51 (2023)). Fewer
    than 1 / `false_alarms` photos cannot show so small a rate: there it is 1 / (m + 1), that beyond all of them.

    Args:
        measure: fitted to training photos.
        known: (m, d) features of photos of the classes that were not trained on.
        false_alarms: the rate.
    """
    distances = np.sort(measure.distances(known))
    return Strangers(measure, threshold_of(distances, false_alarms), _thinned(distances))


def threshold_of(distances: Floats, false_alarms: float = FALSE_ALARMS) -> float:
    """The distance beyond which photos are strangers, by those (m,) of photos of the classes."""
    return float(np.sort(distances)[_rank(len(distances), false_alarms) - 1])


def expected_rate(m: int, false_alarms: float = FALSE_ALARMS) -> float:
    """The rate of false alarms to expect from a threshold that was set by m photos."""
    return 1 - _rank(m, false_alarms) / (m + 1)


def _rank(m: int, false_alarms: float) -> int:
    return min(m, math.ceil((m + 1) * (1 - false_alarms) - 1e-9))


def mahalanobis_of(units: Floats, y: NDArray[np.int64]) -> Mahalanobis:
    """The measure fitted to features (n, d) of length 1.

    The covariance is shrunk towards a sphere: O. Ledoit and M. Wolf, "A well-conditioned estimator for
    large-dimensional covariance matrices", Journal of Multivariate Analysis 88 (2004).
    """
    labels, rows = np.unique(y, return_inverse=True)
    means = np.stack([units[rows == label].mean(axis=0) for label in range(len(labels))])
    residuals = units - means[rows]
    n, d = residuals.shape
    gram = residuals.T @ residuals / n if d <= n else residuals @ residuals.T / n  # both have the same variances
    variances, directions = _main_directions(gram, residuals)
    mean = float((residuals**2).sum()) / (n * d)
    shrinkage = _shrinkage(residuals, float((gram**2).sum()), mean)
    shrunk = np.maximum((1 - shrinkage) * variances + shrinkage * mean, _LEAST_VARIANCE)
    kept = len(shrunk)
    rest = (d * mean - shrunk.sum()) / (d - kept) if kept < d else mean  # there is none then
    return Mahalanobis(
        means.astype(np.float32), directions.astype(np.float32), shrunk.astype(np.float32),
        float(max(rest, _LEAST_VARIANCE)),
    )  # fmt: skip


def _main_directions(gram: Floats, residuals: Floats) -> tuple[Floats, Floats]:
    """The greatest variances of rows (n, d) about 0, falling, and their directions, from the smaller Gram matrix."""
    from scipy.linalg import eigh

    (n, d), size = residuals.shape, len(gram)
    values, vectors = eigh(gram, subset_by_index=[max(0, size - DIRECTIONS), size - 1])
    there = np.flatnonzero(values > _LEAST_VARIANCE)[::-1]
    values, vectors = values[there], vectors[:, there]
    return values, vectors.T if size == d else vectors.T @ residuals / np.sqrt(n * values)[:, None]


def _shrinkage(residuals: Floats, squares: float, mean: float) -> float:
    """How far to go towards a sphere, 0 to 1; `squares` is the sum of the squared variances, `mean` their mean."""
    n, d = residuals.shape
    spread = squares - d * mean**2
    error = (float(((residuals**2).sum(axis=1) ** 2).sum()) / n - squares) / n
    return 1.0 if spread <= 0 else min(max(error, 0.0) / spread, 1.0)


def sample(y: NDArray[np.int64], most: int, seed: int) -> NDArray[np.int64]:
    """At most so many rows, of every class the same share, and at least one of each."""
    if len(y) <= most:
        return np.arange(len(y))
    rng, share = np.random.default_rng(seed), most / len(y)
    classes = (np.flatnonzero(y == label) for label in np.unique(y))
    chosen = [rng.choice(rows, max(1, math.floor(share * len(rows))), replace=False) for rows in classes]
    return np.sort(np.concatenate(chosen))


def _thinned(distances: Floats) -> NDArray[np.float32]:
    """Enough of the sorted distances to tell percentiles by."""
    rows = np.linspace(0, len(distances) - 1, min(len(distances), REFERENCE)).round().astype(np.int64)
    return distances[rows].astype(np.float32)
