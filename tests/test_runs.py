"""A run's record, as it lies on the disk: written by this Graft, and where an earlier one wrote it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from core.errors import EvaluationError
from core.models.runs import find_runs, load_run
from core.probing.probes.probe import ProbeConfig
from core.runs import FILE, read_run
from core.scores import KeptEpoch, SplitScore
from core.training.config import FinetuneConfig

VAL = {"n": 16, "accuracy": 0.75, "accuracy_ci": [0.5, 0.875], "macro_f1": 0.7, "macro_f1_ci": [0.5, 0.9]}
TEST = {**VAL, "n": 12}
PREPROCESSING = {
    "resize_px": 256, "crop_px": 224, "mean": [0.5, 0.5, 0.5], "std": [0.25, 0.25, 0.25], "interpolation": "bicubic",
    "antialias": True,
}  # fmt: skip
CONFIG = FinetuneConfig("resnet18", mode="last", seed=3).to_json()
WRITTEN: dict[str, Any] = {
    "schema": 1, "kind": "finetune", "backbone": "resnet18", "classes": ["ants", "bees"], "dataset_id": "d",
    "dataset_name": "bugs", "fingerprint": "f", "photos": {"train": {"ants": 9, "bees": 8}},
    "preprocessing": PREPROCESSING, "config": CONFIG,
    "seed": 3,
    "metrics": {"val": {**VAL, "best_epoch": 2, "epochs": 5, "weights": "ema", "temperature": 1.5}, "test": TEST},
    "versions": {"graft": "1"}, "created": "2026-01-02T03:04:05+00:00", "seconds": 9.5, "weights_sha256": "abc",
}  # fmt: skip
SCORE = SplitScore(n=16, accuracy=0.75, accuracy_ci=(0.5, 0.875), macro_f1=0.7, macro_f1_ci=(0.5, 0.9))


def kept(folder: Path, **changes: Any) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / FILE).write_text(json.dumps({**WRITTEN, **changes}))
    return folder


def test_the_scores_are_read_by_split(tmp_path: Path) -> None:
    run = load_run(kept(tmp_path))
    assert run.metrics["val"] == SCORE
    assert run.metrics["test"].n == 12


def test_which_epoch_is_kept_is_a_fact_of_the_run_and_stands_in_its_file_beside_validation(tmp_path: Path) -> None:
    run = load_run(kept(tmp_path))
    assert run.kept == KeptEpoch(best_epoch=2, epochs=5, weights="ema", temperature=1.5)
    run.save()
    written = json.loads((tmp_path / FILE).read_text())
    assert written == WRITTEN
    assert list(written["metrics"]["val"]) == [
        *VAL,
        "best_epoch",
        "epochs",
        "weights",
        "temperature",
    ]


def test_how_many_photos_there_were_is_known_but_of_a_run_of_an_earlier_graft(tmp_path: Path) -> None:
    assert load_run(kept(tmp_path / "now")).composition == {"train": {"ants": 9, "bees": 8}}
    earlier = {name: value for name, value in WRITTEN.items() if name != "photos"}
    (tmp_path / FILE).write_text(json.dumps(earlier))
    assert load_run(tmp_path).composition == {}


def test_a_run_of_an_earlier_graft_has_a_temperature_that_changes_nothing(tmp_path: Path) -> None:
    earlier = {**VAL, "best_epoch": 2, "epochs": 5, "weights": "ema"}
    run = load_run(kept(tmp_path, metrics={"val": earlier, "test": TEST}))
    assert run.kept == KeptEpoch(best_epoch=2, epochs=5, weights="ema", temperature=1.0)


def test_a_probe_keeps_no_epoch(tmp_path: Path) -> None:
    run = load_run(kept(tmp_path, kind="probe", config={"probe": "lda", "folds": 4}, metrics={"oof": VAL}))
    assert run.kept == KeptEpoch()
    run.save()
    assert json.loads((tmp_path / FILE).read_text())["metrics"] == {"oof": VAL}


@pytest.mark.parametrize(
    "metrics",
    [
        None,
        [],
        {"val": 3},
        {"val": {}},
        {"val": {**VAL, "accuracy": "0.75"}},
        {"val": {**VAL, "accuracy": float("nan")}},
        {"val": {**VAL, "accuracy_ci": 0.5}},
        {"val": {**VAL, "best_epoch": "two", "epochs": 5}},
    ],
)
def test_scores_that_cannot_be_read_make_a_damaged_run(tmp_path: Path, metrics: object) -> None:
    kept(tmp_path / "damaged" / "run", metrics=metrics)
    whole = kept(tmp_path / "whole" / "run")
    with pytest.raises(EvaluationError, match="The record of the run 'run' is damaged"):
        load_run(tmp_path / "damaged" / "run")
    assert [run.path for run in find_runs(tmp_path)] == [whole]


@pytest.mark.parametrize(
    "changes",
    [
        {"preprocessing": {**PREPROCESSING, "crop_px": 0}},
        {"preprocessing": {"crop_px": 224}},
        {"config": {**CONFIG, "mode": "none"}},
        {"config": {}},
        {"kind": "probe", "config": {"probe": "oracle"}},
    ],
)
def test_a_run_that_was_fitted_in_no_known_way_is_damaged(tmp_path: Path, changes: dict[str, Any]) -> None:
    with pytest.raises(EvaluationError, match="is damaged\\. Run it again"):
        load_run(kept(tmp_path, **changes))


def test_what_a_run_was_fitted_with_is_read_by_its_kind(tmp_path: Path) -> None:
    probe = load_run(kept(tmp_path / "a", kind="probe", config={"probe": "lda", "folds": 4}))
    assert (probe.config, probe.kind, probe.method) == (ProbeConfig("lda", folds=4), "probe", "lda")
    tuned = load_run(kept(tmp_path / "b"))
    assert (tuned.config, tuned.kind) == (FinetuneConfig("resnet18", mode="last", seed=3), "finetune")
    assert (tuned.method, tuned.preprocessing.crop_px) == ("last", 224)


def test_a_run_of_another_kind_than_is_wanted_is_refused(tmp_path: Path) -> None:
    with pytest.raises(EvaluationError, match="The run 'run' is of the kind 'finetune', and not 'probe'"):
        read_run(kept(tmp_path / "run"), [ProbeConfig])


def test_a_run_of_another_version_is_told_as_such(tmp_path: Path) -> None:
    with pytest.raises(EvaluationError, match="written by another version of Graft"):
        load_run(kept(tmp_path, schema=2))
