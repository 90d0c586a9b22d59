"""Small backbones, random but always the same, that tests can train: one with batch norms and one with attention."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import pytest
import torch
from torch import Tensor, nn

from core.backbones.backbone import Backbone
from core.backbones.networks.architectures import Trunk
from core.backbones.spec import BackboneInfo, Preprocessing
from core.data.dataset import Dataset
from core.data.ingest import ingest
from tests.conftest import photo

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
    return _backbone(name, trunk, dict(trunk.stages))


class Tokens(nn.Module):
    """A patch embedding: images (b, 3, 32, 32) -> tokens (b, 16, 8)."""

    def __init__(self) -> None:
        super().__init__()
        self.patches = nn.Conv2d(3, 8, 8, 8)

    def forward(self, images: Tensor) -> Tensor:
        return self.patches(images).flatten(2).transpose(1, 2)


class Block(nn.Module):
    """Attention and a linear layer, as in a vision transformer."""

    def __init__(self) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(8)
        self.attention = nn.MultiheadAttention(8, 2, dropout=0.1, batch_first=True)
        self.mlp = nn.Sequential(nn.LayerNorm(8), nn.Linear(8, 16), nn.GELU(), nn.Linear(16, 8))

    def forward(self, tokens: Tensor) -> Tensor:
        seen = self.norm(tokens)
        tokens = tokens + self.attention(seen, seen, seen, need_weights=False)[0]
        return tokens + self.mlp(tokens)


class Mean(nn.Module):
    """The mean of tokens (b, n, 8) -> (b, 8)."""

    def forward(self, tokens: Tensor) -> Tensor:
        return tokens.mean(1)


def tiny_transformer(name: str = "graft_residual") -> Backbone:
    """Features of 8 numbers from 32 px images, by attention; it goes under the name of a registered backbone."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        stages: dict[str, nn.Module] = {"tokens": Tokens(), "block": Block(), "mean": Mean()}
        trunk = nn.Sequential(OrderedDict(stages))
    return _backbone(name, trunk, stages)


def _backbone(name: str, trunk: nn.Module, stages: Mapping[str, nn.Module]) -> Backbone:
    info = BackboneInfo(
        name=name, family="test", embedded=True, params=600, gflops=0.0, size_mb=0.1, input_px=32, feature_dim=8,
        imagenet_top1=None, trained_on="nothing", licence="none", weights="", preprocessing=HOW, stages=tuple(stages),
    )  # fmt: skip
    return Backbone(info, trunk, tuple((n, (m,)) for n, m in stages.items())).eval()


Colour = tuple[int, int, int]


@contextmanager
def pets(folder: Path, cat: Colour, dog: Colour, per_class: int = 20) -> Iterator[Dataset]:
    """Two classes ("cat", "dog") of generated photos of about these colours, in a home of their own."""
    for label, colour in (("cat", cat), ("dog", dog)):
        (folder / "pets" / label).mkdir(parents=True)
        for i in range(per_class):
            photo(colour, seed=i).save(folder / "pets" / label / f"{i}.png")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GRAFT_HOME", str(folder / "home"))
        yield ingest(folder / "pets")
