from __future__ import annotations

import itertools

import pytest
import torch

from core.training.cache.cut import cut_below
from core.training.cache.estimate import Paces
from core.training.cache.paces import measured
from core.training.config import FinetuneConfig
from core.training.network.network import Network
from tests.training.cache.test_views import Drawn
from tests.training.tiny import tiny_backbone


def test_each_part_is_timed_by_itself_and_nothing_is_learnt() -> None:
    network = Network(tiny_backbone(), 3, FinetuneConfig("tiny", mode="last", batch_norm="learnt"), n_train=10)
    network.cut = cut_below(network.backbone, network.parts[:-1], torch.rand(2, 3, 32, 32))
    before = {key: value.clone() for key, value in network.state_dict().items()}
    ticks = itertools.accumulate([0.0, 8.0, 0.0, 16.0, 0.0, 24.0, 0.0, 32.0])
    paces = measured(network, network.cut, Drawn(20), seed=0, clock=lambda: next(ticks))
    assert paces == Paces(photo_s=1.0, trunk_s=2.0, top_s=3.0, whole_s=4.0)
    assert all(torch.equal(value, before[key]) for key, value in network.state_dict().items())
    assert all(parameter.grad is None for parameter in network.parameters())
    assert network.training


def test_few_photos_are_few_to_divide_by() -> None:
    network = Network(tiny_backbone(), 3, FinetuneConfig("tiny", mode="last"))
    network.cut = cut_below(network.backbone, network.parts[:-1], torch.rand(2, 3, 32, 32))
    ticks = itertools.count(step=4.0)
    assert measured(network, network.cut, Drawn(2), seed=0, clock=lambda: next(ticks)).whole_s == pytest.approx(2.0)
