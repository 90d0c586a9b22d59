"""How far an interrupted training is, as its file has it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors import safe_open
from safetensors.torch import save_file

from core.errors import TrainingError
from core.training.checkpoint import LAST, TrainingState, TrainingTask, read_state, save_last
from core.training.config import FinetuneConfig
from core.training.history import Epoch
from core.training.network import Network, make_optimizer
from tests.training.tiny import tiny_backbone

EPOCHS = (
    Epoch(epoch=1, train_loss=0.75, val_loss=0.5, train_accuracy=0.5, val_accuracy=0.25, lr=0.001, seconds=2.5),
    Epoch(epoch=2, train_loss=0.5, val_loss=0.625, train_accuracy=0.75, val_accuracy=0.5, lr=0.0005, seconds=1.5),
)
TASK = TrainingTask(config=FinetuneConfig("tiny", lr=0.001), fingerprint="f")
STATE = TrainingState(task=TASK, history=EPOCHS, seconds=4.5)
WRITTEN = (
    '{"task": {"config": {"backbone": "tiny", "mode": "head", "last_stages": 1, "epochs": 10, "lr": 0.001, '
    '"batch_size": 32, "optimizer": "adamw", "schedule": "cosine", "warmup_epochs": 1.0, "weight_decay": 0.01, '
    '"label_smoothing": 0.0, "patience": 0, "seed": 0, "augmentation": {"ratio": 1.3333333333333333, "fill": "mean"}, '
    '"balance_classes": false}, "fingerprint": "f"}, "history": [{"epoch": 1, "train_loss": 0.75, '
    '"val_loss": 0.5, "train_accuracy": 0.5, "val_accuracy": 0.25, "lr": 0.001, "seconds": 2.5}, {"epoch": 2, '
    '"train_loss": 0.5, "val_loss": 0.625, "train_accuracy": 0.75, "val_accuracy": 0.5, "lr": 0.0005, '
    '"seconds": 1.5}], "seconds": 4.5}'
)


def keep(folder: Path, standing: str) -> None:
    save_file({"network.head.weight": torch.zeros(1)}, folder / LAST, {"standing": standing})


def test_the_state_is_kept_as_text_beside_the_weights(tmp_path: Path) -> None:
    network = Network(tiny_backbone(), 2, FinetuneConfig("tiny"))
    save_last(tmp_path, network, make_optimizer(network, FinetuneConfig("tiny")), STATE)
    with safe_open(tmp_path / LAST, framework="pt") as file:
        assert file.metadata() == {"standing": WRITTEN}
    assert read_state(tmp_path) == STATE


def test_the_best_epoch_so_far_has_the_lowest_validation_loss() -> None:
    assert STATE.best == EPOCHS[0]
    assert TrainingState(task=TASK).best is None


def test_one_more_epoch_follows_those_that_are_over() -> None:
    third = Epoch(epoch=3, val_loss=0.25, lr=0.0, seconds=1.0)
    state = STATE.with_epoch(third, 6.0)
    assert (state.history, state.seconds, state.best) == ((*EPOCHS, third), 6.0, third)
    assert STATE.epochs == 2


def test_a_training_that_has_not_finished_an_epoch_has_no_state(tmp_path: Path) -> None:
    assert read_state(tmp_path) is None


@pytest.mark.parametrize(
    "change",
    [
        {"history": [{"epoch": 1}]},
        {"history": 3},
        {"task": None},
        {"task": {"config": {"lr": 0.001}, "fingerprint": "f"}},
        {"seconds": "4"},
    ],
)
def test_a_damaged_state_names_the_remedy(tmp_path: Path, change: dict[str, Any]) -> None:
    keep(tmp_path, json.dumps({**json.loads(WRITTEN), **change}))
    with pytest.raises(TrainingError, match="Delete the run and start again"):
        read_state(tmp_path)
