"""The Data page's own figures: splits, sizes, shortcuts."""

import pytest

from core.health.shortcuts import Shortcut
from pages.ui.charts import base
from pages.ui.data.charts import image_sizes, split_counts
from pages.ui.data.charts_health import shortcut_bars
from tests.health.reports import label_check
from tests.pages.charts.rows import SHORTCUT


def test_split_counts_are_stacked_with_a_total_for_each_class():
    figure = split_counts({"train": {"ants": 5, "bees": 1}, "val": {"ants": 2}, "test": {"bees": 3}})
    train, val, test, totals = figure.data
    assert figure.layout.barmode == "stack"
    assert [t.name for t in (train, val, test)] == ["training", "validation", "test"]
    assert (train.x, val.x, test.x) == ((5, 1), (2, 0), (0, 3))
    assert totals.x == (7, 4)
    assert totals.text == (" 7", " 4")
    assert train.hovertext == ("ants<br>5 training photos of 7", "bees<br>1 training photo of 4")
    assert figure.layout.yaxis.ticktext == ("ants", "bees")


def test_a_thousand_classes_stay_on_a_page():
    figure = split_counts({"train": {f"class {i}": 1 for i in range(1000)}})
    assert figure.layout.height == 900


def test_sizes_are_counted():
    (dots,) = image_sizes([10, 10, 30], [20, 20, 40]).data
    assert (dots.x, dots.y) == ((10, 30), (20, 40))
    assert dots.hovertext == ("2 photos of 10 × 20 px", "1 photo of 30 × 40 px")
    assert dots.marker.size[0] > dots.marker.size[1]


def test_sizes_are_logarithmic_where_they_differ_much():
    assert image_sizes([28, 4000], [28, 3000]).layout.xaxis.type == "log"
    assert image_sizes([100, 300], [90, 300]).layout.xaxis.type == "linear"
    assert image_sizes([], []).data[0].x == ()


def test_shortcuts_stand_against_chance_and_alarming_ones_in_their_own_color():
    calm = Shortcut("border", 0.55, (0.5, 0.6), 0.5, 60)
    figure = shortcut_bars([SHORTCUT, calm], None)
    chance, dots = figure.data
    assert list(chance.x) == [0.5, 0.5]
    assert list(dots.x) == [0.8, 0.55]
    assert list(dots.error_x.array) == pytest.approx([0.05, 0.05])
    assert list(dots.error_x.arrayminus) == pytest.approx([0.1, 0.05])
    assert list(dots.marker.color) == [base.ORANGE, base.BLUE]
    assert "70.0 to 85.0 %" in dots.hovertext[0]
    assert figure.layout.yaxis.ticktext == ("File size, dimensions and format", "The border of the photo")


def test_the_probe_that_sees_the_whole_photo_comes_first_and_never_alarms():
    check = label_check(right=36, n=40)
    figure = shortcut_bars([SHORTCUT], check)
    chance, dots = figure.data
    assert list(dots.x) == [0.9, 0.8]
    assert list(chance.x) == [0.5, 0.5]
    assert list(dots.marker.color) == [base.BLUE, base.ORANGE]
    assert list(dots.error_x.arrayminus) == pytest.approx([0.9 - check.accuracy_ci[0], 0.1])
    assert figure.layout.yaxis.ticktext[0] == "The whole photo, by a backbone"
