"""Learning rates that are tried on a copy: how far they go, and that the backbone is left as it was."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise

import pytest
import torch

from core.backbones.load import load
from core.data.dataset import Dataset
from core.errors import Cancelled
from core.progress import Progress
from core.training.config import FinetuneConfig
from core.training.planning import range_test as range_test_module
from core.training.planning.range_test import LEAST_STEPS, STEPS, affordable, range_test

CONFIG = FinetuneConfig("graft_plain@64", "last", batch_size=8)


@pytest.fixture
def pets(small_dataset: Callable[..., Dataset]) -> Dataset:
    return small_dataset(per_class=20)


def test_rates_grow_until_the_loss_runs_away_and_the_backbone_stays_as_it_was(pets: Dataset):
    before = {name: value.clone() for name, value in load(CONFIG.backbone).state_dict().items()}
    test = range_test(pets, CONFIG)
    assert all(a < b for a, b in pairwise(test.lrs))
    assert len(test.lrs) == len(test.losses) == len(test.smoothed)
    assert test.ran_away is (len(test.lrs) < STEPS)
    assert test.lrs[0] < test.suggestion < test.lrs[-1]
    assert all(torch.equal(value, before[name]) for name, value in load(CONFIG.backbone).state_dict().items())


@pytest.mark.slow
def test_the_same_seed_tries_the_same_batches(pets: Dataset):
    once, again = (range_test(pets, replace(CONFIG, mode="head")) for _round in range(2))
    assert once.losses == again.losses


@pytest.mark.parametrize(("step_s", "steps"), [(0.0, 60), (0.5, 60), (1.0, 40), (4.0, 20)])
def test_on_a_slow_machine_there_are_fewer_steps(step_s: float, steps: int):
    assert affordable(step_s) == steps


def test_fewer_steps_reach_the_same_rates(pets: Dataset, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(range_test_module, "MOST_S", 0.0)
    test = range_test(pets, replace(CONFIG, mode="head"))
    assert test.ran_away or len(test.lrs) == LEAST_STEPS
    assert all(a < b for a, b in pairwise(test.lrs))
    assert test.lrs[3] == pytest.approx(1e-6 * 10 ** (6 * 3 / (LEAST_STEPS - 1)))


def test_it_can_be_stopped(pets: Dataset):
    def stop(step: Progress) -> None:
        if "e-" in step.message:
            raise Cancelled

    with pytest.raises(Cancelled):
        range_test(pets, CONFIG, stop)
