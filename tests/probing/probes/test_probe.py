import dataclasses
import subprocess
import sys
import time

import numpy as np
import pytest

from core.errors import GraftError, ProbeError
from core.features.reduce import parse
from core.probing.probes import kinds
from core.probing.probes.probe import ProbeConfig, fit_probe, fit_rows
from tests.probing.conftest import make_features


@pytest.mark.parametrize("per_class", [(20, 30), (20, 20, 20), (5, 40, 12, 9)])
@pytest.mark.parametrize("pca", ["", "4", "0.9"])
@pytest.mark.parametrize("c", [0.01, 10.0])
def test_the_folded_head_equals_the_pipeline(per_class, pca, c):
    features = make_features(per_class, spread=2.0)
    probe = fit_probe(features, ProbeConfig(c=c, pca=parse(pca)))
    assert probe.weight.shape == (len(per_class), 12)
    assert (probe.weight.dtype, probe.bias.dtype, probe.bias.shape) == (np.float32, np.float32, (len(per_class),))
    theirs = probe.pipeline.predict_proba(features.X)
    assert probe.predict_proba(features.X) == pytest.approx(theirs, abs=2e-5)
    logits = features.X @ probe.weight.T + probe.bias
    softmax = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    assert softmax == pytest.approx(theirs, abs=1e-4)


def test_only_training_rows_are_fitted_on():
    features = make_features()
    poison = features.X.copy()
    poison[features.split != "train"] = np.nan
    clean, poisoned = (fit_probe(f) for f in (features, dataclasses.replace(features, X=poison)))
    assert np.array_equal(clean.weight, poisoned.weight)
    assert clean.n == 60


def test_constant_features_are_harmless():
    features = make_features((20, 20))
    X = features.X.copy()
    X[:, :3] = (0.0, 7.0, -1e4)
    probe = fit_probe(dataclasses.replace(features, X=X), ProbeConfig(pca=parse("4")))
    assert np.isfinite(probe.weight).all()
    assert (probe.predict_proba(X).argmax(axis=1) == features.y).mean() > 0.9
    all_constant = fit_probe(dataclasses.replace(features, X=np.ones_like(X)))
    assert all_constant.predict_proba(np.ones_like(X)) == pytest.approx(np.full((64, 2), 0.5), abs=1e-3)


def test_huge_features_do_not_overflow():
    probe = fit_probe(make_features())
    assert probe.predict_proba(np.full((2, 12), 1e30, dtype=np.float32)).sum(axis=1) == pytest.approx([1, 1])


def test_more_components_than_there_can_be_are_all():
    features = make_features((3, 3), val=2, test=2)
    many, all_of_them = (fit_probe(features, ProbeConfig(pca=parse(amount))) for amount in ("500", "6"))
    assert np.array_equal(many.weight, all_of_them.weight)


def test_an_optimiser_that_did_not_finish_has_a_note_and_no_warning(monkeypatch):
    assert fit_probe(make_features()).converged
    monkeypatch.setattr(kinds, "MAX_ITERATIONS", 1)
    assert not fit_probe(make_features()).converged


def test_a_class_without_training_images_is_an_error():
    features = make_features((5, 0))
    with pytest.raises(ProbeError, match="'b' has no photo to train on"):
        fit_probe(features)


def test_features_that_are_not_finite_are_an_error():
    features = make_features()
    X = features.X.copy()
    X[features.split == "train"] = np.inf
    with pytest.raises(ProbeError, match="not finite"):
        fit_probe(dataclasses.replace(features, X=X))


def test_features_of_another_width_are_an_error():
    with pytest.raises(ProbeError, match=r"the shape \(n, 12\), not \(3, 5\)"):
        fit_probe(make_features()).predict_proba(np.zeros((3, 5), dtype=np.float32))


def test_no_rows_give_no_probabilities():
    assert fit_probe(make_features()).predict_proba(np.zeros((0, 12), dtype=np.float32)).shape == (0, 3)


def test_predictions_carry_ids_labels_and_split():
    features = make_features()
    predictions = fit_probe(features).predict(features.of("val"))
    assert (predictions.split, predictions.ids, predictions.class_names) == (
        "val",
        features.of("val").ids,
        ("a", "b", "c"),
    )
    assert predictions.correct.mean() > 0.8


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"probe": "cnn"}, "no probe 'cnn'; choose logistic"),
        ({"c": 0.0}, "greater than 0"),
        ({"c": float("nan")}, "greater than 0"),
        ({"folds": 1}, "at least 2 folds, not 1"),
    ],
)
def test_a_config_is_checked(change, message):
    with pytest.raises(ProbeError, match=message):
        ProbeConfig(**change)


@pytest.mark.parametrize("pca", ["", "64", "0.95"])
def test_a_config_survives_json(pca):
    config = ProbeConfig(c=0.1, pca=parse(pca), folds=3, seed=9)
    assert config.to_json()["pca"] == pca
    assert ProbeConfig.from_json(config.to_json()) == config
    assert ProbeConfig.from_json({}) == ProbeConfig()


def test_a_bad_reduction_in_json_is_the_users_mistake():
    with pytest.raises(GraftError):
        ProbeConfig.from_json({"pca": "many"})


def test_five_thousand_images_of_ten_classes_are_fast():
    rng = np.random.default_rng(0)
    y = rng.integers(0, 10, 5000)
    X = np.maximum(0, rng.normal(size=(10, 512))[y] * 0.2 + rng.normal(size=(5000, 512))).astype(np.float32)
    start = time.perf_counter()
    probe = fit_rows(X, y, tuple("abcdefghij"), ProbeConfig())
    assert time.perf_counter() - start < 10
    assert probe.converged


def test_the_room_loads_without_torch():
    code = "import sys, core.probing.comparison.compare; sys.exit('torch' in sys.modules or 'sklearn' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
