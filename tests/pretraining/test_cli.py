from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import typer
from click.testing import Result
from typer.testing import CliRunner

from core.backbones.sources.embedded import WEIGHTS
from core.paths import read_json
from core.pretraining import cli
from core.pretraining.recipe import RECIPES, recipe_from_dict
from tests.conftest import ZipBuilder
from tests.pretraining.conftest import RECIPE, MeanColour


def command(options: dict[str, Any]) -> Result:
    app = typer.Typer()
    app.command()(cli.main)
    return CliRunner().invoke(app, [str(word) for pair in options.items() for word in pair])


@pytest.fixture
def options(packed: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    monkeypatch.setattr(cli, "open_teacher", lambda *_a, **_k: MeanColour())
    monkeypatch.setitem(RECIPES, "tiny", RECIPE)
    monkeypatch.setitem(RECIPES, "tiny_more", replace(RECIPE, epochs=2, every=2))
    return {
        "--architecture": "tiny", "--images": packed, "--teacher": "fake", "--work": tmp_path / "work",
        "--out": tmp_path / "out", "--name": "mine", "--input-px": 32,
    }  # fmt: skip


@pytest.mark.parametrize("architecture", ["inception", "plain", "residual"])
def test_the_shipped_cards_hold_the_recipes_of_the_code(architecture: str) -> None:
    card = read_json(WEIGHTS / f"graft_{architecture}.json")
    on_cards: list[tuple[str, float]] = []
    part = card
    while part:
        recipe = recipe_from_dict(part["recipe"])
        (name,) = (name for name, known in RECIPES.items() if known == replace(recipe, start=""))
        on_cards.insert(0, (name, part["epochs"]))
        part = part["before"]
    names = {"residual": ["residual", "residual_photos"]}.get(architecture, [architecture])
    assert [name for name, _epochs in on_cards] == names
    for name, epochs in on_cards:
        assert epochs == pytest.approx(RECIPES[name].stop_epoch or RECIPES[name].epochs, abs=0.02)
    assert card["input_px"] == RECIPES[names[-1]].input_px


def test_it_trains_exports_and_scores(options: dict[str, Any], small_zip: ZipBuilder, tmp_path: Path) -> None:
    result = command({**options, "--score": small_zip(), "--note": "Small."})
    assert result.exit_code == 0, result.output
    card = read_json(tmp_path / "out" / "mine.json")
    assert (card["architecture"], card["epochs"], card["teacher"]) == ("tiny", 4, "mean_colour")
    assert (card["trained_on"], card["licence"], card["note"]) == ("packed", "not stated by its maker", "Small.")
    assert len(card["accuracy"]) == 1


def test_what_was_cut_short_and_then_finished_is_what_was_never_cut(options: dict[str, Any], tmp_path: Path) -> None:
    assert command(options).exit_code == 0
    whole = read_json(tmp_path / "out" / "mine.json")
    parts = {**options, "--name": "parts"}
    assert command({**parts, "--until-step": 2}).exit_code == 0
    assert read_json(tmp_path / "out" / "parts.json")["epochs"] == pytest.approx(2 / 3, abs=0.01)
    assert command(parts).exit_code == 0
    assert read_json(tmp_path / "out" / "parts.json")["sha256"] == whole["sha256"]


def test_it_may_begin_with_another_backbone(options: dict[str, Any], tmp_path: Path) -> None:
    assert command(options).exit_code == 0
    start = tmp_path / "out" / "mine.json"
    more = {**options, "--name": "next", "--start": start, "--recipe": "tiny_more", "--seed": 7}
    result = command(more)
    assert result.exit_code == 0, result.output
    card, first = read_json(tmp_path / "out" / "next.json"), read_json(start)
    recipe = card["recipe"]
    assert (recipe["start"], recipe["epochs"], recipe["every"], recipe["seed"]) == ("mine", 2, 2, 7)
    assert "every2" in result.output
    assert card["before"] == {"recipe": first["recipe"], "epochs": 4, "before": None}


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"--images": "nothing.zip"}, "'nothing.zip' holds no images"),
        ({"--architecture": "vast"}, "There is no architecture 'vast'"),
        ({"--recipe": "plain"}, "There is no recipe 'plain' for the architecture 'tiny'"),
        ({"--recipe": "other"}, "There is no recipe 'other'"),
        ({"--device": "gpu"}, "There is no device 'gpu' here"),
        ({"--score": "none.zip"}, "There is no file 'none.zip' to score on"),
        ({"--start": "graft_none"}, "no card 'graft_none' to begin with"),
        ({"--views": 0}, "'views' must be at least 1, not 0"),
        ({"--seed": -1}, "'seed' must be at least 0, not -1"),
        ({"--epochs": 1, "--cooldown": 2}, "The cool-down of 2.0 epochs"),
    ],
)
def test_a_mistake_is_reported_in_a_line_before_anything_begins(
    options: dict[str, Any], wrong: dict[str, Any], message: str, tmp_path: Path
) -> None:
    result = command({**options, **wrong})
    assert result.exit_code == 1
    assert message in result.output
    assert "Traceback" not in result.output
    assert not (tmp_path / "out").exists()


def test_teachers_of_one_name_and_two_packed_sources_are_refused(options: dict[str, Any], packed: Path) -> None:
    recipe = RECIPES["tiny"]
    for images, teachers, message in (([packed], ["a", "b"], "same name"), ([packed, packed], ["a"], "may be packed")):
        with pytest.raises(cli.BackboneError, match=message):
            cli.make_sources(images, teachers, packed / "work", recipe, device="cpu")
