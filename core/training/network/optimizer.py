"""The optimizer over what learns of a network, with a rate for each depth."""

from __future__ import annotations

from collections import defaultdict

import torch
from torch import nn

from core.training.choices import MOMENTUM
from core.training.config import FinetuneConfig
from core.training.network.network import Network

SHARE = "share"
"""The key in a parameter group for the share of the learning rate that it takes."""


def make_optimizer(network: Network, config: FinetuneConfig) -> torch.optim.Optimizer:
    """AdamW or SGD with momentum over what learns.

    The head and the last stage learn at the full rate, each stage before at `layer_decay` of the one after it. Biases
    and normalisation have no weight decay.
    """
    groups: dict[tuple[int, bool], list[nn.Parameter]] = defaultdict(list)
    own = dict(network.named_parameters())
    for name, depth in network.depths.items():
        groups[max(depth, 1), own[name].ndim > 1].append(own[name])
    settings = [
        {
            "params": parameters,
            "weight_decay": config.weight_decay if decays else 0.0,
            SHARE: config.layer_decay ** (depth - 1),
        }
        for (depth, decays), parameters in sorted(groups.items(), key=lambda group: group[0])
    ]
    if config.optimizer == "sgd":
        return torch.optim.SGD(settings, lr=config.lr, momentum=MOMENTUM, fused=True)
    return torch.optim.AdamW(settings, lr=config.lr, fused=True)


def set_rate(optimizer: torch.optim.Optimizer, lr: float) -> None:
    """Gives each group its share of a learning rate."""
    for group in optimizer.param_groups:
        group["lr"] = lr * group[SHARE]
