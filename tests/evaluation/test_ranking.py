"""Curves and areas against hand-made tables and scikit-learn; intervals against simulations."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.metrics import average_precision_score, roc_auc_score

from core.evaluation.predictions import Predictions
from core.evaluation.ranking import Ranking, auroc_interval, rank


def predictions_of(proba, y_true, names=None):
    proba = np.asarray(proba, dtype=np.float64)
    names = names or tuple("abcdefgh"[: proba.shape[1]])
    return Predictions(names, np.asarray(y_true), proba, tuple(map(str, range(len(proba)))), "val")


def ranked(predictions) -> Ranking:
    ranking = rank(predictions)
    assert ranking is not None
    return ranking


def two_classes(n, seed, apart=1.0, share=0.5):
    rng = np.random.default_rng(seed)
    y = (rng.random(n) < share).astype(int)
    p = 1 / (1 + np.exp(-rng.normal(apart * (y - 0.5), 1.0)))
    return predictions_of(np.stack([1 - p, p], axis=1), y)


def test_a_hand_made_curve():
    # Of b, falling: right 0.9, wrong 0.8, right 0.7 and 0.7, wrong 0.1.
    p = [0.9, 0.8, 0.7, 0.7, 0.1]
    ranking = ranked(predictions_of([[1 - q, q] for q in p], [1, 0, 1, 1, 0]))
    b = ranking.classes[1]
    assert (b.name, b.positives, b.negatives) == ("b", 3, 2)
    assert b.thresholds.tolist() == pytest.approx([np.inf, 0.9, 0.8, 0.7, 0.1])
    assert b.recall.tolist() == pytest.approx([0, 1 / 3, 1 / 3, 1, 1])
    assert b.false_alarms.tolist() == pytest.approx([0, 0, 0.5, 0.5, 1])
    assert b.precision.tolist() == pytest.approx([1, 1, 0.5, 0.75, 0.6])
    assert b.auroc == pytest.approx((2 + 1 + 1) / 6)
    assert b.average_precision == pytest.approx(1 / 3 + 2 / 3 * 0.75)


@pytest.mark.parametrize("seed", range(3))
def test_areas_are_scikit_learns_also_with_ties(seed):
    rng = np.random.default_rng(seed)
    proba = np.round(rng.dirichlet(np.ones(4), 200), 1) + 1e-9
    proba /= proba.sum(axis=1, keepdims=True)
    y = rng.integers(0, 4, 200)
    ranking = ranked(predictions_of(proba, y))
    proba = proba.astype(np.float32)
    for k, each in enumerate(ranking.classes):
        assert each.auroc == pytest.approx(roc_auc_score(y == k, proba[:, k]))
        assert each.average_precision == pytest.approx(average_precision_score(y == k, proba[:, k]))
        for area, (low, high) in ((each.auroc, each.auroc_ci), (each.average_precision, each.average_precision_ci)):
            assert 0 <= low < area < high <= 1
    assert ranking.auroc == pytest.approx(np.mean([each.auroc for each in ranking.classes]))
    assert ranking.auroc_ci[0] < ranking.auroc < ranking.auroc_ci[1]


def test_a_class_that_is_not_there_has_no_curve():
    ranking = ranked(predictions_of([[0.6, 0.3, 0.1], [0.2, 0.7, 0.1], [0.5, 0.4, 0.1]], [0, 1, 1]))
    assert [each.name for each in ranking.classes] == ["a", "b"]
    assert rank(predictions_of([[0.6, 0.4]], [0])) is None


def test_perfect_ranking_is_not_called_certain():
    ranking = ranked(predictions_of(np.eye(2)[[0, 0, 0, 1, 1, 1, 1]], [0, 0, 0, 1, 1, 1, 1]))
    assert ranking.auroc == ranking.average_precision == 1.0
    assert ranking.auroc_ci == ranking.classes[0].auroc_ci
    assert 0.3 < ranking.auroc_ci[0] < 0.9
    assert ranking.average_precision_ci[0] < 0.5


@pytest.mark.parametrize(("auroc", "m", "n"), [(0.5, 20, 20), (0.9, 5, 50), (1.0, 3, 3), (0.0, 3, 3), (0.99, 500, 500)])
def test_an_interval_holds_its_area_and_narrows_with_more_images(auroc, m, n):
    low, high = auroc_interval(auroc, m, n)
    assert 0 <= low <= auroc <= high <= 1
    narrow = auroc_interval(auroc, 10 * m, 10 * n)
    assert narrow[1] - narrow[0] < high - low


def test_the_same_seed_gives_the_same_interval():
    predictions = two_classes(60, 1)
    assert ranked(predictions).average_precision_ci == ranked(predictions).average_precision_ci
    other = rank(predictions, seed=1)
    assert other is not None
    assert other.average_precision_ci != ranked(predictions).average_precision_ci


def test_two_classes_have_one_area_with_one_interval():
    """Newcombe's, as of each class; average precision differs between classes, and so has three."""
    ranking = ranked(two_classes(60, 1))
    a, b = ranking.classes
    assert ranking.has_one_auroc
    assert (a.auroc, a.auroc_ci) == (b.auroc, b.auroc_ci) == (ranking.auroc, ranking.auroc_ci)
    assert ranking.auroc_ci == auroc_interval(ranking.auroc, b.positives, b.negatives)
    assert b.auroc == pytest.approx(np.trapezoid(b.recall, b.false_alarms))
    assert len({a.average_precision, b.average_precision, ranking.average_precision}) == 3


