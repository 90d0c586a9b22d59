"""What `evaluate` says beside the scores: another run photo by photo, and where it is worse."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from core.cli.judging import show
from core.evaluation.detail import look_closely
from core.evaluation.metrics import evaluate
from core.evaluation.predictions import Predictions
from core.evaluation.temperature import with_temperature
from core.models.runs import load_run
from tests.cli.conftest import document, mistake, run
from tests.conftest import photo_bytes, zip_of_photos


def test_another_run_photo_by_photo(
    capsys: pytest.CaptureFixture[str], finetuned: tuple[Path, Any], data: Path, tmp_path: Path
) -> None:
    other = tmp_path / "other"
    words = ("finetune", data, "--backbone", "pixels_16", "--epochs", "1", "--seed", "3", "--out", other)
    document(capsys, *words)
    told = document(capsys, "evaluate", finetuned[0], "--against", other)
    against = told["against"]
    assert against["n"] == told["n"]
    assert sum(len(ids) for ids in against["photos"].values()) == told["n"]
    assert (against["a"], against["b"]) == (str(finetuned[0]), str(other))
    assert "against" not in document(capsys, "evaluate", finetuned[0])
    code, out, err = run(capsys, "evaluate", finetuned[0], "--against", other)
    assert (code, err) == (0, "")
    assert f"A: {finetuned[0]}\nB: {other}\n" in out
    assert (out.count(str(other)), "only A right" in out, "'B' on" in out) == (1, True, True)
    assert "McNemar" in out


def test_a_run_that_is_not_there_is_a_mistake(capsys: pytest.CaptureFixture[str], finetuned: tuple[Path, Any]) -> None:
    assert "not a finished run" in mistake(capsys, "evaluate", finetuned[0], "--against", finetuned[0] / "none")
    assert "is the same run" in mistake(capsys, "evaluate", finetuned[0], "--against", finetuned[0])


def test_a_bundle_has_no_predictions_of_its_own(
    capsys: pytest.CaptureFixture[str], finetuned: tuple[Path, Any], tmp_path: Path
) -> None:
    bundle = tmp_path / "model.zip"
    document(capsys, "export", finetuned[0], "--out", bundle)
    for command in ("evaluate", "abstain", "strangers", "robustness"):
        assert "is a bundle" in mistake(capsys, command, bundle)


@pytest.mark.parametrize(
    "words", [("--split", "test"), ("--against", "run"), ("--slices",), ("--table", "more.csv")], ids=lambda w: w[0]
)
def test_what_does_not_go_with_other_photos_is_named(
    capsys: pytest.CaptureFixture[str], words: tuple[str, ...]
) -> None:
    assert f"{words[0]} does not go with --on" in mistake(capsys, "evaluate", "run", "--on", "field.zip", *words)
    assert "Give them by --on" in mistake(capsys, "evaluate", "run", "--rename", "a=b")


def test_where_it_is_worse(
    capsys: pytest.CaptureFixture[str], finetuned: tuple[Path, Any], data: Path, tmp_path: Path
) -> None:
    document(capsys, "inspect", data)
    document(capsys, "finetune", data, "--backbone", "pixels_16", "--epochs", "1", "--out", tmp_path / "run")
    told = document(capsys, "evaluate", tmp_path / "run", "--slices")
    assert told["slices"]["slices"] == []  # there are only four photos
    assert "brightness" in told["slices"]["uncut"]
    table = tmp_path / "more.csv"
    table.write_text("file,site\n" + "".join(f"cat/{n}.png,north\n" for n in range(12)))
    told = document(capsys, "evaluate", tmp_path / "run", "--table", table)
    assert "column:site" in told["slices"]["uncut"]
    code, out, err = run(capsys, "evaluate", tmp_path / "run", "--slices")
    assert (code, err) == (0, "")
    assert "There is nothing to cut these photos by" in out
    assert "none.csv" in mistake(capsys, "evaluate", tmp_path / "run", "--table", tmp_path / "none.csv")


def test_judged_by_other_photos(
    capsys: pytest.CaptureFixture[str], finetuned: tuple[Path, Any], data: Path, tmp_path: Path
) -> None:
    photos = zip_of_photos(tmp_path / "other.zip", classes=("Cat", "hound"), per_class=4, size_px=40)
    told = document(capsys, "evaluate", finetuned[0], "--on", photos, "--rename", "hound=dog [bold]")
    assert told["n"] == 8
    assert told["calibration"]["temperature"] == load_run(finetuned[0]).kept.temperature
    assert told["on"]["against_own"]["other_n"] > 0
    assert (told["on"]["skipped"], told["on"]["abstention"], told["on"]["strangers"]) == ({}, None, None)
    assert told["on"]["notes"] == ["Taken for the model's classes: 'Cat' → 'cat', 'hound' → 'dog [bold]'."]
    code, out, err = run(capsys, "evaluate", finetuned[0], "--on", photos)
    assert (code, err) == (0, "")
    assert "4 photos were left out" in out
    assert "THEIRS=OURS" in mistake(capsys, "evaluate", finetuned[0], "--on", photos, "--rename", "hound")


def test_tried_on_spoilt_photos(capsys: pytest.CaptureFixture[str], data: Path, tmp_path: Path) -> None:
    document(capsys, "finetune", data, "--backbone", "pixels_16", "--epochs", "1", "--out", tmp_path / "run")
    told = document(capsys, "robustness", tmp_path / "run", "--photos", "3")
    assert (told["n"], len(told["levels"])) == (3, 21)
    code, out, err = run(capsys, "robustness", tmp_path / "run")
    assert (code, err) == (0, "")
    assert "quality 15" in out
    assert "too few to show what is lost" in out


def test_several_views_are_measured_and_chosen(capsys: pytest.CaptureFixture[str], data: Path, tmp_path: Path) -> None:
    model = tmp_path / "run"
    document(capsys, "finetune", data, "--backbone", "pixels_16", "--epochs", "1", "--out", model)
    told = document(capsys, "tta", model)
    assert ([way["kind"] for way in told["ways"]], told["kept"]) == (["flip", "crops"], "none")
    code, out, err = run(capsys, "tta", model, "--keep", "crops")
    assert (code, err) == (0, "")
    assert "It predicts with: mirrored and cut, too." in out
    photo = tmp_path / "a.png"
    photo.write_bytes(photo_bytes((130, 110, 60), 5))
    kept = document(capsys, "predict", model, photo)
    assert kept == document(capsys, "predict", model, photo, "--tta", "crops")
    assert kept != document(capsys, "predict", model, photo, "--tta", "none")
    assert "no way" in mistake(capsys, "predict", model, photo, "--tta", "both")


def test_photos_that_are_gone_are_brought_again_and_others_are_refused(
    capsys: pytest.CaptureFixture[str], finetuned: tuple[Path, Any], data: Path, tmp_path: Path
) -> None:
    assert "no such dataset" in mistake(capsys, "robustness", finetuned[0])  # this test has a home of its own
    told = document(capsys, "robustness", finetuned[0], "--data", data, "--photos", "2")
    assert told["n"] == 2
    other = zip_of_photos(tmp_path / "other.zip", per_class=12, size_px=40)
    assert "evaluate --on" in mistake(capsys, "tta", finetuned[0], "--data", other)


def test_a_temperature_is_told_with_what_it_brought(capsys: pytest.CaptureFixture[str]) -> None:
    raw = Predictions(
        ("a", "b"), np.array([0, 0, 1] * 10), np.array([[0.9, 0.1]] * 30), tuple(map(str, range(30))), "val"
    )
    evened = with_temperature(raw, 2.0)
    result = evaluate(evened)
    show.evaluation(result, look_closely(evened, result, 2.0))
    out = " ".join(capsys.readouterr().out.split())
    assert "Temperature 2: the model's scores are divided by it." in out
    brier = [(2 * p**2 + 4 * (1 - p) ** 2) / 3 for p in (0.9, 0.75)]  # two thirds are right
    assert f"Brier score {brier[1]:.3f} (95 % interval" in out
    assert f"and the Brier score {brier[0]:.3f} (" in out
    assert "Before, the expected calibration error was 23.3 % (" in out
    show.evaluation(result, look_closely(evened, result))
    assert "Temperature 1: the model's scores are as they were fitted." in capsys.readouterr().out
