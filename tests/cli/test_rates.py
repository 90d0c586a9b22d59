"""The command that tries learning rates, with a test that is known."""

from __future__ import annotations

from pathlib import Path

import pytest

from core.tasks import forecasting
from core.training.planning.rates import RangeTest
from tests.cli.conftest import run

LRS = tuple(10.0 ** (-6 + step / 10) for step in range(30))


def shown(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, data: Path, *, ran_away: bool
) -> list[str]:
    """The lines of the table of a test of 30 rates, whose loss is 0.5 but for 9.0 at the last."""
    losses = (*[0.5] * 29, 9.0)
    test = RangeTest(
        backbone="pixels_16", mode="head", lrs=LRS, losses=losses, smoothed=losses, ran_away=ran_away,
        suggestion=1e-4, reason="rise",
    )  # fmt: skip
    monkeypatch.setattr(forecasting, "lr_range", lambda folder, _request, _report: test.save(folder))
    code, out, err = run(capsys, "lr-range", data, "--backbone", "pixels_16", "--mode", "head")
    assert (code, err) == (0, "")
    return [" ".join(line.split()) for line in out.splitlines() if line.strip()]


def test_the_table_ends_where_the_loss_ran_away(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, data: Path
) -> None:
    lines = shown(capsys, monkeypatch, data, ran_away=True)
    rows = [line for line in lines if line[0].isdigit()]
    assert (rows[0], rows[-1], len(rows)) == ("1.0e-06 0.500", "7.9e-04 9.000", 16)
    assert "The loss ran away at a rate of 7.9e-04." in lines


def test_a_loss_that_stays_is_not_said_to_run_away(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, data: Path
) -> None:
    assert not [line for line in shown(capsys, monkeypatch, data, ran_away=False) if "ran away" in line]
