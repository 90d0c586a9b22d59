"""The commands that go on with a training: extend, take, and finetune once more after it was stopped."""

from __future__ import annotations

import os
import signal
from pathlib import Path
from typing import Any

import pytest

from core.tasks import models
from core.training.checkpoint import read_state
from tests.cli.conftest import document, finetuning, mistake, run


def test_a_finished_run_is_extended_into_another(
    capsys: pytest.CaptureFixture[str], data: Path, tmp_path: Path
) -> None:
    short, longer = tmp_path / "short", tmp_path / "longer"
    document(capsys, *finetuning(data, short)[:-1])
    extended = document(capsys, "extend", data, short, "--epochs", "2", "--out", longer)
    assert [epoch["epoch"] for epoch in extended["history"]] == [0, 1, 2, 3, 4]
    assert extended["run"] == str(longer)
    assert "takes" not in mistake(capsys, "extend", data, tmp_path / "none", "--out", longer)


def test_ctrl_c_keeps_what_was_learnt_and_the_best_so_far_can_be_taken(
    capsys: pytest.CaptureFixture[str], data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stopped, taken = tmp_path / "stopped", tmp_path / "taken"
    fit = models.finetune

    def interrupted(folder: Path, request: Any, report: Any) -> Any:
        def press(step: Any) -> None:
            if "epoch" in step.data and step.data["epoch"]["epoch"] == 1:
                os.kill(os.getpid(), signal.SIGINT)
            report(step)

        return fit(folder, request, press)

    with monkeypatch.context() as patch:
        patch.setattr(models, "finetune", interrupted)
        code, out, err = run(capsys, *finetuning(data, stopped))
    assert (code, out) == (130, "")
    assert err.splitlines()[-1] == "Stopped. What was learnt is kept: the same command goes on from there."
    state = read_state(stopped)
    assert state is not None
    assert state.epochs == 1
    best = document(capsys, "take", data, stopped, "--out", taken)
    assert [epoch["epoch"] for epoch in best["history"]] == [0, 1]
    whole = document(capsys, *finetuning(data, stopped)[:-1])
    assert [epoch["epoch"] for epoch in whole["history"]] == [0, 1, 2]


def test_what_cannot_go_on_says_why(capsys: pytest.CaptureFixture[str], data: Path, tmp_path: Path) -> None:
    assert "holds no training that has kept anything" in mistake(
        capsys, "take", data, tmp_path, "--out", tmp_path / "new"
    )
