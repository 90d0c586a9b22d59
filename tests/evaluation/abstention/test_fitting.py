"""Rules keep what they promise on photos to come, and are refused where the photos cannot show it."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
from scipy.stats import binom

from core.errors import EvaluationError
from core.evaluation.abstention.curve import coverage_curve
from core.evaluation.abstention.fitting import fit_costs, fit_sets, fit_threshold, least_photos
from core.evaluation.abstention.outcome import outcome
from core.evaluation.abstention.rule import decide
from tests.evaluation.abstention.made import made, told

SPLITS = 120


def test_the_least_number_of_photos_is_that_of_a_binomial_test():
    assert least_photos(0.02) == 149
    assert least_photos(0.05) == 59
    assert binom.cdf(0, 149, 0.02) <= 0.05 < binom.cdf(0, 148, 0.02)


def test_a_threshold_is_where_the_first_test_fails():
    sure = np.linspace(0.999, 0.6, 100).tolist()
    right = [True] * 70 + [False] + [True] * 10 + [False] * 19
    rule = fit_threshold(told(sure, right), 0.05)
    answered = next(m for m in range(59, 101) if binom.cdf(sum(not r for r in right[:m]), m, 0.05) > 0.05) - 1
    assert answered == 70
    assert rule.answered == 0.7
    assert rule.threshold == pytest.approx(sure[70])
    assert decide(rule, told(sure, right).proba).answered.sum() == 70


def test_photos_of_which_it_is_equally_sure_are_answered_together_or_not_at_all():
    right = [True] * 80 + [False] * 20
    rule = fit_threshold(told([0.9] * 60 + [0.8] * 40, right), 0.05)
    assert rule.answered == 0.6
    rule = fit_threshold(told([0.9] * 100, [True] * 100), 0.05)
    assert (rule.answered, rule.threshold) == (1.0, 0.0)


@pytest.mark.parametrize(("wrong", "n"), [(0.05, 300), (0.1, 150)])
def test_a_threshold_keeps_its_promise_in_95_of_100_draws(wrong: float, n: int):
    many = made(20_000, 1, evenness=0.15)
    broken, rules = 0, 0
    for seed in range(SPLITS):
        try:
            rule = fit_threshold(made(n, 100 + seed, evenness=0.15), wrong)
        except EvaluationError:
            continue
        done = outcome(rule, many)
        rules += 1
        broken += done.wrong is not None and done.wrong > wrong
    assert rules > SPLITS / 2
    assert broken <= binom.ppf(0.999, rules, 0.05)


@pytest.mark.parametrize("held", [0.8, 0.95])
def test_sets_hold_the_true_class_as_often_as_promised(held: float):
    many = made(20_000, 1, c=5, evenness=0.4)
    shares, answered = [], []
    for seed in range(SPLITS):
        rule = fit_sets(made(200, 100 + seed, c=5, evenness=0.4), held)
        done = outcome(rule, many)
        assert done.held is not None
        shares.append(done.held)
        answered.append(done.coverage - rule.answered)
    assert np.mean(shares) == pytest.approx(held, abs=0.01)
    assert abs(np.mean(answered)) < 0.02  # and of the answers there are as many as it says


def test_the_sets_are_those_of_mapie():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        classification = pytest.importorskip("mapie.classification")
        base = pytest.importorskip("sklearn.base")

        class Told(base.ClassifierMixin, base.BaseEstimator):  # type: ignore[misc, name-defined]
            """A fitted classifier whose probabilities are the rows that it is given."""

            classes_ = np.arange(4)
            is_fitted_ = True

            def fit(self, _X: object, _y: object) -> object:
                return self

            def predict(self, X: np.ndarray) -> np.ndarray:
                return np.asarray(X.argmax(axis=1))

            def predict_proba(self, X: np.ndarray) -> np.ndarray:
                return X

        validation, others = made(150, 3, c=4, evenness=0.5), made(400, 4, c=4, evenness=0.5)
        reference = classification.SplitConformalClassifier(Told(), confidence_level=0.9, conformity_score="lac")
        reference.conformalize(validation.proba.astype(np.float64), validation.y_true)
        _labels, sets = reference.predict_set(others.proba.astype(np.float64))
    assert (decide(fit_sets(validation, 0.9), others.proba).possible == sets[:, :, 0]).all()


def test_too_few_photos_are_said_to_be_too_few_and_how_many_it_takes():
    with pytest.raises(EvaluationError, match=r"at least 149 validation photos.*there are 100"):
        fit_threshold(made(100, 0), 0.02)
    with pytest.raises(EvaluationError, match=r"95\.0 % of all photos take at least 19.*there are 18"):
        fit_sets(made(18, 0), 0.95)
    assert fit_sets(made(19, 0), 0.95).n == 19


FALLING = np.linspace(0.99, 0.6, 100).tolist()


def test_a_model_that_is_not_good_enough_is_told_how_many_photos_it_might_take():
    one_mistake = [True] * 20 + [False] + [True] * 79
    with pytest.raises(EvaluationError, match=r"about (\d+) validation photos would show it \(100 are there\)"):
        fit_threshold(told(FALLING, one_mistake), 0.03)
    with pytest.raises(EvaluationError, match="No threshold keeps the promise"):
        fit_threshold(told(FALLING, [False, True] * 50), 0.1)


@pytest.mark.parametrize(
    ("right", "why"),
    [
        ([True] * 31 + [False] + [True] * 68, "the 31 of which it is surest are right, but it takes 59 without"),
        ([True] * 9 + [False] * 2 + [True] * 89, "of the 59 of which it is surest 2 are wrong"),
        ([False] + [True] * 99, "of the 59 of which it is surest 1 is wrong"),
    ],
)  # fmt: skip
def test_too_few_right_ones_are_told_from_mistakes_among_the_surest(right: list[bool], why: str):
    with pytest.raises(EvaluationError, match=f": {why}.*If it goes on like this"):
        fit_threshold(told(FALLING, right), 0.05)


@pytest.mark.parametrize("share", [0.0, 1.0, -0.1])
def test_promises_are_shares(share: float):
    with pytest.raises(EvaluationError):
        fit_threshold(made(100, 0), share)
    with pytest.raises(EvaluationError):
        fit_sets(made(100, 0), share)


def test_costs_are_lower_than_those_of_answering_all():
    costs = ((0.0, 1.0, 1.0), (8.0, 0.0, 1.0), (1.0, 1.0, 0.0))
    validation, others = made(300, 0, evenness=0.5), made(5000, 1, evenness=0.5)
    rule = fit_costs(validation, costs, 0.3)
    done = outcome(rule, others)
    assert done.cost is not None
    assert done.cost_of_all is not None
    assert done.cost < 0.7 * done.cost_of_all
    expected = np.minimum((others.proba.astype(np.float64) @ np.array(costs)).min(axis=1), 0.3).mean()
    assert done.cost == pytest.approx(expected, abs=0.02)
    assert done.coverage == pytest.approx(rule.answered, abs=0.08)
    for wrong in (costs[:2], (*costs, (0.0,) * 3)):
        with pytest.raises(EvaluationError, match="Costs for 3 classes"):
            fit_costs(validation, wrong, 0.3)
    with pytest.raises(EvaluationError, match="0 or more"):
        fit_costs(validation, costs, -1.0)


def test_the_curve_is_counted():
    predictions = told([0.9, 0.6, 0.9, 0.7], [True, False, True, False])
    curve = coverage_curve(predictions)
    assert curve.answered.tolist() == [2, 3, 4]
    assert curve.coverage.tolist() == [0.5, 0.75, 1.0]
    assert curve.accuracy.tolist() == pytest.approx([1, 2 / 3, 0.5])
    assert (curve.low <= curve.accuracy).all()
    assert (curve.accuracy <= curve.high).all()
    assert len(coverage_curve(made(1000, 0), most=50).answered) <= 50
    assert coverage_curve(made(1000, 0)).as_json()[-1]["coverage"] == 1.0
