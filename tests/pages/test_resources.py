"""What sessions share is made once, and anew when it is another."""

from __future__ import annotations

from pages.ui import resources
from pages.ui.charts.history import training_history
from tests.pages.conftest import FakePool


def test_a_figure_is_drawn_again_when_its_results_have_changed(pool: FakePool):
    epoch = {"epoch": 1, "train_loss": 0.7, "val_loss": 0.6, "train_accuracy": 0.6, "val_accuracy": 0.9, "lr": 0.01}
    first = resources.figure(training_history, [epoch], None, 4)
    assert resources.figure(training_history, [dict(epoch)], None, 4) is first
    grown = resources.figure(training_history, [epoch, {**epoch, "epoch": 2}], None, 4)
    assert list(grown.data[0].x) == [1, 2]
    assert list(first.data[0].x) == [1]
