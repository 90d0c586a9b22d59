"""The loss that a network learns by: a cross-entropy, with what a config adds to it.

Sums over images, not means: those of the parts of a batch add up to that of the whole.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

_LEAST = 1e-7
"""What is left of a class that is certain: powers of zero have no slope."""


def summed(
    logits: Tensor, targets: Tensor, weights: Tensor | None = None, smoothing: float = 0.0, gamma: float = 0.0
) -> Tensor:
    """The sum of the images' losses.

    Args:
        logits: (b, c).
        targets: (b,) labels, or (b, c) the share of each class in an image; rows sum to 1.
        weights: (c,) what a class counts for; None: all alike.
        smoothing: the share of the target that is spread over all classes (Szegedy et al. 2016).
        gamma: how much less what is right already counts: each class's term is scaled by (1 - p) ** gamma, with p the
            probability that the network gives the class (focal loss, Lin et al. 2017); 0 for a plain cross-entropy.
    """
    if gamma == 0:
        return F.cross_entropy(logits, targets, weight=weights, label_smoothing=smoothing, reduction="sum")
    shares = _shares(targets, logits.shape[1]).to(logits.dtype)
    shares = shares * (1 - smoothing) + smoothing / logits.shape[1]
    logarithms = F.log_softmax(logits, dim=1)
    terms = -shares * logarithms * (-torch.expm1(logarithms)).clamp(min=_LEAST) ** gamma
    return (terms if weights is None else terms * weights).sum()


def counted(targets: Tensor, weights: Tensor | None = None) -> float:
    """What the images of a batch count for, by which the sum of their losses is divided.

    Args:
        targets: as in `summed`.
        weights: as in `summed`.
    """
    if weights is None:
        return float(len(targets))
    return float((weights[targets] if targets.ndim == 1 else targets @ weights).sum())


def balanced_weights(y: Tensor, n_classes: int) -> Tensor:
    """(n_classes,) weights by the inverse of each class's count, 1 on average over the images."""
    counts = torch.bincount(y, minlength=n_classes).clamp(min=1)
    return len(y) / (n_classes * counts)


def _shares(targets: Tensor, n_classes: int) -> Tensor:
    return F.one_hot(targets, n_classes) if targets.ndim == 1 else targets
