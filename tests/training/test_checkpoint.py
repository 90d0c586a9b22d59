"""How far an interrupted training is, as its file has it."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors import safe_open
from safetensors.torch import save_file

from core.errors import TrainingError
from core.runs import LAST
from core.training.checkpoint import (
    PREVIOUS,
    TrainingState,
    TrainingTask,
    read_best,
    read_state,
    restore_last,
    save_best,
    save_last,
)
from core.training.config import FinetuneConfig
from core.training.network.averaging import MovingAverage
from core.training.network.network import Network
from core.training.network.optimizer import make_optimizer
from core.training.results.history import Candidate, Epoch
from tests.training.tiny import tiny_backbone

EPOCHS = (
    Epoch(epoch=1, train_loss=0.75, val_loss=0.5, train_accuracy=0.5, val_accuracy=0.25, lr=0.001, seconds=2.5),
    Epoch(epoch=2, train_loss=0.5, val_loss=0.625, train_accuracy=0.75, val_accuracy=0.5, lr=0.0005, seconds=1.5),
)
TASK = TrainingTask(config=FinetuneConfig("tiny", lr=0.001), fingerprint="f")
STATE = TrainingState(task=TASK, history=EPOCHS, seconds=4.5)


def keep(folder: Path, content: dict[str, Any], file: str = LAST) -> None:
    save_file({"network.head.weight": torch.zeros(1)}, folder / file, {"state": json.dumps(content)})


def trained(optimizer: str = "adamw") -> tuple[Network, torch.optim.Optimizer, MovingAverage]:
    """A network after one step, its optimizer, and the average of its weights."""
    config = FinetuneConfig("tiny", mode="full", optimizer=optimizer)
    network = Network(tiny_backbone(), 2, config)
    changer, average = make_optimizer(network, config), MovingAverage(network, 0.9)
    with torch.no_grad():
        network.head.weight.normal_(generator=torch.Generator().manual_seed(1))
    network(torch.rand(4, 3, 32, 32)).square().sum().backward()
    changer.step()
    average.update(network)
    return network, changer, average


def test_the_state_is_kept_as_text_beside_the_weights(tmp_path: Path) -> None:
    network, optimizer, average = trained()
    save_last(tmp_path, network, optimizer, STATE, average)
    with safe_open(tmp_path / LAST, framework="pt") as file:
        assert json.loads(file.metadata()["state"]) == STATE.to_json()
    assert read_state(tmp_path) == STATE


@pytest.mark.parametrize("optimizer", ["adamw", "sgd"])
def test_network_optimizer_and_average_come_back_bit_for_bit(tmp_path: Path, optimizer: str) -> None:
    kept = trained(optimizer)
    save_last(tmp_path, *kept[:2], replace(STATE, averaged=kept[2].steps), kept[2])
    config = FinetuneConfig("tiny", mode="full", optimizer=optimizer)
    network = Network(tiny_backbone(), 2, config)
    changer, average = make_optimizer(network, config), MovingAverage(network, 0.9)
    restore_last(tmp_path, network, changer, average)
    assert all(torch.equal(value, kept[0].kept_state()[key]) for key, value in network.kept_state().items())
    assert all(torch.equal(value, kept[2].state[key]) for key, value in average.state.items())
    assert average.steps == 1
    before, after = kept[1].state_dict()["state"], changer.state_dict()["state"]
    assert before.keys() == after.keys()
    assert all(torch.equal(value, after[n][key]) for n, own in before.items() for key, value in own.items())


def test_the_checkpoint_before_stands_in_for_one_that_is_damaged(tmp_path: Path) -> None:
    network, optimizer, average = trained()
    save_last(tmp_path, network, optimizer, STATE, average)
    save_last(tmp_path, network, optimizer, replace(STATE, history=EPOCHS[:1]), average)
    assert read_state(tmp_path) == replace(STATE, history=EPOCHS[:1])
    (tmp_path / LAST).write_bytes((tmp_path / LAST).read_bytes()[:-8])
    assert read_state(tmp_path) == STATE
    restore_last(tmp_path, network, optimizer, average)
    (tmp_path / PREVIOUS).write_bytes(b"")
    with pytest.raises(TrainingError, match="Delete the run and start again"):
        read_state(tmp_path)


def test_the_best_weights_are_kept_with_what_validation_said(tmp_path: Path) -> None:
    best = Candidate(epoch=2, weights="ema", loss=0.25, accuracy=0.75)
    save_best(tmp_path, {"head.weight": torch.tensor([1.0, 2.0])}, best)
    state, candidate = read_best(tmp_path)
    assert candidate == best
    assert state["head.weight"].tolist() == [1.0, 2.0]


def test_what_an_earlier_graft_began_says_so(tmp_path: Path) -> None:
    save_file({"network.head.weight": torch.zeros(1)}, tmp_path / LAST, {"standing": "{}"})
    with pytest.raises(TrainingError, match="An earlier Graft began this training"):
        read_state(tmp_path)


def test_a_state_counts_from_the_start() -> None:
    start = Epoch(epoch=0, val_loss=0.4, val_accuracy=0.5, lr=0.0, seconds=1.0)
    assert TrainingState(task=TASK).best is None
    assert TrainingState(task=TASK).epochs == TrainingState(task=TASK, history=(start,)).epochs == 0
    assert replace(STATE, history=(start, *EPOCHS)).epochs == 2


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
    keep(tmp_path, {**STATE.to_json(), **change})
    with pytest.raises(TrainingError, match="Delete the run and start again"):
        read_state(tmp_path)


def test_moments_come_back_in_the_layout_of_their_weights(tmp_path: Path) -> None:
    config = FinetuneConfig("tiny", mode="full")
    network = Network(tiny_backbone(), 2, config).to(memory_format=torch.channels_last)
    optimizer = make_optimizer(network, config)
    network(torch.rand(4, 3, 32, 32)).square().sum().backward()
    optimizer.step()
    save_last(tmp_path, network, optimizer, STATE)
    restore_last(tmp_path, network, optimizer)
    for parameter, moments in optimizer.state.items():
        assert moments["exp_avg"].stride() == parameter.stride()
