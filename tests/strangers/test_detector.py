"""Distances to training photos against naive ones, thresholds, and what comes back from the file."""

from __future__ import annotations

import json

import numpy as np
import pytest

from core.errors import EvaluationError
from core.strangers.detector import KNN, MAHALANOBIS, Nearest, Strangers
from core.strangers.fitting import (
    BANK,
    DIRECTIONS,
    K,
    expected_rate,
    fit_measure,
    fit_strangers,
    mahalanobis_of,
    sample,
)
from core.strangers.store import as_bytes, from_bytes


def clouds(n: int = 60, d: int = 8, c: int = 3, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Features around c directions, of any length."""
    rng = np.random.default_rng(seed)
    y = np.arange(n) % c
    X = 4 * np.eye(d)[y] + rng.normal(0, 0.5, (n, d)) * np.linspace(0.2, 2, d)
    return (X * rng.uniform(0.5, 3, (n, 1))).astype(np.float32), y


def units(X: np.ndarray) -> np.ndarray:
    return X / np.linalg.norm(X, axis=1, keepdims=True)


def test_the_distance_is_that_to_the_kth_nearest():
    X, y = clouds()
    new, _labels = clouds(20, seed=1)
    distances = fit_measure(KNN, X, y).distances(new)
    naive = [sorted(float(np.linalg.norm(a - b)) for b in units(X))[K - 1] for a in units(new)]
    np.testing.assert_allclose(distances, naive, atol=2e-3)  # the bank is float16
    assert fit_measure(KNN, X, y).distances(new[:0]).shape == (0,)
    assert fit_measure(KNN, X[:2], y[:2]).distances(new).shape == (20,)  # fewer than k


@pytest.mark.parametrize(("n", "d"), [(300, 8), (12, 40)])
def test_the_mahalanobis_distance_is_that_of_the_shrunk_covariance(n: int, d: int):
    from sklearn.covariance import ledoit_wolf

    X, y = clouds(n, d)
    new, _labels = clouds(20, d, seed=1)
    residuals = units(X) - np.stack([units(X)[y == k].mean(axis=0) for k in range(3)])[y]
    covariance, _shrinkage = ledoit_wolf(residuals, assume_centered=True)
    precision = np.linalg.inv(covariance)
    means = [units(X)[y == k].mean(axis=0) for k in range(3)]
    naive = [min(float((x - m) @ precision @ (x - m)) for m in means) ** 0.5 for x in units(new)]
    np.testing.assert_allclose(fit_measure(MAHALANOBIS, X, y).distances(new), naive, rtol=1e-3)


def test_of_many_directions_the_main_ones_are_kept():
    rng = np.random.default_rng(0)
    X = rng.normal(0, np.linspace(3, 0.1, DIRECTIONS + 50), (DIRECTIONS + 200, DIRECTIONS + 50))
    measure = mahalanobis_of(units(X), np.zeros(len(X), dtype=np.int64))
    assert measure.directions.shape == (DIRECTIONS, DIRECTIONS + 50)
    assert (np.diff(measure.variances) <= 0).all()
    assert 0 < measure.rest < measure.variances[-1]


def test_the_length_of_features_does_not_count():
    X, y = clouds()
    for method in (KNN, MAHALANOBIS):
        measure = fit_measure(method, X, y)
        np.testing.assert_allclose(measure.distances(7 * X), measure.distances(X), atol=1e-5)


def test_false_alarms_are_as_rare_as_said():
    X, y = clouds(90)
    rates = []
    for seed in range(100):
        strangers = fit_strangers(fit_measure(KNN, X, y), clouds(60, seed=100 + seed)[0], 0.1)
        distances = strangers.distances(clouds(300, seed=1000 + seed)[0])
        rates.append(strangers.are_strange(distances).mean())
    assert np.mean(rates) == pytest.approx(expected_rate(60, 0.1), abs=0.015)
    assert expected_rate(60, 0.1) <= 0.1
    assert expected_rate(9) == pytest.approx(0.1)  # nine photos cannot show 5 %


def test_percentiles_are_counted():
    strangers = Strangers(Nearest(np.eye(2, dtype=np.float16), 1), 0.3, np.array([0.1, 0.2, 0.3, 0.4], np.float32))
    assert strangers.percentiles(np.array([0.05, 0.25, 0.9])).tolist() == [0.0, 0.5, 1.0]
    assert strangers.are_strange(np.array([0.3, 0.31])).tolist() == [False, True]


def test_a_sample_has_every_class():
    y = np.repeat([0, 1, 2], [5000, 500, 3])
    rows = sample(y, BANK, 0)
    assert len(rows) <= BANK + 3
    assert np.bincount(y[rows]).tolist() == [1817, 181, 1]
    assert (np.diff(rows) > 0).all()


@pytest.mark.parametrize("method", [KNN, MAHALANOBIS])
def test_it_comes_back_from_its_file_as_it_was(method: str):
    X, y = clouds()
    before = fit_strangers(fit_measure(method, X, y), clouds(40, seed=1)[0])
    after = from_bytes(as_bytes(before), 8)
    new = clouds(20, seed=2)[0]
    np.testing.assert_array_equal(after.distances(new), before.distances(new))
    assert after.threshold == before.threshold
    with pytest.raises(EvaluationError, match="damaged"):
        from_bytes(as_bytes(before), 9)


def test_a_damaged_file_is_refused():
    X, y = clouds()
    for method in (KNN, MAHALANOBIS):
        content = as_bytes(fit_strangers(fit_measure(method, X, y), X))
        length = int.from_bytes(content[:8], "little")
        header = json.loads(content[8 : 8 + length])
        damaged = [b"", content[:-1], content[: length // 2], content[:8] + b"[" + content[9:]]
        for wrong in ({"method": "guess"}, {"threshold": "nan"}, {"threshold": "x"}, {"k": "0"}, {"k": "61"},
                      {"rest": "0"}, {"rest": "nan"}):  # fmt: skip
            (name,) = wrong
            if name in header["__metadata__"]:
                changed = {**header, "__metadata__": {**header["__metadata__"], **wrong}}
                written = json.dumps(changed).encode()
                damaged.append(len(written).to_bytes(8, "little") + written + content[8 + length :])
        for bad in damaged:
            with pytest.raises(EvaluationError, match="damaged"):
                from_bytes(bad, 8)
