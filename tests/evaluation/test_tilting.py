"""The interval of a score of a confusion matrix: against a naive one, at the ends, and how often it holds the truth."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.optimize import brentq, minimize_scalar

from benchmarks.score_coverage import Scene, coverage
from core.evaluation.confusion import BALANCED_ACCURACY, KAPPA, MACRO_F1, MATTHEWS, Counts, macro_f1
from core.evaluation.intervals import Z95, wilson
from core.evaluation.tilting import interval_of

STATISTICS = {"balanced": BALANCED_ACCURACY, "f1": MACRO_F1, "matthews": MATTHEWS, "kappa": KAPPA}
EVERY = pytest.mark.parametrize("statistic", STATISTICS.values(), ids=STATISTICS.keys())
CONFUSIONS = ([[40, 10], [5, 45]], [[8, 1, 1], [0, 3, 2], [0, 0, 6]], [[3, 2, 1], [0, 9, 0], [0, 0, 0]])


def with_photo(confusion, true, predicted, more):
    changed = np.array(confusion, float)
    changed[true, predicted] += more
    return changed


def naive_slopes(confusion, statistic):
    """What one photo more in each cell changes, whatever the numbers of photos of the classes: these are fixed."""
    step, c = 1e-5, len(confusion)

    def value(hits, predicted):
        return statistic.value(Counts(confusion.sum(axis=1), hits, predicted))

    hits, predicted = confusion.diagonal(), confusion.sum(axis=0)
    unit = np.eye(c) * step
    by_hits = [(value(hits + e, predicted) - value(hits - e, predicted)) / (2 * step) for e in unit]
    by_predicted = [(value(hits, predicted + e) - value(hits, predicted - e)) / (2 * step) for e in unit]
    return np.array(by_hits), np.array(by_predicted)


@EVERY
@pytest.mark.parametrize("confusion", CONFUSIONS)
def test_slopes_are_those_of_the_value(statistic, confusion):
    counts = np.array(confusion, float) + 0.3 * (np.sum(confusion, axis=1, keepdims=True) > 0)
    for own, naive in zip(statistic.slopes(Counts.of(counts)), naive_slopes(counts, statistic), strict=True):
        assert own == pytest.approx(naive, abs=1e-8)


def test_curvatures_of_f1_are_those_of_its_value():
    counts, step = np.array(CONFUSIONS[0], float), 1e-3
    support, hits, predicted = counts.sum(axis=1), counts.diagonal(), counts.sum(axis=0)

    def value(h, q):
        return MACRO_F1.value(Counts(support, hits + np.array([h, 0]), predicted + np.array([q, 0])))

    twice, mixed = MACRO_F1.curvatures(Counts.of(counts))
    assert twice[0] == pytest.approx((value(0, step) - 2 * value(0, 0) + value(0, -step)) / step**2, rel=1e-4)
    across = value(step, step) - value(step, -step) - value(-step, step) + value(-step, -step)
    assert mixed[0] == pytest.approx(across / (4 * step**2), rel=1e-4)


def naive_ends(confusion, statistic):
    """The same by plain matrices of chances: no columns' factors, variances cell by cell, and a slow search."""
    confusion = np.array(confusion, float)
    c, photos = len(confusion), confusion.sum(axis=1)
    right = (confusion.trace() + 0.5) / (confusion.sum() + 1)
    middle = np.array([
        [(confusion[i, j] + (right if i == j else (1 - right) / (c - 1))) / (photos[i] + 1) for j in range(c)]
        for i in range(c)
    ])  # fmt: skip

    def cells(chances):
        by_hits, by_predicted = naive_slopes(chances * photos[:, None], statistic)
        return np.array([[by_predicted[j] + (by_hits[i] if i == j else 0) for j in range(c)] for i in range(c)])

    tilt = cells(middle)

    def world(t):
        chances = middle * np.exp(t * (tilt - tilt.max()))
        return chances / chances.sum(axis=1, keepdims=True)

    def away(t, z):
        chances = world(t)
        slopes = cells(chances)
        variance = sum(
            photos[i] * (sum(chances[i, j] * slopes[i, j] ** 2 for j in range(c)) - (chances[i] @ slopes[i]) ** 2)
            for i in range(c)
        )
        by_hits, _by_predicted = naive_slopes(chances * photos[:, None], statistic)
        jump = math.copysign(0.25 * by_hits[photos > 0].min(), z)
        value = statistic.value(Counts.of(chances * photos[:, None]))
        return value + z * math.sqrt(variance) + jump - statistic.value(Counts.of(confusion))

    wide = 20 / np.ptp(tilt)
    return [
        statistic.value(Counts.of(world(brentq(away, -wide, wide, args=(z,))) * photos[:, None])) for z in (Z95, -Z95)
    ]


