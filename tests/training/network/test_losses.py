"""The loss against what its papers' formulas give image by image."""

from __future__ import annotations

import math

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor

from core.training.network.losses import balanced_weights, counted, summed

LOGITS = 3 * torch.randn(6, 4, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
LABELS = torch.tensor([0, 1, 2, 3, 1, 1])
SHARES = torch.softmax(torch.randn(6, 4, generator=torch.Generator().manual_seed(1), dtype=torch.float64), 1)
WEIGHTS = torch.tensor([0.5, 2.0, 1.0, 3.0], dtype=torch.float64)


def naive(logits: Tensor, targets: Tensor, weights: Tensor | None, smoothing: float, gamma: float) -> float:
    total = 0.0
    for row, target in zip(logits.tolist(), targets.tolist(), strict=True):
        exponentials = [math.exp(value) for value in row]
        for c, value in enumerate(exponentials):
            p = value / sum(exponentials)
            share = target[c] if isinstance(target, list) else float(target == c)
            share = share * (1 - smoothing) + smoothing / len(row)
            total -= share * (1.0 if weights is None else float(weights[c])) * (1 - p) ** gamma * math.log(p)
    return total


@pytest.mark.parametrize("targets", [LABELS, SHARES], ids=["labels", "shares"])
@pytest.mark.parametrize("weights", [None, WEIGHTS], ids=["alike", "weighted"])
@pytest.mark.parametrize("smoothing", [0.0, 0.1])
@pytest.mark.parametrize("gamma", [0.0, 0.5, 2.0])
def test_it_is_what_the_formula_gives_and_its_parts_add_up(
    targets: Tensor, weights: Tensor | None, smoothing: float, gamma: float
) -> None:
    whole = float(summed(LOGITS, targets, weights, smoothing, gamma))
    assert whole == pytest.approx(naive(LOGITS, targets, weights, smoothing, gamma), rel=1e-9)
    parts = zip(LOGITS.chunk(3), targets.chunk(3), strict=True)
    assert sum(float(summed(*part, weights, smoothing, gamma)) for part in parts) == pytest.approx(whole, rel=1e-12)
    assert sum(counted(part, weights) for part in targets.chunk(3)) == pytest.approx(counted(targets, weights))


def test_labels_and_their_shares_give_the_same() -> None:
    ones = F.one_hot(LABELS, 4).double()
    for gamma in (0.0, 1.5):
        assert float(summed(LOGITS, ones, WEIGHTS, 0.1, gamma)) == pytest.approx(
            float(summed(LOGITS, LABELS, WEIGHTS, 0.1, gamma)), rel=1e-12
        )
    assert counted(ones, WEIGHTS) == counted(LABELS, WEIGHTS) == 10.5
    assert counted(LABELS) == counted(ones) == 6.0


def test_with_nothing_on_it_is_the_plain_cross_entropy_to_the_last_bit() -> None:
    logits = LOGITS.float()
    assert torch.equal(summed(logits, LABELS), F.cross_entropy(logits, LABELS, reduction="sum"))


@pytest.mark.parametrize("gamma", [0.1, 0.5, 1.0, 2.0])
def test_an_image_that_is_surely_right_gives_no_slope_that_is_no_number(gamma: float) -> None:
    logits = torch.tensor([[200.0, 0.0], [-200.0, 0.0]], requires_grad=True)
    loss = summed(logits, torch.tensor([0, 0]), gamma=gamma)
    loss.backward()
    assert float(loss.detach()) == pytest.approx(200.0)
    assert logits.grad is not None
    assert torch.isfinite(logits.grad).all()
    assert logits.grad[1].tolist() == pytest.approx([-1.0, 1.0])


def test_weights_are_those_of_balanced_classes() -> None:
    weights = balanced_weights(torch.tensor([0, 0, 0, 1]), 2)
    assert weights.tolist() == pytest.approx([4 / 6, 2.0])
