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
    line = mistake(capsys, "extend", data, stopped, "--out", tmp_path / "more")
    assert line == (
        "'stopped' is a training that was stopped after epoch 1 of 2. The same `finetune` command goes on with it; "
        "`take` makes a model of the best so far.\n"
    )
    best = document(capsys, "take", data, stopped, "--out", taken)
    assert [epoch["epoch"] for epoch in best["history"]] == [0, 1]
    whole = document(capsys, *finetuning(data, stopped)[:-1])
    assert [epoch["epoch"] for epoch in whole["history"]] == [0, 1, 2]


def test_what_cannot_go_on_says_why(capsys: pytest.CaptureFixture[str], data: Path, tmp_path: Path) -> None:
    new = tmp_path / "new"
    assert "holds no training that has kept anything yet. Start it" in mistake(
        capsys, "take", data, tmp_path, "--out", new
    )
    assert "is not a finished run" in mistake(capsys, "extend", data, tmp_path, "--out", new)
    for command in ("take", "extend"):
        line = mistake(capsys, command, data, tmp_path / "none", "--out", new)
        assert line.startswith(f"There is no folder '{tmp_path / 'none'}'. Give the directory that")
    assert not new.exists()
