from __future__ import annotations

import math

import pytest

from core.training.config import FinetuneConfig
from core.training.schedule import batches, lr_at, n_batches


def rates(steps: int = 10, **given: object) -> list[float]:
    config = FinetuneConfig.from_json({"backbone": "b", "lr": 1.0, **given})
    return [lr_at(step, steps, config) for step in range(steps * config.epochs)]


def test_cosine_rises_through_the_warm_up_and_falls_to_zero() -> None:
    lr = rates(epochs=5, schedule="cosine", warmup_epochs=1)
    assert lr[:10] == pytest.approx([(i + 1) / 10 for i in range(10)])
    assert lr[10] == 1.0
    assert lr[30] == pytest.approx(0.5)
    assert lr[-1] == pytest.approx(0.5 * (1 + math.cos(math.pi * 39 / 40)))


def test_a_warm_up_takes_half_of_the_training_at_most() -> None:
    lr = rates(epochs=2, schedule="cosine", warmup_epochs=50)
    assert lr.index(max(lr)) == 9
    assert lr[-1] < 0.1


def test_without_a_warm_up_it_starts_at_the_top() -> None:
    assert rates(epochs=1, steps=1, schedule="cosine") == [1.0]
    assert rates(epochs=3, schedule="cosine", warmup_epochs=0)[0] == 1.0


def test_step_drops_to_a_tenth_after_each_third() -> None:
    lr = rates(epochs=6, steps=1, schedule="step")
    assert lr == pytest.approx([1.0, 1.0, 0.1, 0.1, 0.01, 0.01])


def test_none_is_constant() -> None:
    assert set(rates(epochs=3, schedule="none")) == {1.0}


@pytest.mark.parametrize(("n", "size"), [(1, 32), (2, 2), (3, 2), (33, 32), (34, 32), (64, 32), (65, 32), (208, 32)])
def test_batches_hold_every_image_once_and_none_alone(n: int, size: int) -> None:
    cut = batches(n, size, seed=0, epoch=0)
    assert sorted(i for batch in cut for i in batch) == list(range(n))
    assert len(cut) == n_batches(n, size)
    assert n == 1 or min(len(batch) for batch in cut) > 1


def test_the_order_depends_on_seed_and_epoch_alone() -> None:
    orders = [batches(20, 8, seed, epoch) for seed in range(2) for epoch in range(2)]
    assert orders == [batches(20, 8, seed, epoch) for seed in range(2) for epoch in range(2)]
    assert all(a != b for i, a in enumerate(orders) for b in orders[:i])
