"""Which layer's output is explained, and how it becomes (b, channels, h, w) whatever family the network is of.

The layer is the last one whose output still has places, and from more than half of these places something reaches the
features. The second half of the rule is for vision transformers that read their answer from a class token: behind their
last block no patch matters any more, so the block before it is taken.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from core.backbones.backbone import Backbone

CHANNELS_FIRST, CHANNELS_LAST, TOKENS = "channels first", "channels last", "tokens"
"""The outputs of layers: (b, c, h, w); (b, h, w, c), as in Swin; (b, n, c), as in vision transformers."""

_REACHING = 0.5


@dataclass(frozen=True)
class Layer:
    """A layer whose output has places.

    Attributes:
        module: the layer.
        form: of its output.
        extra: how many tokens stand before those of the patches (a class token, registers); 0 where there are none.
    """

    module: nn.Module
    form: str
    extra: int = 0

    @contextmanager
    def watched(self) -> Iterator[list[Tensor]]:
        """The outputs of the layer while the block lasts, as the network goes on with them."""
        outputs: list[Tensor] = []
        handle = self.module.register_forward_hook(lambda _module, _inputs, output: outputs.append(_first(output)))
        try:
            yield outputs
        finally:
            handle.remove()

    def as_maps(self, output: Tensor) -> Tensor:
        """What the layer gives, or the gradient there, as (b, c, h, w)."""
        if self.form == CHANNELS_LAST:
            return output.permute(0, 3, 1, 2)
        if self.form == TOKENS:
            patches = output[:, self.extra :]
            side = math.isqrt(patches.shape[1])
            return patches.transpose(1, 2).reshape(len(output), -1, side, side)
        return output


def explained_layer(backbone: Backbone, images: Tensor) -> Layer | None:
    """The layer of a backbone that is explained; None where none has places that matter, as in `pixels_16`.

    Args:
        backbone: one network, in eval mode.
        images: some of its inputs (b, 3, h, w).
    """
    extra = _extra_tokens(backbone)
    with torch.enable_grad(), _watched(backbone) as outputs:
        features = backbone(images.detach().clone().requires_grad_())
        for module, output in reversed(outputs):
            layer = _layer(module, output, extra) if output.shape[:1] == images.shape[:1] else None
            if layer is not None and _reaches(layer, output, features):
                return layer
    return None


@contextmanager
def _watched(backbone: Backbone) -> Iterator[list[tuple[nn.Module, Tensor]]]:
    """The parts of a backbone with what they give while the block lasts, in the order in which they are run."""
    outputs: list[tuple[nn.Module, Tensor]] = []

    def keep(module: nn.Module, _inputs: Any, output: Any) -> None:
        if isinstance(first := _first(output), Tensor):
            outputs.append((module, first))

    units = [module for _name, modules in backbone.stages for module in modules]
    inner = [child for unit in units if isinstance(unit, nn.Sequential) for child in unit]
    handles = [module.register_forward_hook(keep) for module in (*units, *inner)]
    try:
        yield outputs
    finally:
        for handle in handles:
            handle.remove()


def _first(output: Any) -> Any:
    """What a layer gives, without what some give beside it, such as the size of a grid."""
    return _first(output[0]) if isinstance(output, tuple | list) and output else output


def _layer(module: nn.Module, output: Tensor, extra: int) -> Layer | None:
    """How the output of a layer is read; None where it has no places."""
    if output.ndim == 4:
        _b, first, second, third = output.shape
        if second == third > 1:
            return Layer(module, CHANNELS_FIRST)
        return Layer(module, CHANNELS_LAST) if first == second > 1 else None
    if output.ndim == 3:
        tokens = output.shape[1]
        for before in (extra, 0, 1):  # some add their class token late, and not all say that they have one
            if math.isqrt(max(tokens - before, 0)) ** 2 == tokens - before > 1:
                return Layer(module, TOKENS, before)
    return None


def _extra_tokens(backbone: Backbone) -> int:
    """How many tokens stand before those of the patches, as the network says."""
    model = getattr(backbone.trunk, "model", backbone.trunk)
    if isinstance(known := getattr(model, "num_prefix_tokens", None), int):  # timm
        return known
    return 1 if isinstance(getattr(model, "class_token", None), nn.Parameter) else 0  # torchvision


def _reaches(layer: Layer, output: Tensor, features: Tensor) -> bool:
    """Whether something reaches the features from most places of a layer's output."""
    if not output.requires_grad:
        return False
    directions = torch.randn(features.shape, generator=torch.Generator().manual_seed(0)).to(features)
    (gradient,) = torch.autograd.grad((features * directions).sum(), output, retain_graph=True, allow_unused=True)
    if gradient is None:
        return False
    places = layer.as_maps(gradient).abs().sum(1)
    return bool((places > 0).float().mean() > _REACHING)
