import time

import numpy as np
import pytest
from scipy.stats import binomtest

from core.evaluation.intervals import bootstrap_macro_f1, wilson


@pytest.mark.parametrize(
    ("right", "n"), [(0, 1), (1, 1), (0, 20), (20, 20), (7, 20), (1, 1000), (937, 1000), (144, 153)]
)
def test_wilson_equals_scipys(right, n):
    theirs = binomtest(right, n).proportion_ci(method="wilson")
    assert wilson(right, n) == pytest.approx((theirs.low, theirs.high), abs=1e-12)


def test_wilson_of_a_textbook_example():
    assert wilson(81, 263) == pytest.approx((0.2553, 0.3662), abs=5e-5)  # Newcombe 1998, table I


def test_wilson_never_claims_certainty():
    assert wilson(10, 10) == pytest.approx((0.7225, 1.0), abs=1e-4)


@pytest.mark.parametrize(("right", "n"), [(1, 0), (-1, 3), (4, 3)])
def test_no_share_has_no_interval(right, n):
    with pytest.raises(ValueError, match="is no share"):
        wilson(right, n)


def naive_bootstrap(confusion, draws, seed):
    """Image by image: resample each class's images with replacement, count, average F1."""
    rng = np.random.default_rng(seed)
    c = len(confusion)
    called = [np.repeat(np.arange(c), row) for row in confusion]
    found = []
    for _ in range(draws):
        drawn = [rng.choice(labels, size=len(labels)) if len(labels) else labels for labels in called]
        scores = []
        for k in range(c):
            if not len(drawn[k]):
                continue
            hits = (drawn[k] == k).sum()
            predicted = sum((labels == k).sum() for labels in drawn)
            scores.append(2 * hits / (len(drawn[k]) + predicted))
        found.append(np.mean(scores))
    return np.quantile(found, (0.025, 0.975))


@pytest.mark.parametrize(
    "confusion",
    [
        [[40, 10], [5, 45]],
        [[8, 1, 1], [0, 3, 2], [0, 0, 0]],
        [[30, 0, 0, 0], [3, 10, 2, 0], [1, 1, 5, 1], [0, 0, 0, 4]],
    ],
)
def test_the_bootstrap_agrees_with_a_naive_one(confusion):
    confusion = np.array(confusion)
    assert bootstrap_macro_f1(confusion, draws=4000) == pytest.approx(naive_bootstrap(confusion, 4000, 1), abs=0.015)


def test_the_bootstrap_is_seeded():
    confusion = np.array([[40, 10], [5, 45]])
    assert bootstrap_macro_f1(confusion, seed=3) == bootstrap_macro_f1(confusion, seed=3)
    assert bootstrap_macro_f1(confusion, seed=3) != bootstrap_macro_f1(confusion, seed=4)


def test_without_a_mistake_the_interval_is_the_accuracys_and_not_a_point():
    assert bootstrap_macro_f1(np.diag([5, 5])) == wilson(10, 10)
    assert bootstrap_macro_f1(np.array([[0, 5], [5, 0]])) == wilson(0, 10)


def test_the_bootstrap_is_fast_for_ten_thousand_images_of_a_hundred_classes():
    rng = np.random.default_rng(0)
    y = rng.integers(0, 100, 10_000)
    said = np.where(rng.random(10_000) < 0.7, y, rng.integers(0, 100, 10_000))
    confusion = np.zeros((100, 100), dtype=np.int64)
    np.add.at(confusion, (y, said), 1)
    start = time.perf_counter()
    low, high = bootstrap_macro_f1(confusion)
    assert time.perf_counter() - start < 10
    assert 0.68 < low < high < 0.73
