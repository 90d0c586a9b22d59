"""Batches that are timed: what is counted, what is kept, and that a backbone is left as it was."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
import torch

from core.data.dataset import Dataset
from core.errors import Cancelled
from core.progress import Progress
from core.training.config import FinetuneConfig
from core.training.images.augmentation import Augmentation
from core.training.planning.outlook import keep, kept
from core.training.planning.timing import measure, time_modes
from tests.training.tiny import tiny_backbone

FULL = FinetuneConfig("graft_residual", "full", augmentation=Augmentation(horizontal_flip=0.5))


@pytest.fixture
def pets(small_dataset: Callable[..., Dataset]) -> Dataset:
    return small_dataset(per_class=20)


def test_what_learns_is_counted_and_the_backbone_stays_as_it_was(pets: Dataset):
    backbone = tiny_backbone()
    before = {name: value.clone() for name, value in backbone.state_dict().items()}
    full, last = (measure(pets, replace(FULL, mode=mode), backbone) for mode in ("full", "last"))
    of_backbone = sum(p.numel() for p in backbone.parameters())
    of_head = 8 * len(pets.classes) + len(pets.classes)
    assert full.weights == full.learning == of_backbone + of_head
    assert last.learning == of_head + sum(p.numel() for m in backbone.stages[-1][1] for p in m.parameters())
    assert full.saved_bytes > last.saved_bytes > 0
    assert min(full.learn_s, full.step_s, full.look_s, full.plain_s, full.draw_s) > 0
    assert all(torch.equal(value, before[name]) for name, value in backbone.state_dict().items())


def test_where_the_first_stages_are_frozen_the_part_above_them_is_timed(pets: Dataset):
    full, last, head = (measure(pets, replace(FULL, mode=mode), tiny_backbone()) for mode in ("full", "last", "head"))
    assert (full.trunk_s, full.above, full.kept_bytes) == (0.0, 1.0, 0)
    assert last.kept_bytes == 2 * 6 * 16 * 16
    assert head.kept_bytes == 2 * 8
    assert last.trunk_s > 0
    assert 0 < head.above < 1
    plain = measure(pets, replace(FULL, mode="last", augmentation=Augmentation()), tiny_backbone())
    assert plain.kept_bytes == 2 * 6 * 16 * 16


def test_what_is_known_of_this_machine_is_not_measured_again(pets: Dataset):
    timing = measure(pets, FULL, tiny_backbone())
    keep(FULL, replace(timing, learn_s=42.0))
    assert time_modes(pets, [FULL])[0].learn_s == 42.0
    assert time_modes(pets, [FULL], anew=True)[0].learn_s < 42.0
    assert kept(FULL) == time_modes(pets, [FULL])[0]


def test_it_can_be_stopped(pets: Dataset):
    def stop(_step: Progress) -> None:
        raise Cancelled

    with pytest.raises(Cancelled):
        time_modes(pets, [FULL], stop)
    assert kept(FULL) is None
