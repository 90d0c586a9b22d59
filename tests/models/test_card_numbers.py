"""What a bundle keeps, as numbers, of how well calibrated a model is and of what made it; and what its card says."""

from __future__ import annotations

import dataclasses
import json
import shutil
from importlib.metadata import version
from pathlib import Path

import numpy as np
import pytest

from core.backbones.registry import info
from core.bundle.archive import read_card, read_manifest
from core.bundle.calibration import Calibration
from core.bundle.card import model_card
from core.bundle.contents import Contents
from core.bundle.manifest import Manifest
from core.errors import BundleError
from core.evaluation.calibration import reliability
from core.evaluation.predictions import Predictions
from core.evaluation.temperature import with_temperature
from core.models.calibration import calibrations_of
from core.models.export import export
from core.models.runs import load_run
from core.numbers import percent
from core.runs import Run
from core.scores import KeptEpoch


def test_the_error_is_that_of_the_kept_predictions(runs: dict[str, Run], pixels_bundle: Path) -> None:
    run, told = runs["pixels"], read_manifest(pixels_bundle).calibration
    assert set(told) == {"val", "test", "oof"}
    for split, each in told.items():
        predictions = Predictions.load(run.predictions_path(split))
        expected = reliability(predictions)
        assert each.n == len(predictions.y_true)
        assert (each.now.error, each.now.interval) == (expected.error, expected.error_ci)
        assert each.now.by_chance == expected.by_chance
        assert (each.now.brier, each.now.brier_interval) == (expected.brier, expected.brier_ci)
        assert (each.before is None) == (run.kept.temperature == 1.0)


def test_before_its_temperature_the_error_was_that_of_the_scores_as_they_were(
    runs: dict[str, Run], tmp_path: Path
) -> None:
    rng = np.random.default_rng(0)
    proba = rng.dirichlet([2, 1, 1], 60).astype(np.float32)
    raw = Predictions(runs["pixels"].classes, rng.integers(0, 3, 60), proba, tuple(map(str, range(60))), "val")
    with_temperature(raw, 2.5).save(tmp_path / "predictions" / "val.npz")
    run = dataclasses.replace(runs["pixels"], path=tmp_path, kept=KeptEpoch(temperature=2.5))
    told = calibrations_of(run)["val"]
    assert told.before is not None
    assert told.before.error == pytest.approx(reliability(raw).error, abs=1e-5)
    assert told.now.error == pytest.approx(reliability(with_temperature(raw, 2.5)).error, abs=1e-5)
    assert told.now.error < told.before.error  # labels of chance: evener is better
    assert told.before.brier == pytest.approx(reliability(raw).brier, abs=1e-5)
    assert told.now.brier is not None
    assert told.before.brier is not None
    assert told.now.brier < told.before.brier
    manifest = dataclasses.replace(manifest_of(runs, tmp_path), calibration={"val": told}, kept=run.kept)
    assert f"| val | 60 | {percent(told.now.error)} (" in model_card(manifest, info("pixels_16"))
    assert f"| {percent(told.before.error)} (" in model_card(manifest, info("pixels_16"))
    assert f"| {told.now.brier:.3f} (" in model_card(manifest, info("pixels_16"))
    assert f"| {told.before.brier:.3f} (" in model_card(manifest, info("pixels_16"))
    older = {"n": 60, "now": {"error": 0.1, "interval": [0.05, 0.2], "by_chance": 0.1}}
    known = dataclasses.replace(manifest, calibration={"val": Calibration.from_json(older)})
    assert "| val | 60 | 10.0 % (5.0 to 20.0 %) | – | 10.0 % | – | – |" in model_card(known, info("pixels_16"))
    assert "The temperature was fitted to `oof`" in model_card(manifest, info("pixels_16"))


def manifest_of(runs: dict[str, Run], folder: Path) -> Manifest:
    return read_manifest(export(runs["pixels"], folder / "of.zip"))


def test_predictions_that_are_damaged_are_passed_over(runs: dict[str, Run], tmp_path: Path) -> None:
    run = dataclasses.replace(runs["pixels"], path=shutil.copytree(runs["pixels"].path, tmp_path / "run"))
    run.predictions_path("val").write_bytes(b"no predictions")
    assert set(calibrations_of(run)) == {"test", "oof"}


def test_the_c_that_was_chosen_is_kept_with_the_run_and_stands_on_the_card(
    runs: dict[str, Run], tmp_path: Path
) -> None:
    run = runs["pixels"]
    c = run.chosen["c"]
    assert load_run(run.path).chosen == run.chosen == json.loads((run.path / "run.json").read_text())["chosen"]
    manifest = manifest_of(runs, tmp_path)
    assert manifest.chosen == {"c": c}
    assert f"C = {c:g} (the inverse strength of its penalty), chosen inside the training photos." in read_card(
        tmp_path / "of.zip"
    )
    fixed = dataclasses.replace(manifest, config={**manifest.config, "c": 0.5}, chosen={"c": 0.5})
    assert "C = 0.5 (the inverse strength of its penalty), as it was set." in model_card(fixed, info("pixels_16"))
    older = dataclasses.replace(manifest, chosen={})
    assert "C = " not in model_card(older, info("pixels_16"))


def test_versions_and_opset_of_the_networks_are_kept(runs: dict[str, Run], tmp_path: Path) -> None:
    bundle = export(runs["pixels"], tmp_path / "b.zip", contents=Contents())
    manifest, card = read_manifest(bundle), read_card(bundle)
    assert manifest.tools["onnx"] == version("onnx")
    assert manifest.tools["onnxruntime"].split("+")[0] == version("onnxruntime").split("+")[0]
    assert f"opset {manifest.graphs['model.onnx'].opset}; written and checked here with torch " in card
    assert manifest_of(runs, tmp_path).tools == {}


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("calibration", {"val": {"n": 0, "now": {"error": 0.1, "interval": [0, 1], "by_chance": 0.1}}}),
        ("calibration", {"val": {"n": 5, "now": {"error": 7, "interval": [0, 1], "by_chance": 0.1}}}),
        ("calibration", {"val": {"n": 5, "now": {"error": 0.1, "interval": [0, 1], "by_chance": 0.1, "brier": 3}}}),
        ("calibration", {"train": {"n": 5, "now": {"error": 0.1, "interval": [0, 1], "by_chance": 0.1}}}),
        ("calibration", []), ("chosen", {"c": "1"}), ("chosen", {"c": True}), ("chosen", {"c": 10**400}),
        ("tools", {"onnx": 1}),
    ],
)  # fmt: skip
def test_what_is_not_as_it_should_be_is_refused(pixels_bundle: Path, key: str, value: object) -> None:
    document = read_manifest(pixels_bundle).to_json()
    with pytest.raises(BundleError, match=f"'{key}' is not as it should be"):
        Manifest.from_json({**document, key: value})
