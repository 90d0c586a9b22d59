"""Images that are mixed in pairs, and what their labels become."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import Tensor

from core.training.config import FinetuneConfig
from core.training.images.mixing import dominant, mixed, mixes

LABELS = torch.tensor([0, 1, 2, 0, 1, 2, 0, 1])
ONES = torch.arange(1.0, 9.0)


def config(**given: object) -> FinetuneConfig:
    return FinetuneConfig.from_json({"backbone": "b", **given})


def flat(side: int = 16) -> Tensor:
    """Eight images, each of its number alone: 1 to 8."""
    return ONES.reshape(8, 1, 1, 1).expand(8, 3, side, side).clone()


def mix(entering: Tensor, at: tuple[int, int] = (0, 0), **given: object) -> tuple[Tensor, Tensor]:
    return mixed(entering, LABELS, 3, config(**given), at)


def test_nothing_is_mixed_unless_it_is_asked_for() -> None:
    assert not mixes(config())
    assert mixes(config(mixup=0.2))
    assert mixes(config(cutmix=1.0))


def test_mixup_is_a_weighted_mean_of_two_images_and_their_labels() -> None:
    for step in range(20):
        batch, targets = mix(flat(), (0, step), mixup=0.4)
        rng = np.random.default_rng((0, 0, step, 1))
        share, partners = rng.beta(0.4, 0.4), rng.permutation(8)
        for i, partner in enumerate(partners):
            expected = share * float(ONES[i]) + (1 - share) * float(ONES[partner])
            torch.testing.assert_close(batch[i], torch.full((3, 16, 16), expected))
            label = [0.0] * 3
            label[int(LABELS[i])] += share
            label[int(LABELS[partner])] += 1 - share
            assert targets[i].tolist() == pytest.approx(label, abs=1e-6)


def test_cutmix_puts_a_box_of_one_image_into_another_and_counts_its_pixels() -> None:
    areas = []
    for step in range(60):
        batch, targets = mix(flat(), (1, step), cutmix=1.0)
        for i in range(8):
            values, counts = batch[i, 0].unique(return_counts=True)
            shares = {int(v): int(n) / 256 for v, n in zip(values, counts, strict=True)}
            assert len(shares) <= 2
            label = [0.0] * 3
            for number, share in shares.items():
                label[int(LABELS[number - 1])] += share
            assert targets[i].tolist() == pytest.approx(label, abs=1e-6)
        other = (batch[:, 0] != flat()[:, 0]).any(0)
        rows, columns = other.any(1).sum(), other.any(0).sum()
        assert int(other.sum()) == rows * columns  # a box
        areas.append(float(other.float().mean()))
    assert min(areas) < 0.05
    assert max(areas) > 0.6


def test_what_has_no_places_is_mixed_by_mixup_where_cutmix_is_asked_for() -> None:
    for entering in (torch.rand(8, 5), torch.rand(8, 4, 5), torch.rand(8, 7, 7, 96), torch.rand(8, 64, 1, 1)):
        batch, targets = mix(entering, cutmix=1.0)
        rng = np.random.default_rng((0, 0, 0, 1))
        share, partners = rng.beta(1.0, 1.0), torch.from_numpy(rng.permutation(8))
        torch.testing.assert_close(batch, (share * entering + (1 - share) * entering[partners]).float())
        assert targets.sum(1).tolist() == pytest.approx([1.0] * 8)


def test_with_both_on_each_batch_goes_by_one_of_them() -> None:
    kinds = []
    for step in range(200):
        batch, _targets = mix(flat(), (0, step), mixup=1.0, cutmix=1.0)
        kinds.append(bool(torch.isin(batch, ONES).all()))
    assert 0.4 < np.mean(kinds) < 0.6


def test_chance_depends_on_seed_epoch_and_step_alone() -> None:
    images = flat()
    np.random.seed(1)
    torch.manual_seed(1)
    state = torch.random.get_rng_state()
    first = mix(images, (1, 2), mixup=0.5)
    assert torch.equal(state, torch.random.get_rng_state())
    again, later = mix(images, (1, 2), mixup=0.5), mix(images, (2, 1), mixup=0.5)
    assert all(torch.equal(a, b) for a, b in zip(first, again, strict=True))
    assert not torch.equal(first[0], later[0])
    assert torch.equal(images, flat())  # is left as it was


def test_the_dominant_label_has_the_greatest_share() -> None:
    assert dominant(torch.tensor([[0.3, 0.7], [0.6, 0.4]])).tolist() == [1, 0]
    assert dominant(LABELS) is LABELS
