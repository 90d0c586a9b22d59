"""The learning rate at each step, and which images make up each step. Pure functions of the config."""

from __future__ import annotations

import math

import numpy as np

from core.training.config import FinetuneConfig


def lr_at(step: int, steps_per_epoch: int, config: FinetuneConfig) -> float:
    """The learning rate of a step, counted from 0 over the whole training.

    "cosine" rises linearly over `warmup_epochs` (over half of the training at most) to `lr`, and falls along half a
    cosine towards zero (Loshchilov and Hutter 2017, without restarts). "step" divides by ten after each third of the
    epochs. "none" stays at `lr`.
    """
    if config.schedule == "none":
        return config.lr
    if config.schedule == "step":
        epoch = step // steps_per_epoch
        return config.lr * 0.1 ** (3 * epoch // config.epochs)
    total = steps_per_epoch * config.epochs
    warmup = min(round(config.warmup_epochs * steps_per_epoch), total // 2)
    if step < warmup:
        return config.lr * (step + 1) / warmup
    return config.lr * 0.5 * (1.0 + math.cos(math.pi * (step - warmup) / (total - warmup)))


def batches(n: int, batch_size: int, seed: int, epoch: int) -> list[list[int]]:
    """The order of n training images in one epoch, cut into steps; it depends on (seed, epoch) alone.

    A single image that would be left over joins the batch before it: batch normalisation learns nothing from one.
    """
    order = np.random.default_rng((seed, epoch)).permutation(n).tolist()
    cut = [order[start : start + batch_size] for start in range(0, n, batch_size)]
    if len(cut) > 1 and len(cut[-1]) == 1:
        cut[-2].extend(cut.pop())
    return cut


def n_batches(n: int, batch_size: int) -> int:
    """How many steps `batches` gives."""
    full, rest = divmod(n, batch_size)
    return max(1, full + (rest > 1))
