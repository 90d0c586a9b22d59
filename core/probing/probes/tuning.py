"""How a probe's setting is chosen: by cross-validation inside the rows that it is fitted on, and on no others.

The scaler and the reduction are fitted anew in every inner fold. Like the outer folds, the inner ones keep each group
on one side.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.errors import ProbeError
from core.evaluation.temperature import fit_temperature
from core.features.reduce import Reduction
from core.probing.probes.kinds import Kind
from core.probing.probes.preprocessing import fit_preprocessing
from core.probing.resampling.folds import make_folds

FOLDS = 3
"""How many inner folds: three rank the values as well as five do, in half the time; fewer where a class is tiny."""

_ROUGH = 1e-3  # the optimiser's tolerance while values are ranked; the probe itself is fitted to the end
# Weaker penalties are not tried after so many worse values in a row, or after a loss so much larger.
_WORSE, _MUCH_WORSE = 2, 1.1

Inner = tuple[NDArray[np.int64], NDArray[np.int64]]


@dataclass(frozen=True, eq=False)
class View:
    """One inner fold as the classifier sees it: rows to fit on, (n, d) and (n,), and rows held out, (m, d) and (m,)."""

    Z: NDArray[np.float32]
    y: NDArray[np.int64]
    Z_held: NDArray[np.float32]
    y_held: NDArray[np.int64]


def tune(kind: Kind, views: Sequence[View], seed: int, fixed: float | None = None) -> dict[str, float]:
    """The setting with which a kind of probe predicts held-out rows best, and its temperature where it has one.

    C is judged by log loss, which is smooth where the accuracy on a few held-out images changes in steps, and which
    counts how sure the probe is. k is judged by errors, as the votes of a few neighbours are no probabilities. Values
    of C are tried from the strongest penalty on, each beginning with the solution of the last, until two in a row are
    worse than the best or one is worse by a tenth: the larger C is, the longer a fit takes.

    Args:
        kind: of probe.
        views: the inner folds; where there are too few images for any, the kind's default is taken.
        seed: of the classifier.
        fixed: the value of C to take instead of choosing one.

    Returns:
        "c" or "k", and "temperature", for the kinds that have them.
    """
    grid = _grid(kind, fixed)
    if not views or not is_tuned(kind, fixed):
        value, temperature = (grid[0] if len(grid) == 1 else kind.default), 1.0
    else:
        value, temperature = _best(kind, views, _usable(kind, grid, views), seed)
    chosen = {kind.setting: float(value)} if kind.setting else {}
    return {**chosen, "temperature": temperature} if kind.temperature_scaled else chosen


def is_tuned(kind: Kind, fixed: float | None = None) -> bool:
    """Whether there is anything to tune, so that inner folds are needed."""
    return kind.temperature_scaled or len(_grid(kind, fixed)) > 1


def _grid(kind: Kind, fixed: float | None) -> tuple[float, ...]:
    return (fixed,) if fixed is not None and kind.setting == "c" else kind.grid


def inner_folds(y: NDArray[np.int64], groups: NDArray[np.int64], n_classes: int, seed: int) -> tuple[Inner, ...]:
    """Up to `FOLDS` folds of these rows; () where a fitting part would lack a class, or have only one row of each.

    A class with a single group is always fitted on, and never held out.
    """
    counts = np.array([len(np.unique(groups[y == label])) for label in range(n_classes)])
    divisible = np.flatnonzero(counts >= 2)
    rows = np.flatnonzero(np.isin(y, divisible))
    if not len(rows):
        return ()
    names = [str(label) for label in divisible]
    try:
        folds = make_folds(np.searchsorted(divisible, y[rows]), groups[rows], names, FOLDS, seed).pairs
    except ProbeError:  # a group with several labels counts for only one of them
        return ()
    pairs = []
    for _fit, held in folds:
        fit = np.flatnonzero(~np.isin(groups, groups[rows[held]]))
        if len(np.unique(y[fit])) < n_classes or len(fit) <= n_classes:
            return ()
        pairs.append((fit, rows[held]))
    return tuple(pairs)


def views_of(
    X: NDArray[np.float32], y: NDArray[np.int64], folds: Sequence[Inner], reduction: Reduction, seed: int
) -> list[View]:
    """The inner folds of X (n, d) and y (n,), each through a scaler and reduction fitted on its fitting part."""
    views = []
    for fit, held in folds:
        preprocessing = fit_preprocessing(X[fit], y[fit], reduction, seed)
        views.append(View(preprocessing.Z, y[fit], preprocessing(X[held]), y[held]))
    return views


def _usable(kind: Kind, grid: Sequence[float], views: Sequence[View]) -> Sequence[float]:
    """The grid; for k, its values up to half of the rows that can vote."""
    if kind.setting != "k":
        return grid
    most = min(len(view.y) for view in views) // 2
    return [k for k in grid if k <= max(most, 1)]


def _best(kind: Kind, views: Sequence[View], grid: Sequence[float], seed: int) -> tuple[float, float]:
    """The value of the setting, and the temperature, with the least loss on all held-out rows together."""
    labels = np.concatenate([view.y_held for view in views])
    best, worse_in_a_row = (math.inf, grid[0], 1.0), 0
    paths = zip(*(_path(kind, view, grid, seed) for view in views), strict=True)
    for value, fold_scores in zip(grid, paths, strict=False):
        scores = np.vstack(fold_scores)
        temperature = fit_temperature(scores, labels) if kind.temperature_scaled else 1.0
        loss = errors(scores, labels) if kind.tuned_by == "errors" else log_loss(scores / temperature, labels)
        if loss < best[0]:
            best, worse_in_a_row = (loss, value, temperature), 0
        else:
            worse_in_a_row += 1
        if kind.setting == "c" and (worse_in_a_row == _WORSE or loss > _MUCH_WORSE * best[0]):
            break
    return best[1], best[2]


def _path(kind: Kind, view: View, grid: Sequence[float], seed: int) -> Iterator[NDArray[np.float64]]:
    """The scores (m, c) of the held-out rows for one value of the setting after another, each computed when needed."""
    if kind.setting == "k":
        yield from _votes(kind, view, grid, seed)
        return
    from core.probing.probes.estimators import columns

    model = kind.build(grid[0], seed)
    rough = {"tol": _ROUGH, "warm_start": True}
    model.set_params(**{name: value for name, value in rough.items() if name in model.get_params()})
    for value in grid:
        if kind.setting == "c":
            model.set_params(C=value)
        model.fit(view.Z, view.y)
        yield columns(model.decision_function(view.Z_held)).astype(np.float64)


def _votes(kind: Kind, view: View, grid: Sequence[float], seed: int) -> Iterator[NDArray[np.float64]]:
    """The shares of the k nearest rows that are of each class, weighted by closeness as in the classifier."""
    distance, nearest = kind.build(max(grid), seed).fit(view.Z, view.y).kneighbors(view.Z_held)
    member = view.y[nearest][:, :, None] == np.arange(int(view.y.max()) + 1)
    for k in map(int, grid):
        nearest_distance = distance[:, :k].astype(np.float64)
        identical = nearest_distance <= 0
        weight = np.where(identical.any(axis=1, keepdims=True), identical, 1 / np.where(identical, 1, nearest_distance))
        votes = (member[:, :k] * weight[:, :, None]).sum(axis=1)
        yield votes / votes.sum(axis=1, keepdims=True)


def errors(scores: NDArray[np.float64], labels: NDArray[np.int64]) -> float:
    """The share of rows whose highest score is not that of their label."""
    return float((scores.argmax(axis=1) != labels).mean())


def log_loss(scores: NDArray[np.float64], labels: NDArray[np.int64]) -> float:
    """The mean negative log of the softmax that the rows' own labels get."""
    from scipy.special import log_softmax

    return -float(log_softmax(scores, axis=1)[np.arange(len(labels)), labels].mean())
