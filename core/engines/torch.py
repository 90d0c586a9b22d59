"""torch's own engines, in float32: the plain network, and a copy of it that is laid out for speed."""

from __future__ import annotations

import copy
from dataclasses import dataclass
from functools import partial
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from core.backbones.encode import encode
from core.engines.engine import FP32, Forward

if TYPE_CHECKING:
    from torch import Tensor, nn


@dataclass(frozen=True)
class PlainTorch:
    """The network as it is, on the device where it is."""

    name: str = "torch, plain"
    precision: str = FP32

    def is_available(self) -> bool:
        """Always: the networks are written in torch."""
        return True

    def start_s(self, _network: nn.Module, _like: Tensor, /) -> float:
        """Nothing to speak of."""
        return 0.0

    def prepare(self, network: nn.Module, _like: Tensor, /) -> Forward:
        """The network itself; unlike with other engines, later changes to it have an effect."""
        return partial(encode, network)


@dataclass(frozen=True)
class FusedTorch:
    """A copy on the best device, with batch norms folded into the convolutions before them and channels last."""

    name: str = "torch, fused"
    precision: str = FP32

    def is_available(self) -> bool:
        """Always, as it is torch."""
        return True

    def start_s(self, _network: nn.Module, _like: Tensor, /) -> float:
        """Nothing to speak of."""
        return 0.0

    def prepare(self, network: nn.Module, _like: Tensor, /) -> Forward:
        """A fused copy of the network.

        Raises:
            RuntimeError: the device does not support a layer, or has too little memory.
        """
        import torch

        from core.engines.device import best_device

        layout = torch.channels_last
        fused_copy = fused(copy.deepcopy(network).eval()).to(memory_format=layout).to(best_device())

        def forward(batch: Tensor) -> NDArray[np.float32]:
            images = batch.contiguous(memory_format=layout) if batch.ndim == 4 else batch  # inputs in a row have none
            return encode(fused_copy, images)

        return forward


def fused(module: nn.Module) -> nn.Module:
    """Folds each batch norm into the convolution that is registered right before it, in place.

    It does not prove that the two are also computed one right after the other: the caller compares the results.
    """
    from torch import nn
    from torch.nn.utils.fusion import fuse_conv_bn_eval

    for parent in list(module.modules()):
        for (name, conv), (next_name, norm) in pairwise(list(parent.named_children())):
            if type(conv) is nn.Conv2d and type(norm) is nn.BatchNorm2d and conv.out_channels == norm.num_features:
                setattr(parent, name, fuse_conv_bn_eval(conv, norm))
                setattr(parent, next_name, nn.Identity())
    return module
