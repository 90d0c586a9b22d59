"""What each epoch came to, as its file has it: written by this Graft, and where an earlier one wrote it."""

from __future__ import annotations

from pathlib import Path

import pytest

from core.errors import RecordError, TrainingError
from core.training.history import FILE, Epoch, best_of, read_history, save_history

WRITTEN = """[
 {
  "epoch": 1,
  "train_loss": 0.75,
  "val_loss": 0.5,
  "train_accuracy": 0.5,
  "val_accuracy": 0.25,
  "lr": 0.001,
  "seconds": 2.5,
  "best": true
 },
 {
  "epoch": 2,
  "train_loss": 0.5,
  "val_loss": 0.625,
  "train_accuracy": 0.75,
  "val_accuracy": 0.5,
  "lr": 0.0005,
  "seconds": 1.5,
  "best": false
 }
]"""
EPOCHS = (
    Epoch(epoch=1, train_loss=0.75, val_loss=0.5, train_accuracy=0.5, val_accuracy=0.25, lr=0.001, seconds=2.5),
    Epoch(epoch=2, train_loss=0.5, val_loss=0.625, train_accuracy=0.75, val_accuracy=0.5, lr=0.0005, seconds=1.5),
)


def epoch(number: int, val_loss: float | None) -> Epoch:
    return Epoch(epoch=number, val_loss=val_loss, lr=0.001, seconds=1.0)


def test_the_file_has_one_object_an_epoch_and_the_best_one_is_marked(tmp_path: Path) -> None:
    save_history(tmp_path, EPOCHS)
    assert (tmp_path / FILE).read_text() == WRITTEN


def test_the_epochs_are_read_as_they_were_written(tmp_path: Path) -> None:
    (tmp_path / FILE).write_text(WRITTEN)
    assert read_history(tmp_path) == EPOCHS


@pytest.mark.parametrize("written", ["null", "NaN", "Infinity", "-Infinity"])
def test_a_loss_that_ran_away_is_none(tmp_path: Path, written: str) -> None:
    row = f'[{{"epoch": 1, "train_loss": {written}, "val_loss": {written}, "lr": 0.1, "seconds": 1}}]'
    (tmp_path / FILE).write_text(row)
    (lost,) = read_history(tmp_path)
    assert lost == Epoch(epoch=1, lr=0.1, seconds=1)
    save_history(tmp_path, [lost])
    assert read_history(tmp_path) == (lost,)


def test_an_epoch_does_not_hold_what_is_no_number() -> None:
    with pytest.raises(RecordError, match="'val_loss' is nan"):
        epoch(1, float("nan"))


@pytest.mark.parametrize(
    ("losses", "best"), [([0.5, 0.25, 0.25], 2), ([None, 0.5], 2), ([0.5, None], 1), ([None], None), ([], None)]
)
def test_the_best_epoch_is_the_first_with_the_lowest_validation_loss(
    losses: list[float | None], best: int | None
) -> None:
    kept = best_of([epoch(number, loss) for number, loss in enumerate(losses, start=1)])
    assert (kept.epoch if kept else None) == best


@pytest.mark.parametrize("written", ["", "{", "3", "[1]", '{"epoch": 1}', '[{"epoch": 1}]', '[{"epoch": "1"}]'])
def test_what_cannot_be_read_is_one_sentence(tmp_path: Path, written: str) -> None:
    (tmp_path / FILE).write_text(written)
    with pytest.raises(TrainingError, match="epochs of this run cannot be read"):
        read_history(tmp_path)


def test_a_run_without_epochs_says_so(tmp_path: Path) -> None:
    with pytest.raises(TrainingError, match="epochs of this run cannot be read"):
        read_history(tmp_path)
