"""A probe becomes a run: with a head where it is affine, and with probabilities that mean what they say."""

import dataclasses

import numpy as np
import pytest
from safetensors.numpy import load_file

from core.errors import BundleError
from core.evaluation.calibration import reliability
from core.evaluation.metrics import evaluate
from core.evaluation.predictions import Predictions
from core.evaluation.temperature import without_temperature
from core.models.export import export
from core.models.runs import load_run
from core.probing.crossval.crossval import cross_validate
from core.probing.crossval.save import save_probe_run
from core.probing.probes.kinds import KINDS
from core.probing.probes.probe import ProbeConfig, fit_probe
from core.scores import KeptEpoch
from tests.probing.conftest import make_features


def saved(probe, path):
    features, config = make_features(), ProbeConfig(probe, folds=2, repeats=1)
    return save_probe_run(features, config, fit_probe(features, config), cross_validate(features, config), path)


@pytest.mark.parametrize("probe", KINDS)
def test_every_kind_keeps_its_predictions_and_only_a_linear_one_a_head(probe, tmp_path):
    run = saved(probe, tmp_path / "run")
    assert run.splits() == ("val", "test", "oof")
    assert run.metrics["val"] == evaluate(Predictions.load(run.predictions_path("val"))).summary()
    assert run.portable == (tmp_path / "run" / "head.safetensors").exists() == KINDS[probe].affine


def test_a_head_of_an_earlier_probe_does_not_stay(tmp_path):
    assert saved("logistic", tmp_path / "run").portable
    assert not saved("knn", tmp_path / "run").portable


def test_a_probe_that_is_not_linear_is_not_exported_and_the_error_names_those_that_are(tmp_path):
    run = saved("knn", tmp_path / "run")
    with pytest.raises(BundleError, match=r"'knn' is not linear.*a linear one: logistic, linear_svm, lda"):
        export(run, tmp_path / "bundle.zip")
    assert not (tmp_path / "bundle.zip").exists()


def test_a_linear_probe_whose_head_is_gone_is_reported(tmp_path):
    run = saved("lda", tmp_path / "run")
    (run.path / "head.safetensors").unlink()
    assert not run.portable
    with pytest.raises(BundleError, match=r"'head\.safetensors' is missing"):
        export(dataclasses.replace(run), tmp_path / "bundle.zip")


def test_scores_are_divided_where_that_helps_by_the_training_photos_alone(tmp_path):
    features = make_features((60, 60, 60), d=60, spread=8.0, test=200)
    config = ProbeConfig("logistic", c=10.0, folds=3, repeats=1)
    probe, result = fit_probe(features, config), cross_validate(features, config)
    run = save_probe_run(features, config, probe, result, tmp_path / "run")
    temperature = run.kept.temperature
    assert temperature > 1.5  # a penalty so weak makes it too sure
    assert load_run(run.path).kept == KeptEpoch(temperature=temperature)
    head = load_file(run.path / "head.safetensors")
    np.testing.assert_allclose(head["weight"] * temperature, probe.weight, rtol=1e-5)
    np.testing.assert_allclose(head["bias"] * temperature, probe.bias, rtol=1e-5)
    for split, before in (("oof", result.oof), ("test", probe.predict(features.of("test")))):
        after = Predictions.load(run.predictions_path(split))
        assert (after.y_pred == before.y_pred).all()
        np.testing.assert_allclose(without_temperature(after, temperature).proba, before.proba, atol=2e-3)
        assert reliability(after).error < reliability(before).error
    others = dataclasses.replace(features, y=np.where(features.split == "train", features.y, 0))
    again = save_probe_run(others, config, probe, result, tmp_path / "again")
    assert again.kept.temperature == temperature


def test_a_probe_that_is_not_linear_is_left_as_it_is(tmp_path):
    assert saved("knn", tmp_path / "run").kept == KeptEpoch()
