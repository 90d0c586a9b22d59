"""The commands that make a model, judge it, take it home and use it."""

from __future__ import annotations

import json
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import pytest

from core.backbones.spec import Preprocessing
from core.bundle.files import CARD
from core.cli import show
from core.models.runs import load_run
from core.runs import Run
from core.scores import KeptEpoch, SplitScore
from core.training.config import FinetuneConfig
from core.training.results.history import Epoch
from core.training.results.outcome import Outcome
from tests.cli.conftest import COLOURS, ROOT, document, finetuning, mistake, run
from tests.conftest import photo_bytes


def test_finetune_as_json(finetuned: tuple[Path, Any]) -> None:
    path, tuned = finetuned
    assert tuned["run"] == str(path)
    assert [epoch["epoch"] for epoch in tuned["history"]] == [0, 1, 2]
    assert tuned["metrics"]["val"]["n"] > 0
    assert "test" not in tuned["metrics"]
    assert tuned["baseline"]["n"] == tuned["metrics"]["val"]["n"]
    assert "baseline_test" not in tuned
    assert tuned["verdict"] in ("start", "better", "unsure", "none", "worse")
    assert tuned["averages"]["kept"] == tuned["metrics"]["val"]["weights"]
    assert (tuned["baseline"]["a"], tuned["baseline"]["b"]) == ("tuned", "frozen")
    assert (path / "run.json").is_file()
    record = json.loads((path / "run.json").read_text())
    assert record["config"]["augmentation"]["rotation"] == 15.0
    assert record["seed"] == 3


