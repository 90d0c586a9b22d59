from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import typer
from click.testing import Result
from typer.testing import CliRunner

from core.backbones import pretrain
from core.backbones.pretraining.recipe import RECIPES
from core.paths import read_json
from tests.backbones.conftest import RECIPE, MeanColour
from tests.conftest import ZipBuilder


def command(options: dict[str, Any]) -> Result:
    app = typer.Typer()
    app.command()(pretrain.main)
    return CliRunner().invoke(app, [str(word) for pair in options.items() for word in pair])


@pytest.fixture
def options(packed: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    monkeypatch.setattr(pretrain, "open_teacher", lambda *_a, **_k: MeanColour())
    second = replace(RECIPE, epochs=1, cooldown_epochs=1, every=2, seed=1)
    monkeypatch.setitem(RECIPES, "tiny", (replace(RECIPE, stop_epoch=3), second))
    return {
        "--architecture": "tiny", "--images": packed, "--teacher": "fake", "--work": tmp_path / "work",
        "--out": tmp_path / "out", "--name": "mine", "--input-px": 32,
    }  # fmt: skip


def test_it_trains_every_part_exports_and_scores(
    options: dict[str, Any], small_zip: ZipBuilder, tmp_path: Path
) -> None:
    result = command({**options, "--score": small_zip()})
    assert result.exit_code == 0, result.output
    card = read_json(tmp_path / "out" / "mine.json")
    assert (card["architecture"], card["epochs"], card["teacher"]) == ("tiny", [3, 1], "mean_colour")
    assert [(part["every"], part["seed"]) for part in card["recipe"]] == [(1, 0), (2, 1)]
    assert len(card["accuracy"]) == 1
    assert "every2" in result.output
    again = command(options)  # all of it is done
    assert again.exit_code == 0
    assert "step" not in again.output
    assert read_json(tmp_path / "out" / "mine.json")["sha256"] == card["sha256"]


def test_it_can_be_cut_short(options: dict[str, Any], tmp_path: Path) -> None:
    assert command({**options, "--until-step": 2}).exit_code == 0
    assert read_json(tmp_path / "out" / "mine.json")["epochs"] == pytest.approx([2 / 3, 1], abs=0.01)


def test_a_changed_recipe_is_one_run_to_its_end(options: dict[str, Any], tmp_path: Path) -> None:
    assert command({**options, "--epochs": 5, "--seed": 7}).exit_code == 0
    card = read_json(tmp_path / "out" / "mine.json")
    assert card["epochs"] == [5]
    (part,) = card["recipe"]
    assert (part["epochs"], part["seed"], part["stop_epoch"]) == (5, 7, None)


def test_it_may_begin_with_another_backbone(options: dict[str, Any], tmp_path: Path) -> None:
    assert command(options).exit_code == 0
    start = tmp_path / "out" / "mine.json"
    assert command({**options, "--name": "next", "--start": start, "--epochs": 4}).exit_code == 0
    (part,) = read_json(tmp_path / "out" / "next.json")["recipe"]
    assert part["start"] == str(start)


def test_what_is_wrong_is_told_in_a_line(options: dict[str, Any], tmp_path: Path) -> None:
    result = command({**options, "--images": tmp_path / "nothing.zip"})
    assert result.exit_code == 1
    assert "“nothing.zip” holds no images" in result.output
