"""Resources that sessions share are made once, and anew when their files change."""

from __future__ import annotations

from pathlib import Path

import pytest

from core.data.dataset import Dataset
from core.data.library import delete_dataset
from core.errors import DatasetError, EvaluationError
from pages.ui import resources
from pages.ui.charts.history import training_history
from tests.pages.charts.rows import epoch
from tests.pages.conftest import FakePool, W


def test_a_figure_is_drawn_again_when_its_results_have_changed(pool: FakePool):
    first = resources.figure(training_history, [epoch(1)], 4)
    assert resources.figure(training_history, [epoch(1)], 4) is first
    grown = resources.figure(training_history, [epoch(1), epoch(2)], 4)
    assert list(grown.data[0].x) == [1, 2]
    assert list(first.data[0].x) == [1]


def test_a_file_that_was_deleted_meanwhile_is_reported_by_its_reader(pool: FakePool, tmp_path: Path, dataset: Dataset):
    with pytest.raises(EvaluationError):
        resources.judged(tmp_path / "val.npz")
    delete_dataset(W, dataset.id)
    with pytest.raises(DatasetError):
        resources.original(dataset, W)
