"""Fakes that behave: a backbone whose features one can tell by looking, and weights files that pass for real ones."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest
import torch
from torch import Tensor, nn

from core.backbones import load as loading
from core.backbones import registry
from core.backbones.load import Backbone
from core.backbones.spec import BackboneInfo, Preprocessing

TINY = "tiny"


def tiny_info(name: str = TINY, input_px: int = 16) -> BackboneInfo:
    """What the registry would say of `TinyBackbone`."""
    return BackboneInfo(
        name=name,
        family="fake",
        embedded=True,
        params=12,
        gflops=0.0,
        size_mb=0.0,
        input_px=input_px,
        feature_dim=3,
        imagenet_top1=None,
        trained_on="nothing",
        licence="none",
        weights=name,
        preprocessing=Preprocessing(input_px, input_px, mean=(0.0, 0.0, 0.0), std=(1.0, 1.0, 1.0)),
        stages=("colour", "mean"),
    )


class TinyTrunk(nn.Module):
    """The mean of each channel, by way of a 1×1 convolution that starts as the identity and so can be trained.

    Attributes:
        calls: the sizes of the batches it has seen.
    """

    def __init__(self) -> None:
        super().__init__()
        self.colour = nn.Conv2d(3, 3, 1)
        self.mean = nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten())
        self.calls: list[int] = []
        with torch.no_grad():
            self.colour.weight.copy_(torch.eye(3)[:, :, None, None])
            self.colour.bias.zero_()

    def forward(self, images: Tensor) -> Tensor:
        self.calls.append(len(images))
        features: Tensor = self.mean(self.colour(images))
        return features


class TinyBackbone(Backbone):
    """Mean colour to 3 numbers in 0..1: red, green, blue."""

    def __init__(self, info: BackboneInfo | None = None) -> None:
        trunk = TinyTrunk()
        super().__init__(info or tiny_info(), trunk, (("colour", (trunk.colour,)), ("mean", (trunk.mean,))))
        self.eval()

    @property
    def calls(self) -> list[int]:
        """The sizes of the batches that this very backbone (not a copy of it) has seen."""
        trunk = self.trunk
        assert isinstance(trunk, TinyTrunk)
        return trunk.calls


def install(patch: pytest.MonkeyPatch, *backbones: Backbone) -> list[str]:
    """Puts backbones into the registry and behind `load`; gives the list of names that `load` builds from then on."""
    by_name = {backbone.info.name: backbone for backbone in backbones}
    built: list[str] = []
    real = loading._build

    def build(info: BackboneInfo, state: dict[str, Tensor] | None) -> Backbone:
        built.append(info.name)
        return by_name[info.name] if info.name in by_name else real(info, state)

    listed = registry.embedded
    patch.setattr(registry, "embedded", lambda: (*(b.info for b in backbones), *listed()))
    patch.setattr(loading, "_build", build)
    patch.setattr(loading, "_kept", type(loading._kept)())
    return built


def install_tiny(patch: pytest.MonkeyPatch) -> TinyBackbone:
    """Puts a `TinyBackbone` named "tiny" into the registry and behind `load`."""
    tiny = TinyBackbone()
    install(patch, tiny)
    return tiny


def random_weights(patch: pytest.MonkeyPatch, name: str, folder: Path) -> BackboneInfo:
    """A file of random weights for a model of torchvision lies in `folder` under the name that torchvision gives it.

    The registry's hash becomes that of this file, so it passes for the real one.
    """
    from torchvision import models

    from core.backbones.embedded import file_sha256

    info = registry.info(name)
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / info.url.rsplit("/", 1)[-1]
    torch.manual_seed(0)
    torch.save(models.get_model(name, weights=None).state_dict(), file)
    known = dataclasses.replace(info, sha256=file_sha256(file))
    listed = registry.zoo
    patch.setattr(registry, "zoo", lambda: tuple(known if b.name == name else b for b in listed()))
    patch.setattr(loading, "_kept", type(loading._kept)())
    return known
