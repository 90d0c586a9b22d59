"""The accuracy of backbones, as bars."""

from dataclasses import replace

import numpy as np
import pytest

from pages.ui.charts.accuracy import accuracy_bars
from tests.probing.conftest import make_result


def test_accuracy_bars_rank_the_results_and_keep_their_intervals():
    low, high = make_result("low", 70), make_result("high", 90)
    figure = accuracy_bars([low, high])
    (dots,) = figure.data
    assert dots.x == pytest.approx((0.9, 0.7))
    assert figure.layout.yaxis.ticktext == ("high", "low")
    assert dots.text == ("90.0 %", "70.0 %")
    assert dots.error_x.array == pytest.approx((high.accuracy_ci[1] - 0.9, low.accuracy_ci[1] - 0.7))
    assert dots.error_x.arrayminus == pytest.approx((0.9 - high.accuracy_ci[0], 0.7 - low.accuracy_ci[0]))
    assert "100 photos" in dots.hovertext[0]
    start, end = figure.layout.xaxis.range
    assert start < low.accuracy_ci[0]
    assert end > high.accuracy_ci[1]


def test_accuracy_bars_draw_macro_f1_too():
    result = make_result("resnet18", 90)
    (dots,) = accuracy_bars([result], measure="macro_f1").data
    assert dots.x == pytest.approx((result.macro_f1_mean,))
    assert dots.error_x.array == pytest.approx((result.macro_f1_ci[1] - result.macro_f1_mean,))
    assert dots.hovertext[0].startswith(f"resnet18<br>macro F1 {100 * result.macro_f1_mean:.1f} %<br>95 % interval ")


def test_macro_f1_stands_in_the_order_of_accuracy():
    result = make_result("always a", 90)
    always_a = replace(result.held_out, proba=np.broadcast_to(np.float32([0.8, 0.2]), result.held_out.proba.shape))
    constant, wrong = replace(result, held_out=always_a), make_result("often wrong", 45)
    assert constant.accuracy_mean > wrong.accuracy_mean
    assert constant.macro_f1_mean < wrong.macro_f1_mean
    assert accuracy_bars([wrong, constant], "macro_f1").layout.yaxis.ticktext == ("always a", "often wrong")


def test_results_are_named_by_their_probe_where_there_are_several():
    figure = accuracy_bars([make_result("a", 90), make_result("a", 80, probe="knn")])
    assert figure.layout.yaxis.ticktext == ("a · logistic", "a · knn")
