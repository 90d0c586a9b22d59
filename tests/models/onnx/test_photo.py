"""A graph that takes photos as they are gives the network what Graft gives it, for every framing and filter."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from core.backbones.load import load
from core.backbones.preprocess import preprocess
from core.backbones.registry import info
from core.engines.onnx import session
from core.models.classifier import Classifier
from core.models.onnx.graph import graph_of, input_names
from core.models.onnx.photo import with_preprocessing

# Width and height: wide, high, small, square, a dot, and a strip of which only the middle is resized.
SIZES = ((61, 40), (37, 52), (9, 7), (33, 33), (1, 1), (400, 30))

HOW = replace(info("pixels_16").preprocessing, resize_px=19, mean=(0.4, 0.5, 0.6), std=(0.2, 0.25, 0.3))


@pytest.fixture(scope="module")
def graph() -> bytes:
    return graph_of(Classifier(load("pixels_16"), ("cat", "dog"), HOW).eval())


@pytest.mark.parametrize("method", ["bilinear", "bicubic"])
@pytest.mark.parametrize("framing", ["centre", "whole", "squashed"])
def test_pixels_are_graft_s_own(graph: bytes, framing: str, method: str) -> None:
    """This backbone's features are the pixels that it sees, so every one of them is compared."""
    how = replace(HOW, framing=framing, interpolation=method)
    running = session(with_preprocessing(graph, how, input_names(how)))
    rng = np.random.default_rng(0)
    for width, height in SIZES:
        pixels = rng.integers(0, 256, (2, height, width, 3), dtype=np.uint8)
        proba, features = running.run(["proba", "features"], {"photo": pixels})
        expected = [preprocess(Image.fromarray(image), how).numpy().ravel() for image in pixels]
        levels = np.abs(features - np.array(expected)) * 255 * 0.2
        assert levels.max() < 1.01, f"{width} x {height}"
        assert (levels > 1e-3).mean() < 0.002, f"{width} x {height}"
        assert proba.shape == (2, 2)
