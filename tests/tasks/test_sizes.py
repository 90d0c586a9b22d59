"""Another size of input: on the command line, in training, and in the bundle that is taken home."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from core.backbones.registry import info
from core.bundle.archive import read_card
from core.cli import progress
from core.cli.app import main
from core.models.load import classifier_of
from core.models.runs import load_run
from tests.conftest import photo


@pytest.fixture(autouse=True)
def no_lines_of_progress(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(progress, "EVERY_S", 3600.0)


def test_a_comparison_takes_one_size_for_all_networks_or_each_its_own(
    photos_zip: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    quick = ["--c", "0.01", "--folds", "3", "--repeats", "1", "--no-pair", "--json"]
    given = ["compare", str(photos_zip), "--backbones", "graft_plain,graft_plain@48,graft_plain@96,pixels_16", *quick]
    assert main([*given, "--input-px", "64", "--framing", "squashed"]) == 0
    compared = json.loads(capsys.readouterr().out)["results"]
    assert {row["backbone"] for row in compared} == {
        "graft_plain@64@squashed", "graft_plain@48@squashed", "graft_plain@squashed", "pixels_16@squashed",
    }  # fmt: skip
    assert main([*given, "--input-px", "100"]) == 2
    assert "'graft_plain' takes no input of 100 px. Choose a multiple of 16 from 48 to 192" in capsys.readouterr().err


@pytest.mark.slow
def test_what_was_trained_at_a_size_sees_so_when_taken_home(
    photos_zip: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    given = ["--backbone", "graft_plain", "--input-px", "64", "--mode", "full", "--epochs", "1", "--json"]
    assert main(["finetune", str(photos_zip), "--out", str(tmp_path / "run"), *given]) == 0
    assert json.loads(capsys.readouterr().out)["backbone"] == "graft_plain@64"
    run = load_run(tmp_path / "run")
    assert run.preprocessing == info("graft_plain@64").preprocessing
    assert main(["export", str(tmp_path / "run"), "--out", str(tmp_path / "bundle.zip")]) == 0
    assert "64 × 64 pixels" in read_card(tmp_path / "bundle.zip")

    photos = [photo((200, 60, 60), seed) for seed in range(3)]
    trained, home = classifier_of(run), classifier_of(tmp_path / "bundle.zip")
    assert home.preprocessing.input_px == 64
    assert home.input_of(photos[0]).shape == (3, 64, 64)
    np.testing.assert_array_equal(home.predict(photos), trained.predict(photos))
