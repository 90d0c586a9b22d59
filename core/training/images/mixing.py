"""Batches whose images are mixed in pairs, and their labels with them.

mixup (Zhang et al. 2018) takes a weighted mean of two images; CutMix (Yun et al. 2019) puts a box of one into the
other. Each draws the share of an image from a Beta(alpha, alpha) distribution, once for a batch, and pairs each image
with another one of the batch.

What is mixed is what enters the part that learns: photos, or activations of what is frozen below (manifold mixup, Verma
et al. 2019). What has no places, such as features, is mixed by mixup where CutMix is asked for.

This file does not know networks or losses. Chance depends on (seed, epoch, step) alone.
"""

from __future__ import annotations

import math

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from core.training.config import FinetuneConfig

_MIXING = 1  # apart from the numbers that dropout begins with at the same step


def mixes(config: FinetuneConfig) -> bool:
    """Whether a config mixes images at all."""
    return bool(config.mixup or config.cutmix)


def mixed(
    entering: Tensor, labels: Tensor, n_classes: int, config: FinetuneConfig, at: tuple[int, int]
) -> tuple[Tensor, Tensor]:
    """A batch mixed in pairs.

    Where both kinds are on, the batch goes by one of them, each with the same probability.

    Args:
        entering: (b, ...) what enters the part that learns.
        labels: (b,).
        n_classes: how many there are.
        config: its `mixup`, `cutmix` and seed.
        at: the epoch and the step in it, from 0.

    Returns:
        The mixed batch (b, ...), and the share of each class in each image: (b, n_classes) float32.
    """
    rng = np.random.default_rng((config.seed, *at, _MIXING))
    cuts = bool(config.cutmix) and (not config.mixup or rng.random() < 0.5)
    alpha = config.cutmix if cuts else config.mixup
    share = float(rng.beta(alpha, alpha))
    partners = torch.from_numpy(rng.permutation(len(labels))).to(entering.device)
    if cuts and _has_places(entering):
        left, top, right, bottom = _box(share, entering.shape[3], entering.shape[2], rng)
        batch = entering.clone()
        batch[:, :, top:bottom, left:right] = entering[partners, :, top:bottom, left:right]
        share = 1 - (right - left) * (bottom - top) / (entering.shape[3] * entering.shape[2])
    else:
        batch = torch.lerp(entering[partners].float(), entering.float(), share)
    own = F.one_hot(labels, n_classes).float()
    return batch, torch.lerp(own[partners], own, share)


def dominant(targets: Tensor) -> Tensor:
    """(b,) the label with the greatest share in each image."""
    return targets if targets.ndim == 1 else targets.argmax(1)


def _has_places(entering: Tensor) -> bool:
    """Whether the last two dimensions are those of a square map, as in images and in what convolutions give."""
    return entering.ndim == 4 and entering.shape[2] == entering.shape[3] > 1


def _box(share: float, width: int, height: int, rng: np.random.Generator) -> tuple[int, int, int, int]:
    """The left, upper, right and lower edge of a box with `1 - share` of the area, where nothing lies beyond an edge.

    Its middle may be anywhere, and what lies beyond the edges is lost.
    """
    side = math.sqrt(1 - share)
    x, y = rng.integers(width), rng.integers(height)
    reach_x, reach_y = round(side * width) / 2, round(side * height) / 2
    left, right = (int(np.clip(round(x + way * reach_x), 0, width)) for way in (-1, 1))
    top, bottom = (int(np.clip(round(y + way * reach_y), 0, height)) for way in (-1, 1))
    return left, top, right, bottom
