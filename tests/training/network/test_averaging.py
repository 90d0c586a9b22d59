"""Averages of weights, against those made by hand."""

from __future__ import annotations

import pytest
import torch

from core.training.config import FinetuneConfig
from core.training.network.averaging import MovingAverage, State, between, greedy_soup
from core.training.network.network import Network
from core.training.results.history import Candidate
from tests.training.tiny import tiny_backbone


def test_a_moving_average_lets_go_of_its_start_in_a_few_steps() -> None:
    network = Network(tiny_backbone(), 2, FinetuneConfig("tiny"))
    average, by_hand = MovingAverage(network, 0.5), 0.0
    for step in range(1, 13):
        with torch.no_grad():
            network.head.bias.fill_(float(step))
        average.update(network)
        decay = min(0.5, (1 + step) / (10 + step))
        by_hand = decay * by_hand + (1 - decay) * step
        assert average.state["head.bias"].tolist() == pytest.approx([by_hand] * 2)
    assert network.head.bias.tolist() == [12.0] * 2
    assert average.steps == 12


def test_counts_are_copied_and_not_averaged() -> None:
    network = Network(tiny_backbone(), 2, FinetuneConfig("tiny", mode="full", batch_norm="learnt"))
    average = MovingAverage(network, 0.9)
    network.train()(torch.rand(2, 3, 32, 32))
    average.update(network)
    assert average.state["backbone.trunk.stem.1.num_batches_tracked"].item() == 1


def test_weights_between_two_lie_on_the_line() -> None:
    start, end = (
        {"w": torch.tensor([0.0, 4.0]), "n": torch.tensor(3)},
        {"w": torch.tensor([2.0, 0.0]), "n": torch.tensor(5)},
    )
    quarter = between(start, end, 0.25)
    assert quarter["w"].tolist() == [0.5, 3.0]
    assert quarter["n"].item() == 5


def ingredient(value: float, loss: float, accuracy: float = 1.0) -> tuple[State, Candidate]:
    return {"w": torch.tensor([value])}, Candidate(epoch=1, weights=str(value), loss=loss, accuracy=accuracy)


def closeness(target: float, accuracy: float = 1.0):
    """Judges a weight by its distance from a target."""

    def judge(state: State, name: str) -> Candidate:
        return Candidate(epoch=1, weights=name, loss=abs(state["w"].item() - target), accuracy=accuracy)

    return judge


def test_a_soup_takes_what_makes_it_no_worse() -> None:
    soup = greedy_soup([ingredient(4.0, 1.0), ingredient(2.5, 0.5), ingredient(3.5, 0.9)], closeness(3.0))
    assert soup is not None
    state, candidate = soup
    assert state["w"].tolist() == [3.0]  # 2.5 and 3.5; with 4 it would be farther off
    assert candidate == Candidate(epoch=1, weights="soup", loss=0.0, accuracy=1.0)


def test_a_soup_of_one_is_none() -> None:
    assert greedy_soup([ingredient(3.0, 0.0), ingredient(4.0, 1.0)], closeness(3.0)) is None
    assert greedy_soup([ingredient(2.0, 1.0), ingredient(4.0, 1.0)], closeness(3.0, accuracy=0.5)) is None
    assert greedy_soup([ingredient(2.0, 1.0)], closeness(3.0)) is None
