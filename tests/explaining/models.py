"""Models to explain: tiny ones whose maps one can work out by hand, and one of each family with random weights."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from PIL import Image

from core.backbones.load import load
from core.backbones.spec import Preprocessing
from core.explaining.subject import Subject
from core.models.classifier import Classifier
from tests.fakes import TinyBackbone, tiny_info

COLOURS = ("red", "green", "blue")


def told_by_colour(input_px: int = 16, preprocessing: Preprocessing | None = None) -> Subject:
    """A model whose logits are a photo's mean red, green and blue, 0 to 1, times ten."""
    classifier = Classifier(TinyBackbone(tiny_info(input_px=input_px)), COLOURS, preprocessing).eval()
    with torch.no_grad():
        classifier.head.weight.copy_(10 * torch.eye(3))
        classifier.head.bias.zero_()
    return Subject(classifier)


def with_random_weights(name: str, classes: Sequence[str] = ("a", "b", "c")) -> Subject:
    """A model on a backbone of the registry, all of it random.

    Its layers for batch normalisation have the statistics of some photos: without, nearly nothing is left behind the
    many layers of some networks.
    """
    torch.manual_seed(0)
    subject = Subject(Classifier(load(name, pretrained=False), classes).eval())
    backbone = subject.classifier.backbone
    for norm in (module for module in backbone.modules() if isinstance(module, torch.nn.BatchNorm2d)):
        norm.momentum = 1.0
    with torch.no_grad():
        backbone.train()(torch.stack([subject.photo(noise(seed=seed)).inputs for seed in range(4)]))
    backbone.eval()
    return subject


def patched(colour: Sequence[int] = (255, 0, 0), size: tuple[int, int] = (64, 64)) -> Image.Image:
    """A grey photo whose lower right quarter has this colour."""
    pixels = np.full((size[1], size[0], 3), 60, dtype=np.uint8)
    pixels[size[1] // 2 :, size[0] // 2 :] = colour
    return Image.fromarray(pixels)


def noise(size: tuple[int, int] = (160, 120), seed: int = 0) -> Image.Image:
    """A photo of coloured noise."""
    return Image.fromarray(np.random.default_rng(seed).integers(0, 256, (size[1], size[0], 3), dtype=np.uint8))
