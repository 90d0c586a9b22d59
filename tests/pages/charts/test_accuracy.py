"""The accuracy of backbones, as bars and fold by fold."""

import pytest

from pages.ui.charts.accuracy import accuracy_bars, fold_accuracy
from tests.pages.charts.rows import row


def test_accuracy_bars_rank_the_rows_and_keep_their_intervals():
    figure = accuracy_bars([row("low", 0.7), row("high", 0.9, n=244)])
    (dots,) = figure.data
    assert dots.x == (0.9, 0.7)
    assert figure.layout.yaxis.ticktext == ("high", "low")
    assert dots.text == ("90.0 %", "70.0 %")
    assert "244 images" in dots.hovertext[0]
    low, high = figure.layout.xaxis.range
    assert low < 0.65
    assert high > 0.92


def test_accuracy_bars_draw_macro_f1_too():
    (dots,) = accuracy_bars([row(accuracy=0.9)], measure="macro_f1").data
    assert dots.x == (0.8,)
    assert dots.error_x.array == pytest.approx((0.1,))
    assert dots.hovertext[0].startswith("resnet18<br>macro F1 80.0 %<br>95 % interval 70.0–90.0 %")


def test_rows_are_named_by_their_probe_where_there_are_several():
    figure = accuracy_bars([row("a", 0.9), row("a", 0.8, probe="knn")])
    assert figure.layout.yaxis.ticktext == ("a · logistic", "a · knn")


def test_fold_accuracy_shows_every_fold_and_the_mean():
    folds, means = fold_accuracy([row("a", 0.8), row("b", 0.9)]).data
    assert folds.x == pytest.approx((0.89, 0.91, 0.79, 0.81))
    assert folds.y == (0, 0, 1, 1)
    assert folds.hovertext[1] == "b<br>fold 2: 91.0 % right"
    assert means.x == (0.9, 0.8)
