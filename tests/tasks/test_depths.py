"""Where to begin to fine-tune: the verb and the command."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from core.cli import progress
from core.cli.app import main
from core.errors import BackboneError
from core.probing.probes.probe import ProbeConfig
from core.probing.studies.depth import Depth
from core.progress import silent
from core.tasks.requests import DepthRequest
from core.tasks.results import Studied
from core.tasks.studies import depth

BACKBONE = "graft_plain"
QUICK = ProbeConfig(folds=3, repeats=1, c=0.01, seed=1)


def test_the_results_of_every_stage_are_kept_in_the_jobs_folder(photos_zip: Path, tmp_path: Path) -> None:
    result = depth(tmp_path, DepthRequest(dataset=str(photos_zip), backbone=BACKBONE, config=QUICK), silent)
    study = Depth.load(tmp_path)
    assert result == Studied(file="depth.json", dataset=study.dataset.id)
    assert [stage.name for stage in study.stages] == ["stem", "stage1", "stage2", "stage3", "stage4"]
    assert [stage.width for stage in study.stages] == [32, 64, 128, 256, 384]
    assert study.n == 28  # of 40 images those of the training split
    assert [pair.b for pair in study.pairs] == ["stem", "stage1", "stage2", "stage3"]
    assert (study.seed, study.folds, study.repeats) == (1, 3, 1)


def test_of_many_images_a_part_is_used_with_a_note(photos_zip: Path, tmp_path: Path) -> None:
    request = DepthRequest(dataset=str(photos_zip), backbone=BACKBONE, config=QUICK, images=20)
    depth(tmp_path, request, silent)
    study = Depth.load(tmp_path)
    assert study.n == 20
    assert "20 of 28 training photos" in study.notes[0]


def test_raw_pixels_have_no_depth(photos_zip: Path, tmp_path: Path) -> None:
    with pytest.raises(BackboneError, match="has no stages"):
        depth(tmp_path, DepthRequest(dataset=str(photos_zip), backbone="pixels_16"), silent)


def test_the_command_says_where_to_begin(
    photos_zip: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(progress, "EVERY_S", 3600.0)
    words = ["depth", str(photos_zip), "--backbone", BACKBONE, "--folds", "3", "--repeats", "1"]
    assert main([*words, "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert main(words) == 0
    output = " ".join(capsys.readouterr().out.split())
    assert document["suggestion"]["mode"] in ("head", "last", "full")
    assert f"finetune --mode {document['suggestion']['mode']}" in output
    assert "3-fold cross-validation on 28 training photos, 1 times" in output
    assert all(stage["name"] in output for stage in document["stages"])
