"""`finetune --preset`: what it refuses, what it says, and that it chooses once."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.conftest import document, mistake


def test_a_preset_takes_no_setting_that_it_decides_itself(
    capsys: pytest.CaptureFixture[str], data: Path, tmp_path: Path
) -> None:
    line = mistake(capsys, "finetune", data, "--preset", "quick", "--epochs", "3", "--out", tmp_path / "run")
    assert line == "A preset decides 'epochs' itself. Leave out --epochs, or --preset.\n"
    line = mistake(capsys, "finetune", data, "--preset", "fast", "--backbone", "graft_plain", "--out", tmp_path / "run")
    assert "quick, thorough" in line


@pytest.mark.parametrize(
    ("words", "option"),
    [(["--augment", "flip"], "--augment"), (["--no-average"], "--no-average"), (["--lr", "0.1"], "--lr"),
     (["--batch-size", "8"], "--batch-size"), (["--config", "x.json"], "--config")],
)  # fmt: skip
def test_what_is_to_be_left_out_is_named_as_it_was_given(
    capsys: pytest.CaptureFixture[str], data: Path, tmp_path: Path, words: list[str], option: str
) -> None:
    line = mistake(capsys, "finetune", data, "--preset", "thorough", *words, "--out", tmp_path / "run")
    assert f"Leave out {option}, or --preset." in line


def test_a_budget_is_a_presets_and_is_never_zero(
    capsys: pytest.CaptureFixture[str], data: Path, tmp_path: Path
) -> None:
    by_hand = ("finetune", data, "--backbone", "graft_plain", "--out", tmp_path / "run", "--budget-s", "0")
    assert "Only a preset has a budget. Leave out --budget-s" in mistake(capsys, *by_hand)
    assert "The budget is 0 s. Choose from 10 to 86400 s." in mistake(capsys, *by_hand, "--preset", "quick")
    assert "There is no preset ''" in mistake(capsys, *by_hand[:-2], "--preset", "")


@pytest.mark.slow
def test_a_preset_says_what_it_chose_and_chooses_no_more_where_it_goes_on(
    capsys: pytest.CaptureFixture[str], data: Path, tmp_path: Path
) -> None:
    asked = ("finetune", data, "--preset", "quick", "--budget-s", "30", "--backbone", "graft_plain@64", "--out")
    first = document(capsys, *asked, tmp_path / "run")
    plan = first["preset"]
    assert (plan["preset"], plan["budget_s"], plan["config"]["backbone"]) == ("quick", 30, "graft_plain@64")
    assert {choice["setting"] for choice in plan["choices"]} >= {"input_px", "mode"}
    again = document(capsys, *asked, tmp_path / "run")
    assert again["preset"] == plan
    assert again["history"] == first["history"]
