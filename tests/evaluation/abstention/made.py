"""Predictions whose probabilities mean what they say, of as hard photos as one likes."""

from __future__ import annotations

import numpy as np

from core.evaluation.predictions import Predictions


def made(n: int, seed: int, c: int = 3, evenness: float = 0.15, split: str = "val") -> Predictions:
    """The lower `evenness`, the surer the model is of most photos, and the more often it is right."""
    rng = np.random.default_rng(seed)
    proba = rng.dirichlet(np.full(c, evenness), n)
    y = (proba.cumsum(axis=1) > rng.random((n, 1))).argmax(axis=1)
    return Predictions(tuple(f"class {k}" for k in range(c)), y, proba, tuple(map(str, range(n))), split)


def told(sure: list[float], right: list[bool], split: str = "val") -> Predictions:
    """Predictions of two classes: how sure the model is of each photo, and whether it is right."""
    p = np.asarray(sure)
    y = np.where(right, 0, 1)
    return Predictions(("a", "b"), y, np.column_stack([p, 1 - p]), tuple(map(str, range(len(sure)))), split)