@pytest.mark.parametrize("name", ["balanced", "matthews", "kappa"])
@pytest.mark.parametrize("confusion", CONFUSIONS)
def test_it_is_the_naive_one(name, confusion):
    statistic = STATISTICS[name]
    assert interval_of(np.array(confusion), statistic) == pytest.approx(naive_ends(confusion, statistic), abs=2e-4)


@EVERY
@pytest.mark.parametrize("classes", [2, 3, 7])
def test_a_mistake_that_was_seen_keeps_the_upper_end_below_1(statistic, classes):
    perfect = np.diag(np.full(classes, 9))
    one_wrong = with_photo(with_photo(perfect, 0, 0, -1), 0, 1, 1)
    low, high = interval_of(one_wrong, statistic)
    assert low < statistic.value(Counts.of(one_wrong)) < high < 1


@EVERY
def test_18_photos_with_2_mistakes(statistic):
    assert interval_of(np.array([[8, 1], [1, 8]]), statistic)[1] < 0.985
    assert interval_of(np.array([[7, 2], [0, 9]]), statistic)[1] < 0.99


@EVERY
def test_none_wrong_goes_over_into_few_wrong(statistic):
    """The ends do not jump from none wrong to hardly any (as repeats of a cross-validation have it)."""
    perfect = np.diag(np.full(3, 12.0))
    ends = [
        interval_of(with_photo(with_photo(perfect, 0, 0, -wrong), 0, 2, wrong), statistic) for wrong in (0.0, 0.001, 1)
    ]
    assert ends[0] == pytest.approx(ends[1], abs=1.5e-3)
    assert ends[2][0] < ends[1][0] - 0.01
    assert ends[2][1] < ends[1][1] - 0.001
    assert ends[0][1] == 1.0


@EVERY
def test_none_right_goes_over_into_few_right(statistic):
    wrong = np.array([[0, 12, 0], [0, 0, 12], [12, 0, 0]])
    hardly = with_photo(with_photo(wrong, 0, 0, 0.001), 0, 1, -0.001)
    assert interval_of(wrong, statistic) == pytest.approx(interval_of(hardly, statistic), abs=2e-3)
    assert interval_of(wrong, statistic)[1] > statistic.value(Counts.of(wrong)) + 0.05


@pytest.mark.parametrize(("right", "n"), [(20, 20), (17, 20), (0, 7), (190, 200)])
def test_of_one_class_it_is_wilsons_with_half_of_yates_correction(right, n):
    """Wilson's ends are where a share lies 1.96 of its own standard deviations from what was seen; found by search."""
    low, high = interval_of(np.array([[right, n - right], [0, 0]]), BALANCED_ACCURACY)

    def end(z):
        def away(p):
            return (p + z * math.sqrt(p * (1 - p) / n) + math.copysign(0.25 / n, z) - right / n) ** 2

        bounds = (0, right / n) if z > 0 else (right / n, 1)
        return minimize_scalar(away, bounds=bounds, method="bounded", options={"xatol": 1e-10}).x

    assert low == pytest.approx(end(Z95) if right else 0.0, abs=1e-4)
    assert high == pytest.approx(end(-Z95) if right < n else 1.0, abs=1e-4)
    without = wilson(right, n)
    assert low <= without[0] < without[1] <= high


@EVERY
def test_one_class_alone_tells_nothing_where_chance_gives_it_all(statistic):
    assert interval_of(np.array([[4]]), statistic) == statistic.range
    if statistic in (KAPPA, MATTHEWS):
        assert interval_of(np.array([[4, 1], [0, 0]]), statistic) == statistic.range


