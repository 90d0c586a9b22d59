"""A fine-tuning's epochs for other tools."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import pytest

from core.backbones.spec import Preprocessing
from core.errors import TrainingError
from core.runs import Run
from core.training.config import FinetuneConfig
from core.training.results import logs
from core.training.results.history import Epoch
from core.training.results.logs import history_table, write_events, zipped_events

EPOCHS = (
    Epoch(epoch=0, val_loss=0.5, val_accuracy=0.75, recall=(0.5, None), lr=0.0, seconds=1.0),
    Epoch(epoch=1, train_loss=0.25, val_loss=0.375, val_accuracy=0.875, recall=(1.0, None), lr=0.5, seconds=2.0),
)


@pytest.fixture
def run(tmp_path: Path) -> Run:
    return Run(tmp_path, "b", ("cat", "dog"), "d", "pets", "f", Preprocessing(16, 16), FinetuneConfig("b"), {},
               created="2026-01-01T00:00:10+00:00")  # fmt: skip


def test_the_table_has_a_row_for_each_epoch_and_marks_the_best():
    headings, rows = history_table(EPOCHS)
    rows = [dict(zip(headings, row, strict=True)) for row in rows]
    assert [row["epoch"] for row in rows] == [0, 1]
    assert [row["best"] for row in rows] == [False, True]
    assert rows[1]["val_accuracy"] == 0.875


def test_tensorboard_reads_what_was_written(run: Run, tmp_path: Path):
    loader = pytest.importorskip("tensorboard.backend.event_processing.event_file_loader")
    file = write_events(run, EPOCHS, tmp_path / "events")
    read = {
        (value.tag, event.step): (value.tensor.float_val[0] if value.HasField("tensor") else value.simple_value)
        for event in loader.EventFileLoader(str(file)).Load()
        for value in event.summary.value
    }
    assert read == {
        ("loss/validation", 0): 0.5,
        ("accuracy/validation", 0): 0.75,
        ("recall/cat", 0): 0.5,
        ("loss/training", 1): 0.25,
        ("loss/validation", 1): 0.375,
        ("accuracy/validation", 1): 0.875,
        ("learning rate", 1): 0.5,
        ("recall/cat", 1): 1.0,
    }
    with zipfile.ZipFile(io.BytesIO(zipped_events(run, EPOCHS, "pets"))) as packed:
        (name,) = packed.namelist()
    assert name.startswith("pets/events.out.tfevents.")


def test_without_tensorboard_it_says_what_to_install(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(logs, "has_tensorboard", lambda: False)
    with pytest.raises(TrainingError, match="pip install tensorboard"):
        write_events(run, EPOCHS, tmp_path)
