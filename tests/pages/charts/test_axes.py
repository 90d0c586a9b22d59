"""Axes whose ticks are written as numbers are everywhere."""

import numpy as np
import pytest

from pages.ui.charts import axes


def test_shares_are_percentages_at_round_steps():
    axis = axes.share_axis("accuracy", [0.7, 0.9])
    assert axis["ticktext"] == ["70 %", "80 %", "90 %"]
    assert axis["tickvals"] == pytest.approx([0.7, 0.8, 0.9])
    assert axis["range"] == pytest.approx((0.67, 0.93))


def test_an_axis_of_shares_may_have_ends_of_its_own():
    assert axes.share_axis("accuracy", (), (-0.02, 1.02))["ticktext"] == ["0 %", "25 %", "50 %", "75 %", "100 %"]


@pytest.mark.parametrize("high", [0, 1, 3, 7, 42, 999, 4250, 123456])
def test_counts_are_whole_numbers_with_a_comma_and_no_two_alike(high):
    axis = axes.count_axis("images", high)
    assert 2 <= len(axis["ticktext"]) <= 8
    assert len(set(axis["ticktext"])) == len(axis["ticktext"])
    assert [int(text.replace(",", "")) for text in axis["ticktext"]] == axis["tickvals"]


def test_points_below_zero_have_a_true_minus():
    assert axes.points_axis("recall", 22)["ticktext"] == ["−20", "−10", "0", "+10", "+20"]


def test_a_logarithmic_axis_writes_its_numbers_out():
    axis = axes.log_axis("images", 8, 90)
    assert axis["ticktext"] == ["5", "10", "20", "50", "100"]
    assert axis["range"][0] < np.log10(8) < np.log10(90) < axis["range"][1]


def test_a_logarithmic_axis_has_commas_and_parts_of_one():
    assert axes.log_axis("images", 0.02, 4000)["ticktext"] == ["0.01", "0.1", "1", "10", "100", "1,000", "10,000"]
