"""The table of all scores against scikit-learn and hand-made tables."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.metrics import (
    balanced_accuracy_score,
    brier_score_loss,
    cohen_kappa_score,
    log_loss,
    matthews_corrcoef,
    top_k_accuracy_score,
)

from core.evaluation.intervals import wilson, wilson_of_mean
from core.evaluation.metrics import evaluate
from core.evaluation.predictions import Predictions
from core.evaluation.ranking import rank
from core.evaluation.scores import scores


def table(proba, y_true, *, areas=True):
    proba = np.asarray(proba, dtype=np.float64)
    names = tuple("abcdefgh"[: proba.shape[1]])
    predictions = Predictions(names, np.asarray(y_true), proba, tuple(map(str, range(len(proba)))), "val")
    ranking = rank(predictions) if areas else None
    return {score.code: score for score in scores(predictions, evaluate(predictions), ranking)}


@pytest.mark.parametrize("seed", range(3))
def test_they_are_scikit_learns(seed):
    rng = np.random.default_rng(seed)
    proba = rng.dirichlet(np.ones(4), 150).astype(np.float32).astype(np.float64)
    proba /= proba.sum(axis=1, keepdims=True)
    y = rng.integers(0, 4, 150)
    y[:60] = proba[:60].argmax(axis=1)
    found, predicted = table(proba, y), proba.argmax(axis=1)
    expected = {
        "balanced_accuracy": balanced_accuracy_score(y, predicted),
        "matthews": matthews_corrcoef(y, predicted),
        "kappa": cohen_kappa_score(y, predicted),
        "top_2": top_k_accuracy_score(y, proba, k=2),
        "top_3": top_k_accuracy_score(y, proba, k=3),
        "log_loss": log_loss(y, proba),
        "brier": brier_score_loss(y, proba, labels=np.arange(4), scale_by_half=False),
    }
    assert {code for code, score in found.items() if not score.is_share} == {
        "matthews", "kappa", "auroc", "average_precision", "log_loss", "brier",
    }  # fmt: skip
    for code, value in expected.items():
        assert found[code].value == pytest.approx(value, rel=1e-5), code
    assert "top_5" not in found
    for score in found.values():
        low, high = score.ci
        assert low < score.value < high
        assert score.label
        assert score.as_json()["ci"] == [low, high]


def test_a_perfect_model_is_not_called_certain():
    found = table(np.eye(3)[[0, 1, 2] * 5], [0, 1, 2] * 5)
    assert {found[code].value for code in ("matthews", "kappa", "balanced_accuracy", "auroc")} == {1.0}
    assert {found[code].value for code in ("log_loss", "brier")} == {0.0}
    low = found["balanced_accuracy"].ci[0]
    assert found["accuracy"].ci[0] - 0.03 < low < found["accuracy"].ci[0]  # Wilson's, but for its correction
    less_chance = (pytest.approx((low - 1 / 3) / (2 / 3), abs=0.005), 1.0)
    assert found["kappa"].ci == less_chance
    assert found["matthews"].ci == less_chance
    assert found["auroc"].ci[0] < 1


def test_a_model_that_always_says_the_same_agrees_by_chance_alone():
    found = table([[0.9, 0.1]] * 10, [0] * 7 + [1] * 3)
    assert found["matthews"].value == found["kappa"].value == 0.0
    assert found["balanced_accuracy"].value == 0.5


def test_a_split_of_one_class_has_scores_but_no_areas():
    found = table([[0.9, 0.1]] * 4, [0] * 4)
    assert "auroc" not in found
    assert found["accuracy"].value == 1.0
    undefined = {code for code, score in found.items() if score.value is None}
    assert undefined == {"matthews", "kappa"}
    assert found["kappa"].as_json() == {"score": "kappa", "value": None, "ci": None}
    assert all(np.isfinite([score.value, *score.ci]).all() for code, score in found.items() if code not in undefined)


def test_one_photo_has_a_wide_interval():
    found = table([[0.2, 0.8]], [1])
    low, high = found["log_loss"].ci
    assert 0 < low < 0.21 * found["log_loss"].value
    assert 1.0 < high < -np.log(0.2)  # as if it were of the other class with a chance of nearly 80 %


def test_losses_that_are_all_equal_are_no_point():
    found = table([[0.98, 0.02]] * 3 + [[0.02, 0.98]] * 3, [0] * 3 + [1] * 3)
    wrong = 1 - found["accuracy"].ci[0]
    for code, least, most in (("brier", 2 * 0.02**2, 2.0), ("log_loss", -np.log(0.98), -np.log(0.02))):
        assert found[code].value == pytest.approx(least)
        low, high = found[code].ci
        assert low == pytest.approx(least * (1 - wrong))
        assert high == pytest.approx(least + wrong * (most - least))


def test_of_right_and_wrong_alone_it_is_wilsons_interval():
    assert wilson_of_mean(np.repeat([0.0, 2.0], [1000, 40]), 2.0) == pytest.approx(
        tuple(2 * end for end in wilson(40, 1040)), abs=1e-4
    )


def drawn(n: int, apart: float, scale: float, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Probabilities of two classes, n photos each, and the classes."""
    y = np.repeat([0, 1], n)
    logits = scale * (rng.normal(size=(2 * n, 2)) + apart * np.eye(2)[y])
    proba = np.exp(logits - logits.max(axis=1, keepdims=True))
    return proba / proba.sum(axis=1, keepdims=True), y


@pytest.mark.parametrize(
    ("n", "apart", "scale"),
    [(9, 1.5, 1.0), *(pytest.param(n, 2.5, 1.5, marks=pytest.mark.slow) for n in (19, 40))],
)
def test_intervals_of_losses_hold_the_true_ones_as_often_as_they_say(n, apart, scale):
    rng = np.random.default_rng(1)
    truth = table(*drawn(30_000, apart, scale, rng), areas=False)
    samples = [table(*drawn(n, apart, scale, rng), areas=False) for _ in range(150)]
    for code in ("log_loss", "brier"):
        held = np.mean([each[code].ci[0] <= truth[code].value <= each[code].ci[1] for each in samples])
        assert held >= 0.94, code
