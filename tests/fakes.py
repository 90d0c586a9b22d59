"""Fakes that behave: a backbone whose features one can tell by looking, and weights files that pass for real ones."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
import torch
from torch import Tensor, nn

from core.backbones import registry
from core.backbones.backbone import Backbone
from core.backbones.sources.source import BackboneSource
from core.backbones.spec import BackboneInfo, Preprocessing
from core.paths import file_sha256
from core.progress import Report

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


class FakeSource:
    """A source of backbones that are built already.

    Attributes:
        built: the names of those that were asked for, in order.
    """

    def __init__(self, *backbones: Backbone) -> None:
        self._backbones = {backbone.info.name: backbone for backbone in backbones}
        self.built: list[str] = []

    def infos(self) -> tuple[BackboneInfo, ...]:
        return tuple(backbone.info for backbone in self._backbones.values())

    def read(self, info: BackboneInfo, report: Report) -> dict[str, Tensor] | None:
        return None

    def build(self, info: BackboneInfo, state: dict[str, Tensor] | None) -> Backbone:
        self.built.append(info.name)
        return self._backbones[info.name]


def plug_in(patch: pytest.MonkeyPatch, source: BackboneSource) -> None:
    """Puts a source before all others, with an empty memory of what was loaded from it."""
    patch.setattr(registry, "SOURCES", [source, *registry.SOURCES])


def install(patch: pytest.MonkeyPatch, *backbones: Backbone) -> list[str]:
    """Plugs these backbones in; gives the list of names that are built from then on."""
    source = FakeSource(*backbones)
    plug_in(patch, source)
    return source.built


def install_tiny(patch: pytest.MonkeyPatch) -> TinyBackbone:
    """Plugs in a `TinyBackbone` named "tiny"."""
    tiny = TinyBackbone()
    install(patch, tiny)
    return tiny


class Promised:
    """One backbone of another source, whose weights are promised to be those in a file."""

    def __init__(self, source: BackboneSource, name: str, file: Path) -> None:
        self._source, self._name, self._sha256 = source, name, file_sha256(file)

    def infos(self) -> tuple[BackboneInfo, ...]:
        return tuple(replace(info, sha256=self._sha256) for info in self._source.infos() if info.name == self._name)

    def read(self, info: BackboneInfo, report: Report) -> dict[str, Tensor] | None:
        return self._source.read(info, report)

    def build(self, info: BackboneInfo, state: dict[str, Tensor] | None) -> Backbone:
        return self._source.build(info, state)


def promise(patch: pytest.MonkeyPatch, name: str, file: Path) -> BackboneInfo:
    """From here on the registry says that the weights of the backbone `name` are those in `file`."""
    plug_in(patch, Promised(registry.source(name), name, file))
    return registry.info(name)


def random_weights(patch: pytest.MonkeyPatch, name: str, folder: Path) -> BackboneInfo:
    """A file of random weights for a model of torchvision lies in `folder` under the name that torchvision gives it.

    The registry's hash becomes that of this file, so it passes for the real one.
    """
    from torchvision import models

    folder.mkdir(parents=True, exist_ok=True)
    file = folder / registry.info(name).url.rsplit("/", 1)[-1]
    torch.manual_seed(0)
    torch.save(models.get_model(name, weights=None).state_dict(), file)
    return promise(patch, name, file)
