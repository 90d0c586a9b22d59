"""A probe that is not affine: its predictions can be judged, but it cannot be exported."""

import dataclasses

import pytest

from core.errors import BundleError
from core.evaluation.metrics import evaluate
from core.evaluation.predictions import Predictions
from core.models.export import export
from core.probing.crossval.crossval import cross_validate
from core.probing.crossval.save import save_probe_run
from core.probing.probes.kinds import KINDS
from core.probing.probes.probe import ProbeConfig, fit_probe
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
