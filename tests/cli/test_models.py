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
from core.cli import show
from core.models.runs import load_run
from core.runs import KeptEpoch, Run, SplitScore
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
    assert (tuned["baseline"]["a"], tuned["baseline"]["b"]) == ("fine-tuned", "frozen, with a probe")
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
    assert "accuracy 75.0 % (95 % interval 50.0–87.5 %) on 8 photos; epoch 2 is kept" in out
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


def test_export_and_predict(
    capsys: pytest.CaptureFixture[str], finetuned: tuple[Path, Any], data: Path, tmp_path: Path
) -> None:
    bundle = tmp_path / "bundle.zip"
    assert document(capsys, "export", finetuned[0], "--out", bundle)["file"] == str(bundle)
    assert {"manifest.json", "model.safetensors"} <= set(zipfile.ZipFile(bundle).namelist())
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


def test_every_image_is_in_the_answer_and_those_that_cannot_be_read_say_why(
    capsys: pytest.CaptureFixture[str], finetuned: tuple[Path, Any], tmp_path: Path
) -> None:
    (tmp_path / "good.png").write_bytes(photo_bytes((200, 60, 50), 1))
    (tmp_path / "bad.png").write_bytes(b"no image at all")
    code, out, err = run(capsys, "predict", finetuned[0], tmp_path / "bad.png", tmp_path / "good.png", "--json")
    assert code == 1
    bad, good = json.loads(out)
    assert (Path(bad["image"]).name, bad["label"], bad["proba"], bad["reason"]) == ("bad.png", None, {}, "not_an_image")
    assert bad["error"].startswith("It is not a photo")
    assert (Path(good["image"]).name, set(good)) == ("good.png", {"image", "label", "proba"})
    assert "bad.png" in err
    assert err.count("\n") == 1
    code, out, err = run(capsys, "predict", finetuned[0], tmp_path)
    assert (code, err.count("\n")) == (1, 1)
    assert "It is not a photo" in out


def test_where_no_image_can_be_read_it_is_a_mistake(
    capsys: pytest.CaptureFixture[str], finetuned: tuple[Path, Any], tmp_path: Path
) -> None:
    for n in range(3):
        (tmp_path / f"{n}.jpg").write_bytes(b"")
    code, out, err = run(capsys, "predict", finetuned[0], tmp_path, "--json")
    assert code == 2
    assert [row["reason"] for row in json.loads(out)] == ["empty_file"] * 3
    assert "The file is empty" in err
    assert "(and 2 more)" in err


def test_a_folder_means_its_photos_by_their_endings_and_none_of_what_systems_leave_there(
    capsys: pytest.CaptureFixture[str], finetuned: tuple[Path, Any], tmp_path: Path
) -> None:
    photo = photo_bytes((200, 60, 50), 1)
    meant = ["a.png", "b.jfif", "c.JPE", "no_ending", "sub/a.jpg"]
    left_out = ["__MACOSX/x.jpg", ".hidden/x.jpg", "._a.png", ".DS_Store", "notes.txt", "labels.csv", "film.mov"]
    for name in (*meant, *left_out, "d.NEF", ".e.jpg.icloud"):
        path = tmp_path / "mix" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(photo if name != "d.NEF" else b"II*\0\x08\0\0\0")
    code, out, err = run(capsys, "predict", finetuned[0], tmp_path / "mix", "--json")
    assert code == 1
    assert "2 photos in hidden folders were left out" in err
    assert f"'{tmp_path / 'mix' / '.hidden'}': 1" in err
    named = ", ".join(f"'{tmp_path / 'mix' / name}'" for name in ("film.mov", "labels.csv", "notes.txt"))
    assert "3 files were left out" in err
    assert f"({named})" in err
    rows = {str(Path(row["image"]).relative_to(tmp_path / "mix")): row.get("reason", "") for row in json.loads(out)}
    assert rows == {**dict.fromkeys(meant, ""), "d.NEF": "camera_raw", ".e.jpg.icloud": "not_downloaded"}


@pytest.mark.skipif(sys.platform == "win32", reason="links need rights there")
def test_links_in_a_folder_are_followed_within_it_or_named(
    capsys: pytest.CaptureFixture[str], finetuned: tuple[Path, Any], tmp_path: Path
) -> None:
    folder = tmp_path / "mix"
    (folder / "in").mkdir(parents=True)
    (folder / "in" / "a.png").write_bytes(photo_bytes((200, 60, 50), 1))
    (tmp_path / "elsewhere").mkdir()
    links = {"again": folder / "in", "v1.2": tmp_path / "elsewhere", "up": folder, "dead.jpg": tmp_path / "nothing"}
    for name, target in links.items():
        (folder / name).symlink_to(target)
    code, out, _err = run(capsys, "predict", finetuned[0], folder, "--json")
    assert code == 1
    rows = {str(Path(row["image"]).relative_to(folder)): row.get("reason", "") for row in json.loads(out)}
    assert rows == {"again/a.png": "", "in/a.png": "", **dict.fromkeys(("dead.jpg", "up", "v1.2"), "link")}


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
    assert "Over 2 seeds" in run(capsys, *words)[1]


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
