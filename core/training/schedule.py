"""The learning rate at each step, and which images make up each step. Pure functions of the config and the history."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from core.training.config import FinetuneConfig
from core.training.results.history import Epoch

_ONE_CYCLE_RISE, _ONE_CYCLE_START, _ONE_CYCLE_END = 0.3, 1 / 25, 1e-5
_PATIENCE, _REDUCED = 2, 0.5


def lr_at(step: int, steps_per_epoch: int, config: FinetuneConfig, history: Sequence[Epoch] = ()) -> float:
    """The learning rate of a step, counted from 0 over the whole training.

    "cosine" rises linearly over `warmup_epochs` (over half of the training at most) to `lr`, and falls along half a
    cosine towards zero (Loshchilov and Hutter 2017, without restarts). "onecycle" rises along a cosine from a 25th of
    `lr` for the first 30 % of the steps, and falls along one to next to nothing (Smith and Topin 2018; the momentum
    stays). "step" divides by ten after each third of the epochs. "plateau" halves the rate after each two epochs
    without a lower validation loss. "none" stays at `lr`. Each begins anew at the config's `restarts`.

    Args:
        step: from 0.
        steps_per_epoch: how many there are.
        config: how to train.
        history: the epochs that are over, for "plateau".
    """
    epoch = step // steps_per_epoch
    begun, end = _leg(epoch, config)
    at, total = step - begun * steps_per_epoch, (end - begun) * steps_per_epoch
    match config.schedule:
        case "cosine":
            return config.lr * _cosine(at, total, round(config.warmup_epochs * steps_per_epoch))
        case "onecycle":
            return config.lr * _one_cycle(at, total)
        case "step":
            return config.lr * 0.1 ** (3 * (epoch - begun) // (end - begun))
        case "plateau":
            return config.lr * _REDUCED ** _plateaus([past for past in history if begun < past.epoch <= epoch])
    return config.lr


def _leg(epoch: int, config: FinetuneConfig) -> tuple[int, int]:
    """The epochs from one start of the schedule to the next, in which an epoch, counted from 0, lies."""
    ends = (*config.restarts, config.epochs)
    end = next((end for end in ends if epoch < end), config.epochs)
    return max((restart for restart in config.restarts if restart <= epoch), default=0), end


def _cosine(at: int, total: int, warmup: int) -> float:
    warmup = min(warmup, total // 2)
    if at < warmup:
        return (at + 1) / warmup
    return 0.5 * (1.0 + math.cos(math.pi * (at - warmup) / (total - warmup)))


def _one_cycle(at: int, total: int) -> float:
    rise = max(1, round(_ONE_CYCLE_RISE * total))
    if at < rise:
        return 1.0 + (_ONE_CYCLE_START - 1.0) * 0.5 * (1.0 + math.cos(math.pi * at / rise))
    return _ONE_CYCLE_END + (1.0 - _ONE_CYCLE_END) * 0.5 * (1.0 + math.cos(math.pi * (at - rise) / (total - rise)))


def _plateaus(history: Sequence[Epoch]) -> int:
    """How often two epochs in a row brought no lower validation loss, each counted from the last such pair."""
    lowest, waited, plateaus = math.inf, 0, 0
    for epoch in history:
        loss = math.inf if epoch.val_loss is None else epoch.val_loss
        lowest, waited = (loss, 0) if loss < lowest else (lowest, waited + 1)
        if waited == _PATIENCE:
            waited, plateaus = 0, plateaus + 1
    return plateaus


def batches(
    n: int, batch_size: int, seed: int, epoch: int, balanced: NDArray[np.int64] | None = None
) -> list[list[int]]:
    """The order of n training images in one epoch, cut into steps; it depends on (seed, epoch) alone.

    A single image that would be left over joins the batch before it: batch normalisation learns nothing from one.

    Args:
        n: how many images an epoch has.
        batch_size: how many a step has.
        seed: of the order.
        epoch: from 0.
        balanced: (n,) labels; where they are given, each class is drawn equally often, with replacement.
    """
    rng = np.random.default_rng((seed, epoch))
    order = (rng.permutation(n) if balanced is None else _balanced(balanced, rng)).tolist()
    cut = [order[start : start + batch_size] for start in range(0, n, batch_size)]
    if len(cut) > 1 and len(cut[-1]) == 1:
        cut[-2].extend(cut.pop())
    return cut


def _balanced(labels: NDArray[np.int64], rng: np.random.Generator) -> NDArray[np.int64]:
    """(n,) images in any order, from each class as many; what cannot be shared out goes to classes drawn at random."""
    classes = rng.permutation(np.unique(labels))
    shares = [len(labels) // len(classes) + (place < len(labels) % len(classes)) for place in range(len(classes))]
    drawn = [rng.choice(np.flatnonzero(labels == label), n) for label, n in zip(classes, shares, strict=True)]
    return rng.permutation(np.concatenate(drawn))


def n_batches(n: int, batch_size: int) -> int:
    """How many steps `batches` gives."""
    full, rest = divmod(n, batch_size)
    return max(1, full + (rest > 1))
