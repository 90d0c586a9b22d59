"""RandAugment (Cubuk et al. 2020): two operations of a fixed list, drawn for each photo, of one magnitude.

The list and what a magnitude means for each operation are those of the paper, as torchvision has them. This file does
not know where the random numbers come from.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PIL import Image
from torchvision.transforms.v2 import InterpolationMode
from torchvision.transforms.v2 import functional as F

MOST = 30
"""The greatest magnitude."""
NUMBERS = 4
"""How many random numbers a photo takes."""

_SHEAR_DEGREES, _SHIFT, _DEGREES, _FACTOR, _BITS = 16.7, 150 / 331, 30.0, 0.9, 4
"""What the greatest magnitude means: a shear by 0.3, a shift by a share of the side, an angle, a factor, bits lost."""

_Colour = tuple[int, int, int]
_Operation = Callable[[Image.Image, float, _Colour], Image.Image]


def randaugment(image: Image.Image, magnitude: float, numbers: Sequence[float], fill: _Colour) -> Image.Image:
    """The photo after two operations, which may be twice the same.

    Args:
        image: RGB.
        magnitude: from 0, which changes next to nothing, to `MOST`.
        numbers: random ones in 0..1: for each operation which one it is, and in which of two directions it goes.
        fill: what is seen beyond the photo's edge.
    """
    for which, way in (numbers[:2], numbers[2:]):
        strength = magnitude / MOST * (1.0 if way < 0.5 else -1.0)
        image = _OPERATIONS[int(which * len(_OPERATIONS))](image, strength, fill)
    return image


def _moved(
    image: Image.Image, fill: _Colour, shift: tuple[float, float] = (0, 0), shear: tuple[float, float] = (0, 0)
) -> Image.Image:
    moved: Image.Image = F.affine(
        image,
        angle=0.0,
        translate=[round(shift[0] * image.width), round(shift[1] * image.height)],
        scale=1.0,
        shear=list(shear),
        interpolation=InterpolationMode.BILINEAR,
        fill=list(fill),
    )
    return moved


def _turned(image: Image.Image, strength: float, fill: _Colour) -> Image.Image:
    return image.rotate(strength * _DEGREES, Image.Resampling.BILINEAR, fillcolor=fill)


_OPERATIONS: tuple[_Operation, ...] = (
    lambda image, _strength, _fill: image,
    lambda image, strength, fill: _moved(image, fill, shear=(strength * _SHEAR_DEGREES, 0)),
    lambda image, strength, fill: _moved(image, fill, shear=(0, strength * _SHEAR_DEGREES)),
    lambda image, strength, fill: _moved(image, fill, shift=(strength * _SHIFT, 0)),
    lambda image, strength, fill: _moved(image, fill, shift=(0, strength * _SHIFT)),
    _turned,
    lambda image, strength, _fill: F.adjust_brightness(image, 1 + strength * _FACTOR),
    lambda image, strength, _fill: F.adjust_saturation(image, 1 + strength * _FACTOR),
    lambda image, strength, _fill: F.adjust_contrast(image, 1 + strength * _FACTOR),
    lambda image, strength, _fill: F.adjust_sharpness(image, 1 + strength * _FACTOR),
    lambda image, strength, _fill: F.posterize(image, 8 - round(abs(strength) * _BITS)),
    lambda image, strength, _fill: F.solarize(image, 255 * (1 - abs(strength))),
    lambda image, _strength, _fill: F.autocontrast(image),
    lambda image, _strength, _fill: F.equalize(image),
)
