"""The photos that Graft draws for self-checks are the same everywhere, and varied."""

from __future__ import annotations

from hashlib import sha256
from io import BytesIO

import numpy as np
from PIL import Image

from core.bundle.photos import drawn


def test_they_are_the_same_each_time_and_all_different() -> None:
    first, again = drawn(64), drawn(64)
    assert first == again
    assert len({sha256(photo.content).digest() for photo in first}) == 16
    assert drawn(64, 5) == first[:5]


def test_pixels_of_a_drawn_photo_are_what_they_were() -> None:
    """Were they others, another version of Graft would draw other photos: harmless, but worth knowing."""
    image = np.asarray(Image.open(BytesIO(drawn(64)[0].content)))
    assert image.shape == (140, 210, 3)
    assert (image.sum(), image[0, 0].tolist(), image[-1, -1].tolist()) == (8_574_535, [52, 133, 217], [53, 52, 128])


def test_they_hold_what_shows_mistakes() -> None:
    images = [Image.open(BytesIO(photo.content)) for photo in drawn(100)]
    assert {image.mode for image in images} == {"RGB", "L", "P", "RGBA"}
    assert {image.format for image in images} == {"PNG", "JPEG"}
    assert sum(image.getexif().get(0x0112, 1) != 1 for image in images) == 1
    assert min(min(image.size) for image in images) > 100
    assert len({round(image.width / image.height, 1) for image in images}) > 5
    assert sum(len(photo.content) for photo in drawn(100)) < 400_000
