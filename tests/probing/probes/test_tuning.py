"""How settings are chosen: inside the training rows, with groups on one side, and as a naive search would."""

import dataclasses
import math

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import log_loss as sk_log_loss
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from core.evaluation.temperature import fit_temperature
from core.features.reduce import Reduction
from core.probing.probes.kinds import KINDS, POWERS
from core.probing.probes.probe import ProbeConfig, fit_probe, fit_rows
from core.probing.probes.tuning import inner_folds, log_loss, tune, views_of
from tests.probing.conftest import make_features


@pytest.mark.parametrize("spread", [1.0, 4.0])
def test_the_c_is_that_of_a_naive_search(spread):
    train = make_features((30, 25, 20), spread=spread).of("train")
    folds = inner_folds(train.y, train.groups, 3, 0)
    losses = []
    for c in POWERS:
        proba = np.zeros((len(train.y), 3))
        for fit, held in folds:
            model = make_pipeline(StandardScaler(), LogisticRegression(C=c, max_iter=5000))
            proba[held] = model.fit(train.X[fit], train.y[fit]).predict_proba(train.X[held])
        losses.append(sk_log_loss(train.y, proba / proba.sum(axis=1, keepdims=True)))
    assert fit_probe(train, ProbeConfig()).chosen == {"c": POWERS[int(np.argmin(losses))]}


def test_the_k_is_that_of_a_naive_search():
    train = make_features((30, 25, 20), spread=4.0).of("train")
    right = dict.fromkeys((20, 10, 5, 3, 1), 0)
    for fit, held in inner_folds(train.y, train.groups, 3, 0):
        for k in right:
            model = make_pipeline(StandardScaler(), KNeighborsClassifier(k, metric="cosine", weights="distance"))
            right[k] += int((model.fit(train.X[fit], train.y[fit]).predict(train.X[held]) == train.y[held]).sum())
    assert fit_probe(train, ProbeConfig("knn")).chosen == {"k": max(right, key=lambda k: right[k])}


def test_a_given_c_is_taken():
    features = make_features()
    assert fit_probe(features, ProbeConfig(c=0.3)).chosen == {"c": 0.3}
    assert fit_probe(features, ProbeConfig("linear_svm", c=0.3)).chosen["c"] == 0.3
    assert fit_probe(features, ProbeConfig("knn", c=0.3)).chosen.keys() == {"k"}
    assert fit_probe(features, ProbeConfig("lda", c=0.3)).chosen == {}


def test_weaker_penalties_are_not_tried_once_they_are_worse():
    tried = []

    class Recorded(LogisticRegression):
        def fit(self, X, y):
            tried.append(self.C)
            return super().fit(X, y)

    kind = dataclasses.replace(KINDS["logistic"], build=lambda c, _seed: Recorded(C=c, max_iter=5000))
    X, y = np.random.default_rng(0).normal(size=(80, 30)).astype(np.float32), np.arange(80) % 2
    views = views_of(X, y, inner_folds(y, np.arange(80), 2, 0), Reduction(), 0)
    best = POWERS.index(tune(kind, views, 0)["c"])  # noise wants a strong penalty
    assert best < 3
    assert sorted(set(tried)) in (list(POWERS[: best + 2]), list(POWERS[: best + 3]))


def test_inner_folds_keep_groups_on_one_side_and_hold_every_row_out_once():
    y = np.repeat([0, 1, 2], 12)
    groups = np.arange(36) // 2
    folds = inner_folds(y, groups, 3, 0)
    assert len(folds) == 3
    assert sorted(np.concatenate([held for _fit, held in folds])) == list(range(36))
    for fit, held in folds:
        assert not set(groups[fit]) & set(groups[held])
        assert set(y[fit]) == {0, 1, 2}


def test_copies_do_not_weaken_the_penalty():
    """Every image twice: where a copy is fitted on, to remember each image looks better than to learn."""
    rng = np.random.default_rng(0)
    y = np.tile(np.arange(60) % 2, 2)
    X = np.tile(rng.normal(size=(60, 40)) + 0.3 * y[:60, None], (2, 1)).astype(np.float32)
    alone, paired = (
        fit_rows(X, y, ("a", "b"), ProbeConfig(), groups).chosen["c"] for groups in (None, np.tile(np.arange(60), 2))
    )
    assert alone > 10 * paired


def test_a_class_with_one_group_is_fitted_on_and_never_held_out():
    y, groups = np.array([0] * 6 + [1] * 6 + [2] * 2), np.array([*range(12), 12, 12])
    for fit, held in inner_folds(y, groups, 3, 0):
        assert {12, 13} <= set(fit)
        assert set(y[held]) == {0, 1}


@pytest.mark.parametrize(
    ("y", "groups"),
    [
        ([0, 1, 2], [0, 1, 2]),  # one image a class
        ([0, 0, 1, 1], [0, 0, 1, 1]),  # one group a class
        ([0, 1, 0, 1], [0, 0, 1, 1]),  # both groups in both classes
    ],
)
def test_too_few_images_have_no_inner_folds_and_take_the_usual_setting(y, groups):
    assert inner_folds(np.array(y), np.array(groups), max(y) + 1, 0) == ()
    assert tune(KINDS["logistic"], [], 0) == {"c": 0.01}
    assert tune(KINDS["linear_svm"], [], 0) == {"c": 0.001, "temperature": 1.0}
    assert tune(KINDS["nearest_mean"], [], 0) == {"temperature": 1.0}


def test_the_log_loss_is_scikit_learns():
    scores = np.random.default_rng(0).normal(size=(50, 4)) * 5
    labels = np.arange(50) % 4
    proba = np.exp(scores) / np.exp(scores).sum(axis=1, keepdims=True)
    assert log_loss(scores, labels) == pytest.approx(sk_log_loss(labels, proba))
    assert math.isfinite(log_loss(scores * 1e4, labels))


def test_a_temperature_undoes_what_the_scores_were_multiplied_by():
    rng = np.random.default_rng(0)
    scores = rng.normal(size=(4000, 3)) * 2
    proba = np.exp(scores) / np.exp(scores).sum(axis=1, keepdims=True)
    labels = (rng.random((4000, 1)) > proba.cumsum(axis=1)).sum(axis=1)
    assert fit_temperature(scores, labels) == pytest.approx(1, abs=0.1)
    assert fit_temperature(scores * 20, labels) == pytest.approx(20, abs=2)


def test_perfect_scores_do_not_become_certainty():
    scores = np.where(np.arange(30)[:, None] % 2 == np.arange(2), 1.0, -1.0)
    sure = 1 / (1 + math.exp(-2 / fit_temperature(scores, np.arange(30) % 2)))
    assert 0.95 < sure < 0.99  # Platt's (30 + 1/2) / (30 + 1), of two classes


def test_probabilities_of_margins_are_about_as_sure_as_they_are_right():
    features = make_features((200, 200, 200), d=20, spread=5.0, val=300)
    val = features.of("val")
    for probe in ("linear_svm", "rbf_svm", "nearest_mean"):
        proba = fit_probe(features, ProbeConfig(probe)).predict_proba(val.X)
        accuracy = (proba.argmax(axis=1) == val.y).mean()
        assert 0.5 < accuracy < 0.97
        assert proba.max(axis=1).mean() == pytest.approx(accuracy, abs=0.1)
