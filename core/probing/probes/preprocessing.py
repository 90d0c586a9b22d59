"""What stands before the classifier in every probe: standardising the features, and the optional reduction."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.features.reduce import Reduction


@dataclass(frozen=True, eq=False)
class FittedPreprocessing:
    """The fitted steps before the classifier.

    Attributes:
        steps: names and fitted scikit-learn transformers.
        Z: (n, d') float32, the rows it was fitted on after these steps.
    """

    steps: tuple[tuple[str, Any], ...]
    Z: NDArray[np.float32]

    def __call__(self, X: NDArray[np.float32]) -> NDArray[np.float32]:
        """Other rows (m, d) after these steps: (m, d') float32."""
        for _name, step in self.steps:
            X = step.transform(X)
        return np.asarray(X, dtype=np.float32)


def fit_preprocessing(
    X: NDArray[np.float32], y: NDArray[np.int64], reduction: Reduction, seed: int
) -> FittedPreprocessing:
    """Fits scaler and reduction on these rows: X (n, d), and labels y (n,), which only LDA uses.

    Raises:
        ProbeError: the reduction cannot be computed from these rows.
    """
    from sklearn.preprocessing import StandardScaler

    scaler = StandardScaler().fit(X)
    Z = scaler.transform(X)
    reducer = reduction.fit(Z, y, seed)
    if reducer is None:
        return FittedPreprocessing((("scale", scaler),), np.asarray(Z, dtype=np.float32))
    return FittedPreprocessing(
        (("scale", scaler), ("reduce", reducer)), np.asarray(reducer.transform(Z), dtype=np.float32)
    )