@pytest.mark.slow
def test_a_command_in_a_process_of_its_own_ends_well_and_warns_of_nothing(
    finetuned: tuple[Path, Any], data: Path, tmp_path: Path
) -> None:
    line = [sys.executable, "-m", "core", *finetuning(data, tmp_path / "run")]
    done = subprocess.run(line, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "Warning" not in done.stderr
    assert json.loads(done.stdout)["metrics"] == finetuned[1]["metrics"]


def test_finetune_as_a_table_leaves_the_test_images_for_the_end(
    capsys: pytest.CaptureFixture[str], data: Path, tmp_path: Path
) -> None:
    code, out, err = run(
        capsys, "finetune", data, "--backbone", "pixels_16", "--epochs", "2", "--out", tmp_path / "run"
    )
    assert (code, err) == (0, "")
    assert "Validation: accuracy" in out
    assert "on 4 photos" in out
    assert "Test: accuracy" not in out
    assert "--split test" in out
    assert "On the same 4 validation photos it is" in out or "the model is that probe" in out
    assert "% fine-tuned" in out


def test_finetune_tells_test_numbers_when_it_is_asked_for_them(
    capsys: pytest.CaptureFixture[str], finetuned: tuple[Path, Any], data: Path
) -> None:
    path, _without = finetuned
    again = ("finetune", data, "--backbone", "graft_plain", "--mode", "head", "--epochs", "2", "--seed", "3",
             "--augment", "flip,rotation=15", "--out", path, "--test")  # fmt: skip
    kept = load_run(path).metrics["test"]
    told = document(capsys, *again)
    assert told["metrics"]["test"]["accuracy"] == kept.accuracy
    assert told["baseline_test"]["n"] == kept.n
    assert told["baseline_test"]["n"] != 0
    assert f"Test: accuracy {100 * kept.accuracy:.1f} %" in run(capsys, *again)[1]


def test_an_epoch_without_a_loss_leaves_its_cell_empty(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    score = SplitScore(n=8, accuracy=0.75, accuracy_ci=(0.5, 0.875), macro_f1=0.7, macro_f1_ci=(0.5, 0.9))
    tuned = Run(tmp_path, "b", ("a", "b"), "d", "pets", "f", Preprocessing(16, 16), FinetuneConfig("b"), {"val": score},
                kept=KeptEpoch(best_epoch=2, epochs=2))  # fmt: skip
    epochs = (
        Epoch(epoch=1, train_loss=0.75, train_accuracy=0.5, lr=0.1, seconds=1.5),
        Epoch(epoch=2, train_loss=0.5, val_loss=0.25, train_accuracy=0.625, val_accuracy=0.75, lr=0.1, seconds=1.0),
    )
    show.finetuning(Outcome(tuned, epochs, None, {}), ())
    out = capsys.readouterr().out
    rows = [line.split() for line in out.splitlines()]
    assert ["1", "0.750", "50.0", "%", "1.5"] in rows
    assert ["2", "0.500", "0.250", "62.5", "%", "75.0", "%", "1.0"] in rows
    assert "accuracy 75.0 % (95 % interval 50.0 to 87.5 %) on 8 photos; epoch 2 is kept" in out
    assert "--split test" not in out


def test_a_finished_run_is_not_overwritten(
    capsys: pytest.CaptureFixture[str], finetuned: tuple[Path, Any], data: Path
) -> None:
    path, _found = finetuned
    before = (path / "run.json").read_bytes()
    line = mistake(capsys, "finetune", data, "--backbone", "graft_plain", "--epochs", "1", "--seed", "4", "--out", path)
    assert "run" in line
    assert (path / "run.json").read_bytes() == before


@pytest.mark.parametrize("split", ["val", "test"])
def test_evaluate_as_json(capsys: pytest.CaptureFixture[str], finetuned: tuple[Path, Any], split: str) -> None:
    answer = document(capsys, "evaluate", finetuned[0], "--split", split)
    assert answer["classes"] == list(COLOURS)
    assert sum(map(sum, answer["confusion_matrix"])) == answer["n"]
    assert {"accuracy", "accuracy_ci", "macro_f1", "per_class"} <= set(answer)
    assert {score["score"] for score in answer["scores"]} >= {"balanced_accuracy", "matthews", "kappa", "brier"}
    assert [each["class"] for each in answer["ranking"]["per_class"]] == list(COLOURS)
    assert sum(each["n"] for each in answer["calibration"]["bins"]) == answer["n"]
    calibration, temperature = answer["calibration"], load_run(finetuned[0]).kept.temperature
    assert calibration["temperature"] == temperature
    assert (calibration["before"] is None) == (temperature == 1.0)
    assert calibration["brier"] == next(each["value"] for each in answer["scores"] if each["score"] == "brier")
    kept = load_run(finetuned[0]).metrics[split].to_json()
    assert {key: kept[key] for key in ("n", "accuracy", "accuracy_ci", "macro_f1", "macro_f1_ci")} == {
        key: answer[key] for key in ("n", "accuracy", "accuracy_ci", "macro_f1", "macro_f1_ci")
    }


def test_evaluate_as_a_table_shows_names_literally(
    capsys: pytest.CaptureFixture[str], finetuned: tuple[Path, Any]
) -> None:
    code, out, err = run(capsys, "evaluate", finetuned[0])
    assert (code, err) == (0, "")
    assert "dog [bold]" in out
    assert "Balanced accuracy" in out
    assert "Expected calibration error" in out
    assert "Brier score" in out
    assert "Temperature" in out


def test_export_and_predict(
    capsys: pytest.CaptureFixture[str], finetuned: tuple[Path, Any], data: Path, tmp_path: Path
) -> None:
    bundle = tmp_path / "bundle.zip"
    told = document(capsys, "export", finetuned[0], "--out", bundle)
    assert told["file"] == str(bundle)
    assert told["graphs"]["model.onnx"]["largest"] < 1e-4
    assert {"manifest.json", "model.safetensors", *told["files"]} == {*zipfile.ZipFile(bundle).namelist()} - {CARD}
    photos = tmp_path / "photos"
    for n, (name, colour) in enumerate(COLOURS.items()):
        photos.mkdir(exist_ok=True)
        (photos / f"{n}-{name}.png").write_bytes(photo_bytes(colour, seed=900 + n))
    rows = document(capsys, "predict", bundle, photos)
    assert [Path(row["image"]).stem[2:] for row in rows] == list(COLOURS)
    for row in rows:
        assert set(row) == {"image", "label", "proba"}
        assert set(row["proba"]) == set(COLOURS)
        assert sum(row["proba"].values()) == pytest.approx(1.0, abs=1e-5)
        assert row["proba"][row["label"]] == max(row["proba"].values())
    same = document(capsys, "predict", finetuned[0], photos / "0-cat.png")
    assert same[0]["proba"] == pytest.approx(rows[0]["proba"], abs=1e-5)
    code, out, err = run(capsys, "predict", bundle, photos)
    assert (code, err) == (0, "")
    assert "dog [bold]" in out


def test_what_is_in_the_bundle_is_said_in_words(
    capsys: pytest.CaptureFixture[str], finetuned: tuple[Path, Any], tmp_path: Path
) -> None:
    code, out, err = run(
        capsys, "export", finetuned[0], "--out", tmp_path / "b.zip", "--onnx", "int8", "--onnx", "fp32", "--with-photos"
    )
    assert (code, err) == (0, "")
    assert "model.int8.onnx" in out
    assert "accuracy against fp32" in out
    bare = document(capsys, "export", finetuned[0], "--out", tmp_path / "b.zip", "--onnx", "none")
    assert (bare["files"], bare["graphs"], bare["left_out"]) == ({}, {}, {})


def test_a_precision_that_is_none_is_named(
    capsys: pytest.CaptureFixture[str], finetuned: tuple[Path, Any], tmp_path: Path
) -> None:
    message = mistake(capsys, "export", finetuned[0], "--out", tmp_path / "b.zip", "--onnx", "fp8")
    assert "There is no onnx 'fp8'. Choose among fp32, fp16, int8" in message


def test_a_split_that_is_not_there(capsys: pytest.CaptureFixture[str], finetuned: tuple[Path, Any]) -> None:
    assert "val, test" in mistake(capsys, "evaluate", finetuned[0], "--split", "oof")


def test_several_seeds_are_runs_of_their_own_and_told_together(
    capsys: pytest.CaptureFixture[str], data: Path, tmp_path: Path
) -> None:
    words = ("finetune", data, "--backbone", "pixels_16", "--epochs", "1", "--seed", "4", "--seeds", "2",
             "--out", tmp_path / "run")  # fmt: skip
    told = document(capsys, *words)
    assert told["seeds"]["seeds"] == [4, 5]
    assert load_run(tmp_path / "run-seed5").config.seed == 5
    assert told["seeds"]["gains"][0] == told["baseline"]["accuracy"]
    assert told["seeds"]["verdict"] == "alike"
    assert "seeds_test" not in told
    as_table = run(capsys, *words)[1]
    assert "With each of 2 seeds" in as_table
    assert "On the test photos:" not in as_table
    with_test = document(capsys, *words, "--test")
    assert with_test["seeds"] == told["seeds"]
    assert with_test["seeds_test"]["gains"][0] == with_test["baseline_test"]["accuracy"]
    as_table = run(capsys, *words, "--test")[1]
    assert as_table.index("The run is in") < as_table.index("On the validation photos:")
    assert as_table.index("On the validation photos:") < as_table.index("On the test photos:")
    assert as_table.count("With each of 2 seeds") == 2


def test_another_training_where_a_seed_goes_is_told_before_any_begins(
    capsys: pytest.CaptureFixture[str], data: Path, tmp_path: Path
) -> None:
    words = ("finetune", data, "--backbone", "pixels_16", "--seed", "4", "--out")
    document(capsys, *words, tmp_path / "run-seed5", "--epochs", "2")
    line = mistake(capsys, *words, tmp_path / "run", "--epochs", "1", "--seeds", "2")
    assert line.startswith(f"'{tmp_path / 'run-seed5'}' holds another training than this one with seed 5.")
    assert not (tmp_path / "run").exists()
    (tmp_path / "run-seed5" / "run.json").write_text("{}")
    assert str(tmp_path / "run-seed5") in mistake(capsys, *words, tmp_path / "run", "--epochs", "1", "--seeds", "2")
    (tmp_path / "run-seed6").touch()
    line = mistake(capsys, *words, tmp_path / "run", "--epochs", "1", "--seeds", "3", "--seed", "5")
    assert f"'{tmp_path / 'run-seed6'}' is a file" in line


def test_the_log_of_a_run_as_a_table_as_csv_and_as_json(
    capsys: pytest.CaptureFixture[str], finetuned: tuple[Path, Any], tmp_path: Path
) -> None:
    path, tuned = finetuned
    assert document(capsys, "log", path)["history"] == tuned["history"]
    code, out, err = run(capsys, "log", path)
    assert (code, err) == (0, "")
    assert "Validation loss" in out
    assert str(tmp_path / "log.csv") in run(capsys, "log", path, "--out", tmp_path / "log.csv")[1]
    lines = (tmp_path / "log.csv").read_text(encoding="utf-8-sig").splitlines()
    assert len(lines) == 1 + len(tuned["history"])
    assert lines[0].startswith("epoch,train_loss,val_loss")
