"""`finetune --preset`: what it refuses, what it says, and that it chooses once."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.conftest import document, mistake


def test_a_preset_takes_no_setting_that_it_decides_itself(
    capsys: pytest.CaptureFixture[str], data: Path, tmp_path: Path
) -> None:
    line = mistake(capsys, "finetune", data, "--preset", "quick", "--epochs", "3", "--out", tmp_path / "run")
    assert "'epochs'" in line
    line = mistake(capsys, "finetune", data, "--preset", "fast", "--backbone", "graft_plain", "--out", tmp_path / "run")
    assert "quick, thorough" in line


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
