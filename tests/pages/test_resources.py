"""Resources that sessions share are made once, and anew when their files change."""

from __future__ import annotations

import dataclasses
import os
from pathlib import Path

import plotly.graph_objects as go
import pytest

from core.data.dataset import Dataset
from core.data.library import delete_dataset
from core.errors import DatasetError, EvaluationError
from core.evaluation.metrics import evaluate
from core.jobs import store
from core.paths import write_json
from core.probing.comparison.record import result_file
from core.runs import Run
from pages.ui import resources
from pages.ui.charts.history import training_history
from tests.pages.charts.rows import epoch
from tests.pages.conftest import FakePool, W, compare_spec


def test_a_figure_is_drawn_again_when_its_results_have_changed(pool: FakePool):
    first = resources.figure(training_history, [epoch(1)], 4)
    assert resources.figure(training_history, [epoch(1)], 4) is first
    grown = resources.figure(training_history, [epoch(1), epoch(2)], 4)
    assert list(grown.data[0].x) == [1, 2]
    assert list(first.data[0].x) == [1]


def test_a_figure_of_photos_is_drawn_again_when_they_were_edited(pool: FakePool, dataset: Dataset):
    first = resources.dataset_figure(dataset, "sizes", go.Figure)
    assert resources.dataset_figure(dataset, "sizes", go.Figure) is first
    assert resources.dataset_figure(dataset, "counts", go.Figure) is not first
    edited = dataclasses.replace(dataset, fingerprint="of the edited photos")
    assert resources.dataset_figure(edited, "sizes", go.Figure) is not first


def test_a_figure_of_results_so_far_is_drawn_again_when_one_is_written_anew(pool: FakePool, dataset: Dataset):
    job = store.create(W, compare_spec(dataset))
    names = [("resnet18", "logistic")]
    file = result_file(job.path, *names[0])
    write_json(file, {"accuracy": 0.5})
    first = resources.results_figure(job, names, go.Figure)
    assert resources.results_figure(job, names, go.Figure) is first
    write_json(file, {"accuracy": 0.75})
    assert resources.results_figure(job, names, go.Figure) is not first


def test_predictions_of_the_same_time_but_another_file_are_judged_anew(pool: FakePool, run: Run):
    path = run.predictions_path("val")
    before = path.stat()
    predictions, _ = resources.evaluated(path)
    worse = dataclasses.replace(predictions, proba=predictions.proba[:, ::-1].copy())
    worse.save(path)
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert resources.evaluated(path)[1].accuracy == evaluate(worse).accuracy


def test_a_file_that_was_deleted_meanwhile_is_reported_by_its_reader(pool: FakePool, tmp_path: Path, dataset: Dataset):
    with pytest.raises(EvaluationError):
        resources.evaluated(tmp_path / "val.npz")
    delete_dataset(W, dataset.id)
    with pytest.raises(DatasetError):
        resources.original(dataset, W)
