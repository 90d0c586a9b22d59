"""A small network whose batch norm can be folded rightly or wrongly, and engines with different results."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import nn

from core.backbones.backbone import Backbone
from core.backbones.encode import encode
from core.engines.engine import FP32, Forward
from tests.fakes import tiny_info


class Trunk(nn.Module):
    """A convolution and a batch norm that are registered in a row; `apart` computes something between them."""

    def __init__(self, apart: bool) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.conv = nn.Conv2d(3, 3, 3)
        self.norm = nn.BatchNorm2d(3)
        self.apart = apart
        with torch.no_grad():
            self.norm.running_mean.copy_(torch.tensor([5.0, -5.0, 1.0]))
            self.norm.running_var.copy_(torch.tensor([0.1, 4.0, 1.0]))

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        maps = self.conv(images)
        return self.norm(maps.square() if self.apart else maps).mean((2, 3))


def backbone(apart: bool) -> Backbone:
    return Backbone(tiny_info(), Trunk(apart), ()).eval()


@dataclass(frozen=True)
class FakeEngine:
    """The plain engine's results times `factor`, with `shift` added to the first column.

    A factor is not seen by the check, which compares directions; a large shift is.
    """

    name: str = "fake"
    precision: str = FP32
    factor: float = 1.0
    shift: float = 0.0
    available: bool = True
    fails: bool = False
    start: float = 0.0

    def is_available(self) -> bool:
        return self.available

    def start_s(self, _network: nn.Module, _like: torch.Tensor, /) -> float:
        return self.start

    def prepare(self, network: nn.Module, _like: torch.Tensor, /) -> Forward:
        if self.fails:
            raise RuntimeError("this engine does not know a layer")

        def forward(batch: torch.Tensor) -> np.ndarray:
            features = encode(network, batch) * np.float32(self.factor)
            features[:, 0] += np.float32(self.shift)
            return features

        return forward
