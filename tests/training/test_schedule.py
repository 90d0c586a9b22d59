from __future__ import annotations

import math

import numpy as np
import pytest

from core.training.config import FinetuneConfig
from core.training.results.history import Epoch
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


def test_one_cycle_rises_for_a_third_of_the_way_and_falls_to_next_to_nothing() -> None:
    lr = rates(epochs=10, schedule="onecycle")
    assert lr[0] == pytest.approx(1 / 25)
    assert lr.index(max(lr)) == 30
    assert lr[30] == pytest.approx(1.0)
    assert lr[15] == pytest.approx((1 + 1 / 25) / 2)
    assert lr[65] == pytest.approx(0.5, abs=1e-4)
    assert 0 < lr[-1] < 0.001


def test_a_plateau_of_two_epochs_halves_the_rate() -> None:
    losses = [0.9, 0.8, 0.85, 0.81, 0.7, 0.7, 0.9, 0.9]
    history = [Epoch(epoch=n, val_loss=loss, lr=1.0, seconds=1.0) for n, loss in enumerate(losses, 1)]
    config = FinetuneConfig("b", lr=1.0, epochs=9, schedule="plateau")
    assert [lr_at(epoch, 1, config, history[:epoch]) for epoch in range(9)] == [1, 1, 1, 1, 0.5, 0.5, 0.5, 0.25, 0.25]


@pytest.mark.parametrize("schedule", ["cosine", "onecycle", "step"])
def test_a_training_that_is_extended_begins_its_schedule_anew(schedule: str) -> None:
    config = FinetuneConfig("b", lr=1.0, epochs=4, schedule=schedule)
    extended = config.extended(6)
    assert (extended.epochs, extended.restarts) == (10, (4,))
    again = FinetuneConfig("b", lr=1.0, epochs=6, schedule=schedule)
    first, second = ([lr_at(step, 5, c) for step in range(5 * c.epochs)] for c in (config, again))
    assert [lr_at(step, 5, extended) for step in range(50)] == [*first, *second]


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


def test_balanced_sampling_draws_each_class_equally_often() -> None:
    labels = np.array([0] * 90 + [1] * 9 + [3] * 2)  # class 2 has no image
    drawn = [np.concatenate(batches(101, 8, 0, epoch, labels)) for epoch in range(30)]
    for order in drawn:
        counts = np.bincount(labels[order], minlength=4)
        assert counts[2] == 0
        assert sorted(counts[[0, 1, 3]]) == [33, 34, 34]
    assert set(np.concatenate(drawn).tolist()) == set(range(101))
    assert batches(101, 8, 0, 1, labels) == batches(101, 8, 0, 1, labels)
    assert len(batches(101, 8, 0, 0, labels)) == n_batches(101, 8)
