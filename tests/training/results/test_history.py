"""What each epoch came to, as its file has it: written by this Graft, and where an earlier one wrote it."""

from __future__ import annotations

from pathlib import Path

import pytest

from core.errors import RecordError, TrainingError
from core.training.results.history import (
    FILE,
    Averages,
    Candidate,
    Epoch,
    best_of,
    read_averages,
    read_history,
    save_averages,
    save_history,
)

WRITTEN = """[
 {
  "epoch": 0,
  "train_loss": null,
  "val_loss": 0.75,
  "train_accuracy": null,
  "val_accuracy": 0.5,
  "ema_val_loss": null,
  "ema_val_accuracy": null,
  "recall": [
   0.5,
   null
  ],
  "lr": 0.0,
  "seconds": 0.5,
  "images_per_s": null,
  "best": false
 },
 {
  "epoch": 1,
  "train_loss": 0.75,
  "val_loss": 0.5,
  "train_accuracy": 0.5,
  "val_accuracy": 0.25,
  "ema_val_loss": 0.625,
  "ema_val_accuracy": 0.75,
  "recall": [],
  "lr": 0.001,
  "seconds": 2.5,
  "images_per_s": 32.0,
  "best": true
 }
]"""
EPOCHS = (
    Epoch(epoch=0, val_loss=0.75, val_accuracy=0.5, recall=(0.5, None), lr=0.0, seconds=0.5),
    Epoch(
        epoch=1, train_loss=0.75, val_loss=0.5, train_accuracy=0.5, val_accuracy=0.25, ema_val_loss=0.625,
        ema_val_accuracy=0.75, lr=0.001, seconds=2.5, images_per_s=32.0,
    ),
)  # fmt: skip


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


def test_nothing_is_kept_that_is_right_less_often_than_the_start() -> None:
    start = Epoch(epoch=0, val_loss=0.9, val_accuracy=0.8, lr=0.0, seconds=1.0)
    worse = Epoch(epoch=1, val_loss=0.1, val_accuracy=0.7, lr=0.1, seconds=1.0)
    as_good = Epoch(epoch=2, val_loss=0.5, val_accuracy=0.8, lr=0.1, seconds=1.0)
    assert best_of([start, worse]) == Candidate(epoch=0, weights="start", loss=0.9, accuracy=0.8)
    assert best_of([start, worse, as_good]) == Candidate(epoch=2, weights="raw", loss=0.5, accuracy=0.8)
    assert best_of([worse, as_good]) == Candidate(epoch=1, weights="raw", loss=0.1, accuracy=0.7)


def test_of_an_epoch_the_moving_average_may_be_kept() -> None:
    both = Epoch(epoch=3, val_loss=0.5, val_accuracy=0.5, ema_val_loss=0.25, ema_val_accuracy=0.75, lr=0.1, seconds=1.0)
    assert best_of([both]) == Candidate(epoch=3, weights="ema", loss=0.25, accuracy=0.75)


def test_of_averages_the_lowest_loss_is_kept_that_is_no_worse_than_the_start(tmp_path: Path) -> None:
    def candidate(weights: str, loss: float, accuracy: float) -> Candidate:
        return Candidate(epoch=0 if weights == "start" else 4, weights=weights, loss=loss, accuracy=accuracy)

    start, end = candidate("start", 0.5, 0.8), candidate("ema", 0.4, 0.85)
    line = (candidate("0.25", 0.2, 0.7), candidate("0.5", 0.3, 0.8), candidate("0.75", 0.35, 0.9))
    averages = Averages(start=start, line=line, end=end, soup=candidate("soup", 0.38, 0.9))
    assert averages.best == line[1]
    assert Averages(end=end).best == end
    assert Averages(start=start, end=candidate("raw", 0.1, 0.6)).best == start
    assert read_averages(tmp_path) is None
    save_averages(tmp_path, averages)
    assert read_averages(tmp_path) == averages
    (tmp_path / "averages.json").write_text("{}")
    with pytest.raises(TrainingError, match="cannot be read"):
        read_averages(tmp_path)


@pytest.mark.parametrize("written", ["", "{", "3", "[1]", '{"epoch": 1}', '[{"epoch": 1}]', '[{"epoch": "1"}]'])
def test_what_cannot_be_read_is_one_sentence(tmp_path: Path, written: str) -> None:
    (tmp_path / FILE).write_text(written)
    with pytest.raises(TrainingError, match="epochs of this run cannot be read"):
        read_history(tmp_path)


def test_a_run_without_epochs_says_so(tmp_path: Path) -> None:
    with pytest.raises(TrainingError, match="epochs of this run cannot be read"):
        read_history(tmp_path)