def test_very_uneven_numbers_of_photos():
    """Of a class with two photos as little is known as two photos tell, whatever the other class has."""
    low, high = interval_of(np.array([[990, 10], [0, 2]]), BALANCED_ACCURACY)
    alone = interval_of(np.array([[2, 0], [0, 0]]), BALANCED_ACCURACY)
    assert low == pytest.approx((0.99 + alone[0]) / 2, abs=0.06)
    assert 0.995 < high < 1


def test_repeats_are_no_further_photos():
    confusion = np.array([[40, 10], [5, 45]])
    assert interval_of(confusion * 1.0, MACRO_F1) == interval_of(confusion, MACRO_F1)
    low, high = interval_of(confusion, MACRO_F1)
    closer = interval_of(confusion * 10, MACRO_F1)
    assert low < closer[0] < closer[1] < high


@pytest.mark.slow
@pytest.mark.parametrize(
    ("classes", "photos", "accuracy", "kind", "statistic"),
    [(10, 5, 0.9, "even", MACRO_F1), (80, 10, 0.5, "even", MACRO_F1), (5, 20, 0.95, "uneven", KAPPA)],
)
def test_it_holds_the_truth_of_many_classes(classes, photos, accuracy, kind, statistic):
    covered, _width = coverage(Scene(kind, classes, photos, accuracy), statistic, interval_of, samples=400)
    assert 0.93 <= covered <= 0.995


@pytest.mark.parametrize(
    ("classes", "photos", "accuracy", "kind", "statistic"),
    [
        (2, 10, 0.95, "even", BALANCED_ACCURACY),
        (2, 20, 0.9, "uneven", MATTHEWS),
        (2, 20, 0.97, "even", MACRO_F1),
    ],
)
def test_it_holds_the_truth(classes, photos, accuracy, kind, statistic):
    """Of 400 test sets each; at 95 % so many hold it with a standard error of 1.1 points."""
    covered, width = coverage(Scene(kind, classes, photos, accuracy), statistic, interval_of, samples=400)
    assert 0.93 <= covered <= 0.995
    assert 0 < width < 0.6


def test_the_mean_of_repeats_keeps_errors_that_only_some_of_them_make():
    """Of 80 classes with 10 images each, a different single image is wrong in each of ten repeats, in every class."""
    confusion = np.diag(np.full(80, 9.9)) + np.roll(np.diag(np.full(80, 0.1)), 1, axis=1)
    low, high = interval_of(confusion, MACRO_F1)
    assert macro_f1(confusion) == pytest.approx(0.99)
    assert 0.975 < low < 0.99 < high < 1.0


def naive_macro_f1(confusion):
    """Class by class."""
    each = []
    for k, row in enumerate(confusion):
        if row.sum():
            each.append(2 * row[k] / (row.sum() + confusion[:, k].sum()))
    return np.mean(each)


@pytest.mark.parametrize(("classes", "images", "right"), [(80, 10, 0.5), (20, 3, 0.3), (2, 4, 0.9)])
def test_the_interval_holds_the_sample_s_own_macro_f1(classes, images, right):
    for seed in range(20):
        rng = np.random.default_rng(seed)
        y = np.repeat(np.arange(classes), images)
        predicted = np.where(rng.random(len(y)) < right, y, rng.integers(0, classes, len(y)))
        confusion = np.zeros((classes, classes))
        np.add.at(confusion, (y, predicted), 1)
        low, high = interval_of(confusion, MACRO_F1)
        assert macro_f1(confusion) == pytest.approx(naive_macro_f1(confusion))
        assert low < macro_f1(confusion) < high or macro_f1(confusion) in (0, 1)


def test_a_thousand_classes():
    rng = np.random.default_rng(0)
    y = rng.integers(0, 1000, 20_000)
    predicted = np.where(rng.random(len(y)) < 0.7, y, rng.integers(0, 1000, len(y)))
    confusion = np.zeros((1000, 1000), dtype=np.int64)
    np.add.at(confusion, (y, predicted), 1)
    low, high = interval_of(confusion, MACRO_F1)
    assert 0.685 < low < macro_f1(confusion) < high < 0.71
    assert high - low == pytest.approx(2 * Z95 * math.sqrt(0.7 * 0.3 / 20_000), rel=0.15)
