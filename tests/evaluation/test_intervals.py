import time

import numpy as np
import pytest
from scipy.stats import binomtest, norm

from core.evaluation.intervals import bootstrap_macro_f1, macro_f1, wilson


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


def naive_macro_f1(labels_of):
    """From the predicted labels of each class's images, counted one by one."""
    scores = []
    for k, labels in enumerate(labels_of):
        if len(labels):
            predicted = sum((labels == k).sum() for labels in labels_of)
            scores.append(2 * (labels == k).sum() / (len(labels) + predicted))
    return np.mean(scores)


def naive_bootstrap(confusion, draws, seed):
    """Image by image: resample each class's images with replacement; scipy's bias correction, written out."""
    rng = np.random.default_rng(seed)
    labels_of = [np.repeat(np.arange(len(confusion)), row) for row in confusion]
    resamples = (
        [rng.choice(labels, len(labels)) if len(labels) else labels for labels in labels_of] for _ in range(draws)
    )
    scores = np.array([naive_macro_f1(resample) for resample in resamples])
    bias = norm.ppf((scores < naive_macro_f1(labels_of)).mean() + (scores == naive_macro_f1(labels_of)).mean() / 2)
    return np.quantile(scores, norm.cdf(2 * bias + norm.ppf([0.025, 0.975])))


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


def test_the_mean_of_repeats_keeps_errors_that_only_some_of_them_make():
    """Of 80 classes with 10 images each, a different single image is wrong in each of ten repeats, in every class."""
    confusion = np.diag(np.full(80, 9.9)) + np.roll(np.diag(np.full(80, 0.1)), 1, axis=1)
    low, high = bootstrap_macro_f1(confusion)
    assert macro_f1(confusion) == pytest.approx(0.99)
    assert 0.975 < low < 0.99 < high < 1.0
    assert bootstrap_macro_f1(confusion * 1.0) == bootstrap_macro_f1(confusion)


@pytest.mark.parametrize(("classes", "images", "right"), [(80, 10, 0.5), (80, 10, 0.79), (20, 3, 0.3), (2, 4, 0.9)])
def test_the_interval_holds_the_sample_s_own_macro_f1(classes, images, right):
    for seed in range(20):
        rng = np.random.default_rng(seed)
        y = np.repeat(np.arange(classes), images)
        predicted = np.where(rng.random(len(y)) < right, y, rng.integers(0, classes, len(y)))
        confusion = np.zeros((classes, classes))
        np.add.at(confusion, (y, predicted), 1)
        low, high = bootstrap_macro_f1(confusion, draws=300, seed=seed)
        assert low < macro_f1(confusion) < high or macro_f1(confusion) in (0, 1)


def test_the_bootstrap_is_seeded():
    confusion = np.array([[410, 93, 4], [51, 447, 8], [3, 17, 86]])
    assert bootstrap_macro_f1(confusion, seed=3) == bootstrap_macro_f1(confusion, seed=3)
    assert bootstrap_macro_f1(confusion, seed=3) != bootstrap_macro_f1(confusion, seed=4)


def test_without_a_mistake_the_interval_is_the_accuracys_and_not_a_point():
    assert bootstrap_macro_f1(np.diag([5, 5])) == wilson(10, 10)
    assert bootstrap_macro_f1(np.array([[0, 5], [5, 0]])) == wilson(0, 10)


def test_the_bootstrap_is_fast_for_ten_thousand_images_of_a_hundred_classes():
    rng = np.random.default_rng(0)
    y = rng.integers(0, 100, 10_000)
    predicted = np.where(rng.random(10_000) < 0.7, y, rng.integers(0, 100, 10_000))
    confusion = np.zeros((100, 100), dtype=np.int64)
    np.add.at(confusion, (y, predicted), 1)
    start = time.perf_counter()
    low, high = bootstrap_macro_f1(confusion)
    assert time.perf_counter() - start < 10
    assert 0.68 < low < high < 0.73
