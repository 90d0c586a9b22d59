"""The rate that a range test suggests, on curves whose answer is known."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from core.errors import TrainingError
from core.training.planning.rates import RangeTest, smooth, suggest

LRS = [10.0**power for power in np.linspace(-6, 0, 61)]


def falling(middle: float, low: float) -> list[float]:
    """A loss from 2 to 1 whose steepest fall is at 10**middle and that rises again beyond 10**low."""
    x = np.log10(LRS)
    fall = 2 - 1 / (1 + np.exp(-4 * (x - middle)))
    return [float(value) for value in fall + np.maximum(x - low, 0) * 3]


def test_smoothing_takes_the_bias_of_the_beginning_out():
    assert smooth([2.0, 2.0, 2.0]) == pytest.approx([2.0, 2.0, 2.0])
    assert smooth([1.0, 0.0]) == pytest.approx([1.0, 0.09 / 0.19])


def test_where_the_loss_falls_it_is_its_steepest_fall():
    """The smoothed loss is some steps behind: a step is a quarter of a power of ten."""
    lr, reason = suggest(LRS, falling(-4, -1))
    assert reason == "steepest"
    assert 1e-4 <= lr <= 5e-4


def test_a_fall_close_to_the_minimum_gives_way_to_a_tenth_of_that():
    lr, reason = suggest(LRS, falling(-1.5, -1))
    lowest = LRS[int(np.argmin(smooth(falling(-1.5, -1))))]
    assert (lr, reason) == (pytest.approx(0.1 * lowest, rel=0.05), "minimum")


def test_where_the_loss_barely_falls_it_is_a_third_of_where_it_rises():
    flat = [1.0 + 3 * max(power + 2, 0) for power in np.log10(LRS)]
    lr, reason = suggest(LRS, flat)
    assert reason == "rise"
    assert 0.003 <= lr <= 0.006


def test_what_differs_from_batch_to_batch_is_no_fall():
    noise = np.random.default_rng(0).exponential(0.1, len(LRS))
    lr, reason = suggest(LRS, [*noise[:-12], *(noise[-12:] + 1.0)])
    assert reason == "rise"
    assert lr == pytest.approx(LRS[-12] / 3, rel=0.3)


def test_a_loss_that_never_rises_gives_a_third_of_the_greatest_rate():
    assert suggest(LRS, [1.0] * len(LRS)) == (0.33, "rise")


def test_a_test_is_kept_and_says_why(tmp_path: Path):
    test = RangeTest(
        backbone="graft_residual", mode="full", lrs=(1e-4, 1e-3), losses=(1.0, 2.0), smoothed=(1.0, 1.5),
        ran_away=True, suggestion=1e-4, reason="rise",
    )  # fmt: skip
    test.save(tmp_path)
    assert RangeTest.load(tmp_path) == test
    assert "third" in test.why
    with pytest.raises(TrainingError):
        RangeTest.load(tmp_path / "none")
