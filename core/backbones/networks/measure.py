"""Networks by the names of their architectures, and what can be measured of one without its weights."""

from __future__ import annotations

from typing import Any

import timm
from torch.utils.flop_counter import FlopCounterMode

from core.backbones.networks.memory import memory_mb
from core.backbones.networks.timm_trunks import TimmTrunk, hollow_model, timm_trunk
from core.backbones.networks.trunks import ZooTrunk, torchvision_trunk
from core.backbones.sources.timm import PREFIX as TIMM
from core.backbones.sources.torchvision import Torchvision

TORCHVISION = "torchvision:"

AnyTrunk = ZooTrunk | TimmTrunk


def is_known(architecture: str) -> bool:
    """Whether there is a network of this name."""
    if architecture.startswith(TIMM):
        return bool(timm.is_model(architecture.removeprefix(TIMM)))
    name = architecture.removeprefix(TORCHVISION)
    return architecture.startswith(TORCHVISION) and any(known.name == name for known in Torchvision().infos())


def trunk_of(architecture: str, input_px: int) -> AnyTrunk:
    """A network without its classifier, with random weights, in eval mode.

    Args:
        architecture: such as "torchvision:resnet18" or "timm:resnet18".
        input_px: the side of its input.
    """
    if architecture.startswith(TIMM):
        return timm_trunk(architecture.removeprefix(TIMM), input_px=input_px)
    return torchvision_trunk(architecture.removeprefix(TORCHVISION), input_px=input_px)


def hollow_trunk(architecture: str, input_px: int) -> AnyTrunk:
    """The shape of the same network, without memory for weights."""
    if architecture.startswith(TIMM):
        return TimmTrunk(hollow_model(architecture.removeprefix(TIMM), input_px)).eval()
    return torchvision_trunk(architecture.removeprefix(TORCHVISION), input_px=input_px, hollow=True)


def measured(trunk: AnyTrunk, side_px: int) -> dict[str, Any]:
    """`feature_dim`, `gflops`, `memory_mb` and `stages` of a network in eval mode, which is useless afterwards."""
    stages = [stage for stage, _modules in trunk.stages]
    trunk.requires_grad_(False)
    with FlopCounterMode(display=False) as counter:
        memory = memory_mb(trunk, side_px)
    return {
        "feature_dim": trunk.feature_dim,
        "gflops": round(counter.get_total_flops() / 2 / 1e9, 3),
        "memory_mb": memory,
        "stages": stages,
    }
