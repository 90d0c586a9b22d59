"""A pretrained network without its classifier, as every source builds it."""

from __future__ import annotations

from torch import Tensor, nn

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
