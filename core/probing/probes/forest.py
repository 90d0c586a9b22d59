"""scikit-learn's random forest, made fit for folds that are fitted in several threads.

This file loads scikit-learn, so it is imported where a probe is fitted and nowhere else.
"""

from __future__ import annotations

import threading
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.ensemble import RandomForestClassifier

Rows = NDArray[Any]

_turn = threading.Lock()


class RandomForest(RandomForestClassifier):  # type: ignore[misc]
    """A forest that no other is fitted or asked beside.

    For each tree scikit-learn replaces the filters of warnings, which are the whole process's, and puts them back. Of
    two threads that do, one may put back what the other was about to replace, and then all filters are gone.
    """

    def fit(self, X: Rows, y: Rows) -> RandomForest:
        """Grows the trees on X (n, d) and labels y (n,)."""
        with _turn:
            super().fit(X, y)
        return self

    def predict_proba(self, X: Rows) -> Rows:
        """The share of the trees' votes that each class has, (n, c)."""
        with _turn:
            return np.asarray(super().predict_proba(X))
