"""The curves of a training."""

import pytest

from pages.ui.charts.history import training_history
from tests.pages.charts.rows import epoch


def test_history_draws_three_panels_and_marks_the_best_epoch():
    figure = training_history([epoch(1, 0.5), epoch(2, 0.8, 0.9), epoch(3, 0.75, 0.7), epoch(4, 0.7, 0.7)], total=10)
    by_panel = {(t.yaxis, t.legendgroup): t for t in figure.data}
    assert by_panel["y", "train"].y == pytest.approx((2.0, 1.0, 2 / 3, 0.5))
    assert by_panel["y", "val"].y == (1.0, 0.9, 0.7, 0.7)
    assert by_panel["y2", "val"].y == (0.5, 0.8, 0.75, 0.7)
    assert by_panel["y3", None].y == (0.01,) * 4
    assert [shape.x0 for shape in figure.layout.shapes] == [3, 3, 3]
    assert "best: epoch 3" in figure.layout.annotations[0].text
    assert figure.layout.xaxis3.range == (0.5, 10.5)
    low, high = figure.layout.yaxis2.range
    assert 0.4 < low < 0.5
    assert 0.8 < high < 0.9
    assert by_panel["y2", "val"].hovertext[1] == "epoch 2<br>validation accuracy: 80.0 %"


@pytest.mark.parametrize("n", [0, 1])
def test_history_is_drawn_from_the_start_of_a_run(n):
    figure = training_history([epoch(i + 1) for i in range(n)], total=5)
    assert [len(t.x) for t in figure.data] == [n] * 5
    assert len(figure.layout.shapes) == 3 * n
    assert figure.layout.xaxis.range == (0.5, 5.5)


def test_history_leaves_gaps_where_a_loss_ran_away():
    figure = training_history([epoch(1, val_loss=None, val_accuracy=None), epoch(2, train_loss=None)])
    assert figure.data[0].y == (2.0, None)
    assert figure.data[1].y == (None, 1.0)
    assert figure.data[3].y == (None, 0.5)
    assert figure.data[3].hovertext[0] == ""
    assert figure.layout.shapes[0].x0 == 2


def test_history_marks_nothing_where_no_epoch_was_judged():
    assert not training_history([epoch(1, val_loss=None)]).layout.shapes


def test_history_draws_the_averaged_weights_and_the_probe_as_a_line_to_be_beaten():
    figure = training_history([epoch(0, 0.7, 0.8), epoch(1, 0.6, 0.9, ema_val_loss=0.7, ema_val_accuracy=0.75)])
    by_panel = {(t.yaxis, t.legendgroup): t for t in figure.data}
    assert by_panel["y", "probe"].y == (0.8, 0.8)
    assert by_panel["y2", "probe"].y == (0.7, 0.7)
    assert by_panel["y2", "probe"].x == (0.5, 1.5)
    assert by_panel["y", "ema"].y == (0.7,)
    assert by_panel["y2", "ema"].y == (0.75,)
    assert by_panel["y", "train"].x == (1,)
    assert sum(trace.showlegend is not False for trace in figure.data) == 4
    assert "best: epoch 1" in figure.layout.annotations[0].text


def test_history_says_where_nothing_is_better_than_the_probe():
    figure = training_history([epoch(0, 0.7, 0.5), epoch(1, 0.6, 0.9)])
    assert not figure.layout.shapes
    assert "best: the probe" in figure.layout.annotations[0].text
