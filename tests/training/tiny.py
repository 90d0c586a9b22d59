"""A backbone of two small stages with batch normalisation, random but always the same, that tests can train."""

from __future__ import annotations

from collections import OrderedDict

import torch
from torch import nn

from core.backbones.backbone import Backbone
from core.backbones.networks.architectures import Trunk
from core.backbones.spec import BackboneInfo, Preprocessing

HOW = Preprocessing(resize_px=36, crop_px=32, mean=(0.5, 0.4, 0.3), std=(0.25, 0.25, 0.25))


def tiny_backbone(name: str = "graft_residual") -> Backbone:
    """Features of 8 numbers from 32 px images; it goes under the name of a registered backbone."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        stages: OrderedDict[str, nn.Module] = OrderedDict(
            stem=nn.Sequential(nn.Conv2d(3, 6, 3, 2, 1, bias=False), nn.BatchNorm2d(6), nn.ReLU()),
            stage1=nn.Sequential(nn.Conv2d(6, 8, 3, 2, 1, bias=False), nn.BatchNorm2d(8), nn.ReLU(), nn.Dropout(0.1)),
        )
        trunk = Trunk(dict(stages), feature_dim=8)
    info = BackboneInfo(
        name=name, family="test", embedded=True, params=600, gflops=0.0, size_mb=0.1, input_px=32, feature_dim=8,
        imagenet_top1=None, trained_on="nothing", licence="none", weights="", preprocessing=HOW,
        stages=("stem", "stage1"),
    )  # fmt: skip
    return Backbone(info, trunk, tuple((n, (m,)) for n, m in trunk.stages)).eval()
