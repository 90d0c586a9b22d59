"""Features that were computed from no photo."""

from __future__ import annotations

import numpy as np

from core.features.features import Features


def features(X: np.ndarray, y: np.ndarray | None = None) -> Features:
    """The rows of X (n, d) as features of training images, labelled y (n,), or all of class 0."""
    n = len(X)
    labels = np.zeros(n, np.int64) if y is None else y.astype(np.int64)
    ids = tuple(f"{i:04d}" for i in range(n))
    return Features(X.astype(np.float32), labels, ids, np.array(["train"] * n), ("a", "b", "c"), "b", "", "", "")
