"""A pretrained network without its classifier, as every source builds it."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from core.backbones.pairs import last_together
from core.backbones.spec import BackboneInfo

Stages = tuple[tuple[str, tuple[nn.Module, ...]], ...]
"""(name, modules) from input to output."""


class Backbone(nn.Module):
    """A network without its classifier.

    Attributes:
        info: the registry's facts about it.
        trunk: the network.
        stages: (name, modules) from input to output; the units of "fine-tune the last stages".
    """

    def __init__(self, info: BackboneInfo, trunk: nn.Module, stages: Stages) -> None:
        super().__init__()
        self.info = info
        self.trunk = trunk
        self.stages = stages

    def forward(self, images: Tensor) -> Tensor:
        """Normalised images (b, 3, h, w) -> features (b, feature_dim)."""
        features: Tensor = self.trunk(images)
        return features

    def apart(self, images: Tensor) -> list[tuple[Backbone, Tensor]]:
        """Each of the networks in it with its own input: this one."""
        return [(self, images)]


class SideBySide(Backbone):
    """Several backbones as one: each sees the photo in its own way, and their features come in a row."""

    def __init__(self, info: BackboneInfo, parts: Sequence[Backbone]) -> None:
        super().__init__(info, nn.ModuleList(parts), _stages(info, parts))
        self._parts = tuple(parts)

    def forward(self, images: Tensor) -> Tensor:
        """What `preprocess` gives for them, (b, 3, n) -> features (b, feature_dim)."""
        return torch.cat([part(own) for part, own in self.apart(images)], dim=1)

    def apart(self, images: Tensor) -> list[tuple[Backbone, Tensor]]:
        """Each of the networks with its own input, (b, 3, h, w)."""
        sides = [view.crop_px for view in self.info.preprocessing.views]
        own: tuple[Tensor, ...] = torch.split(images, [side**2 for side in sides], dim=2)
        return [
            (part, pixels.reshape(len(pixels), 3, side, side))
            for part, pixels, side in zip(self._parts, own, sides, strict=True)
        ]


def _stages(info: BackboneInfo, parts: Sequence[Backbone]) -> Stages:
    modules = [[modules for _name, modules in part.stages] for part in parts]
    together = [tuple(module for own in stage for module in own) for stage in last_together(modules)]
    return tuple(zip(info.stages, together, strict=True))
