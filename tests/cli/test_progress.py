"""What the command line shows of a long verb."""

from __future__ import annotations

import io
import signal
import sys
from typing import Any

import pytest

from core.cli.progress import Lines, reporting, stopping_gently
from core.errors import Cancelled
from core.estimate import TimeEstimator
from core.progress import Progress


def test_progress_without_a_terminal_is_a_line_now_and_then() -> None:
    out = io.StringIO()
    at = [0.0]
    report = Lines(out, every_s=0.0, estimator=TimeEstimator(now=lambda: at[0]))
    report(Progress(0, 4, "fold 0", "resnet18"))
    at[0] = 10.0
    report(Progress(1, 4, "fold 1", "resnet18"))
    assert out.getvalue() == "resnet18: fold 0\n 25 % resnet18: fold 1 (about 0:30 left)\n"
    quick = Lines(out, every_s=60.0, estimator=TimeEstimator())
    quick(Progress(1, 1, "no line for what is quick"))
    assert "quick" not in out.getvalue()


def test_progress_in_a_terminal_is_a_bar_on_stderr(monkeypatch: pytest.MonkeyPatch, capsys: Any) -> None:
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True, raising=False)
    monkeypatch.setenv("FORCE_COLOR", "1")
    with reporting() as report:
        report(Progress(1, 4, "class [bold]", "resnet18"))
    out, err = capsys.readouterr()
    assert out == ""
    assert "class [bold]" in err


def test_who_asks_to_stop_stops_at_the_next_step_and_who_asks_twice_at_once(capsys: pytest.CaptureFixture[str]) -> None:
    before = signal.getsignal(signal.SIGINT)
    steps: list[Progress] = []
    with stopping_gently(steps.append) as report:
        report(Progress(1, 2))
        signal.raise_signal(signal.SIGINT)
        assert "Press Ctrl-C once more" in capsys.readouterr().err
        with pytest.raises(Cancelled, match="What was learnt is kept"):
            report(Progress(2, 2))
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(signal.SIGINT)
    assert steps == [Progress(1, 2)]
    assert signal.getsignal(signal.SIGINT) is before
