"""A miniature of everything that pretraining needs."""

from collections.abc import Iterable, Iterator
from functools import partial
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from core.backbones.networks.architectures import ARCHITECTURES, Trunk
from core.pretraining.images import load_images
from core.pretraining.recipe import Recipe
from core.pretraining.targets import Answers
from core.pretraining.teachers import Targets
from core.pretraining.train import TaughtImages
from core.pretraining.views import Views, plan_views
from tests.conftest import photo_bytes

COLOURS = ((200, 60, 50), (60, 170, 70), (60, 80, 200))
RECIPE = Recipe(
    "tiny", epochs=4, cooldown_epochs=2, batch_size=16, warmup_steps=2, views=2, sizes_px=(16, 24), learning_rate=0.02,
    cooldown_sizes_px=(24,), head_rate=1.0,
)  # fmt: skip


class MeanColour:
    """A teacher that knows the mean colour of the left and the right half."""

    name = key = "mean_colour"
    outputs = {"embedding": 6, "logits": 3}  # noqa: RUF012
    batch_size = 32

    def __call__(self, batches: Iterable[Tensor]) -> Iterator[Targets]:
        for images in batches:
            left, right = images.chunk(2, dim=3)
            halves = torch.cat([left.mean((2, 3)), right.mean((2, 3))], dim=1)
            yield {"embedding": halves.half().numpy(), "logits": (20 * halves[:, :3]).half().numpy()}


@pytest.fixture(autouse=True)
def tiny(monkeypatch: pytest.MonkeyPatch) -> None:
    """An architecture of that name."""

    def build() -> Trunk:
        stem = nn.Sequential(nn.Conv2d(3, 8, 3, 2, 1, bias=False), nn.BatchNorm2d(8), nn.ReLU())
        return Trunk({"stem": stem, "stage1": nn.Sequential(nn.Conv2d(8, 16, 3, 2, 1), nn.ReLU())}, feature_dim=16)

    monkeypatch.setitem(ARCHITECTURES, "tiny", build)


@pytest.fixture
def packed(tmp_path: Path) -> Path:
    """48 images of three colours, in the packed layout."""
    folder = tmp_path / "packed"
    folder.mkdir()
    images = [photo_bytes(COLOURS[i % 3], seed=i, size_px=32) for i in range(48)]
    (folder / "train.bin").write_bytes(b"".join(images))
    offsets = np.cumsum([0, *map(len, images)])
    np.savez(folder / "train_index.npz", offsets=offsets, labels=np.arange(48, dtype=np.int16) % 3)
    return folder


@pytest.fixture
def sources(packed: Path, tmp_path: Path) -> list[TaughtImages]:
    """The 48 images, and the answers of `MeanColour` to them."""
    images = load_images(packed, tmp_path / "cache", side_px=32)
    pixels, plan = torch.from_numpy(images.pixels), partial(plan_of, len(images))
    answers = Answers([MeanColour()], pixels, plan, tmp_path / "answers", name="packed", input_px=24)
    return [TaughtImages("packed", pixels, torch.from_numpy(images.labels), 1, plan, answers)]


def plan_of(count: int, view: int, wild: float = 0.25) -> Views:
    return plan_views(0, view, count, wild)