def test_three_classes_have_areas_of_their_own():
    rng = np.random.default_rng(0)
    ranking = ranked(predictions_of(rng.dirichlet(np.ones(3), 90), rng.integers(0, 3, 90)))
    assert not ranking.has_one_auroc
    assert ranking.auroc_ci not in {each.auroc_ci for each in ranking.classes}


def test_equal_areas_of_three_classes_are_not_one_area():
    assert not ranked(predictions_of(np.eye(3)[[0, 1, 2] * 4], [0, 1, 2] * 4)).has_one_auroc


def test_the_mean_is_no_surer_than_independent_classes_would_make_it():
    """One photo of 37 is ranked a little wrong: the resamples are nearly all perfect."""
    y = np.repeat([0, 1], [19, 18])
    p = np.where(y == 1, 0.9, 0.1) + np.linspace(0, 0.01, 37)
    p[18] = 0.902
    ranking = ranked(predictions_of(np.stack([1 - p, p], axis=1), y))
    below = [each.average_precision - each.average_precision_ci[0] for each in ranking.classes]
    assert ranking.average_precision - ranking.average_precision_ci[0] >= np.hypot(*below) / 2 - 1e-12
    assert ranking.average_precision_ci[1] == 1.0


@pytest.mark.parametrize(
    ("c", "n"), [(2, 20), *(pytest.param(*each, marks=pytest.mark.slow) for each in ((2, 75), (5, 20)))]
)
def test_intervals_of_the_means_hold_the_true_ones_as_often_as_they_say(c, n):
    rng = np.random.default_rng(2)
    truth = many_classes(c, 10_000, rng)
    samples = [many_classes(c, n, rng) for _ in range(120)]
    for name in ("auroc", "average_precision"):
        cis = [getattr(each, f"{name}_ci") for each in samples]
        assert np.mean([low <= getattr(truth, name) <= high for low, high in cis]) >= 0.93, name


def many_classes(c: int, n: int, rng: np.random.Generator) -> Ranking:
    """Of a good model of c classes, n photos each."""
    y = np.repeat(np.arange(c), n)
    logits = rng.normal(size=(len(y), c)) + 2.5 * np.eye(c)[y]
    proba = np.exp(logits)
    return ranked(predictions_of(proba / proba.sum(axis=1, keepdims=True), y))


def test_the_document_has_no_curves():
    document = ranked(two_classes(60, 1)).as_json()
    assert set(document) == {"auroc", "auroc_ci", "average_precision", "average_precision_ci", "per_class"}


@pytest.mark.slow
@pytest.mark.parametrize(("apart", "n", "share"), [(1.0, 60, 0.5), (2.5, 100, 0.3), (0.0, 40, 0.5)])
def test_intervals_hold_the_true_areas_as_often_as_they_say(apart, n, share):
    truth = ranked(two_classes(60_000, 99, apart, share)).classes[1]
    found = [ranked(two_classes(n, seed, apart, share)) for seed in range(400)]
    for name, of, most in (("auroc", truth.auroc, 0.99), ("average_precision", truth.average_precision, 1.0)):
        held = [low <= of <= high for low, high in (getattr(each.classes[1], f"{name}_ci") for each in found)]
        assert 0.90 <= np.mean(held) <= most, name
