"""Several views of one photo, whose probabilities are averaged: itself, mirrored, and cuts out of it.

The first two are "flip", all ten "crops"; so whoever has seen the ten has seen the two. Ten views, four corners and all
of it, each mirrored, are those of A. Krizhevsky et al., "ImageNet classification with deep convolutional neural
networks", NeurIPS 2012. This file needs nothing but Pillow: in a bundle it stands in `predict.py` itself.
"""

from __future__ import annotations

from PIL import Image

ONE, FLIP, CROPS = "none", "flip", "crops"
VIEWS = {ONE: 1, FLIP: 2, CROPS: 10}
"""How many views each way has."""
CUT = 7 / 8
"""The share of each side that a cut keeps."""


def view_of(image: Image.Image, number: int) -> Image.Image:
    """One view of an upright RGB image; 0 is the image itself, odd ones are mirrored."""
    place, mirrored = divmod(number, 2)
    looked_at = image if place == 0 else corner_of(image, place - 1)
    return looked_at.transpose(Image.Transpose.FLIP_LEFT_RIGHT) if mirrored else looked_at


def corner_of(image: Image.Image, corner: int) -> Image.Image:
    """What is left of an image with one of its four corners in it."""
    width, height = (max(1, round(CUT * side)) for side in image.size)
    left, top = (corner % 2) * (image.width - width), (corner // 2) * (image.height - height)
    return image.crop((left, top, left + width, top + height))
