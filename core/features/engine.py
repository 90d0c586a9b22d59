"""How a backbone is run over batches: the plain network, or a faster copy of it that has proved to give the same.

An engine is a callable from a normalised batch (b, 3, h, w) to features (b, d) float32. There is one so far: torch in
float32, with batch norms folded into the convolutions before them and channels last in memory.
"""

from __future__ import annotations

import copy
from itertools import pairwise

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn.utils.fusion import fuse_conv_bn_eval

from core.backbones.encode import encode
from core.i18n import gettext as _

LEAST_COSINE = 0.999


class Engine:
    """Runs a backbone.

    Attributes:
        note: what the user should know about how it runs; "" where there is nothing.
    """

    def __init__(self, module: nn.Module, layout: torch.memory_format, note: str = "") -> None:
        self._module = module
        self._layout = layout
        self.note = note

    def to(self, device: str) -> None:
        """Moves the network to a device of torch's, such as "cuda"."""
        self._module.to(device)

    def __call__(self, batch: Tensor) -> NDArray[np.float32]:
        """Normalised images (b, 3, h, w) -> features (b, d) float32."""
        return encode(self._module, batch.contiguous(memory_format=self._layout))


def engine_for(backbone: nn.Module, first: Tensor) -> Engine:
    """The fastest engine whose features of the batch `first` point where the plain network's do.

    The backbone itself is not changed.
    """
    if not any(isinstance(module, nn.Conv2d) for module in backbone.modules()) and _device() == "cpu":
        return Engine(backbone, torch.contiguous_format)
    fast = Engine(fused(copy.deepcopy(backbone)).to(memory_format=torch.channels_last), torch.channels_last)
    try:
        fast.to(_device())
        agreed = agreement(encode(backbone, first), fast(first))
    except RuntimeError:  # a layer that the device does not know, or too little memory on it
        agreed = 0.0
    if agreed >= LEAST_COSINE:
        return fast
    note = _("The faster way gives other features on this machine, so the plain one is used.")
    return Engine(backbone, torch.contiguous_format, note)


def agreement(a: NDArray[np.float32], b: NDArray[np.float32]) -> float:
    """The least cosine between rows of two (n, d) arrays; not-a-number counts as no agreement."""
    tiny = 1e-12
    a64, b64 = a.astype(np.float64), b.astype(np.float64)
    norms = np.linalg.norm(a64, axis=1) * np.linalg.norm(b64, axis=1)
    cosines = ((a64 * b64).sum(axis=1) + tiny) / (norms + tiny)
    return float(np.nan_to_num(cosines, nan=0.0).min(initial=1.0))


def fused(module: nn.Module) -> nn.Module:
    """Folds each batch norm into the convolution that is registered right before it, in place.

    That the one is also computed right after the other is not proved here: whoever fuses compares the results.
    """
    for parent in list(module.modules()):
        for (name, conv), (next_name, norm) in pairwise(list(parent.named_children())):
            if type(conv) is nn.Conv2d and type(norm) is nn.BatchNorm2d and conv.out_channels == norm.num_features:
                setattr(parent, name, fuse_conv_bn_eval(conv, norm))
                setattr(parent, next_name, nn.Identity())
    return module


def _device() -> str:
    if torch.cuda.is_available():
        return "cuda"
    return "mps" if torch.backends.mps.is_available() else "cpu"
