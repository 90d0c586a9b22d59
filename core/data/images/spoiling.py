"""Photos spoilt as cameras, networks and hands spoil them, each at three levels; the same photo always in the same way.

The kinds and the idea of levels are those of D. Hendrycks and T. Dietterich, "Benchmarking neural network robustness to
common corruptions and perturbations", ICLR 2019. Blur is told for a shorter side of 224 px, so that photos of any size
are spoilt alike.
"""

from __future__ import annotations

import hashlib
import io
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageFilter

from core.i18n import gettext as _
from core.numbers import decimal, percent

_USUAL_PX = 224


@dataclass(frozen=True)
class Spoiling:
    """One way in which photos are spoilt, at three levels from mild to strong.

    Attributes:
        levels: how much: standard deviations of blur in px and of noise as a share of white, JPEG's quality, degrees,
            factors of brightness, and the share of the sides that is left.
        spoil: an RGB image, a level, and a generator for what is random -> an RGB image of the same size.
    """

    levels: tuple[float, float, float]
    spoil: Callable[[Image.Image, float, np.random.Generator], Image.Image]


def spoilt(image: Image.Image, kind: str, level: float, *, photo: str, seed: int = 0) -> Image.Image:
    """An RGB image, spoilt.

    Args:
        image: of any size.
        kind: one of `KINDS`.
        level: one of that kind's levels.
        photo: the photo's id; what is random depends on it, on `kind`, `level` and `seed` alone.
        seed: of what is random.
    """
    digest = hashlib.sha256(f"{seed}:{photo}:{kind}:{level}".encode()).digest()
    return KINDS[kind].spoil(image, level, np.random.default_rng(int.from_bytes(digest[:8], "big")))


def _blur(image: Image.Image, sigma_px: float, _rng: np.random.Generator) -> Image.Image:
    return image.filter(ImageFilter.GaussianBlur(sigma_px * min(image.size) / _USUAL_PX))


def _noise(image: Image.Image, deviation: float, rng: np.random.Generator) -> Image.Image:
    pixels = np.asarray(image, np.float32) + rng.normal(0, 255 * deviation, (image.height, image.width, 3))
    return Image.fromarray(pixels.clip(0, 255).astype(np.uint8))


def _jpeg(image: Image.Image, quality: float, _rng: np.random.Generator) -> Image.Image:
    buffer = io.BytesIO()
    image.save(buffer, "JPEG", quality=round(quality))
    return Image.open(buffer).convert("RGB")


def _rotation(image: Image.Image, degrees: float, rng: np.random.Generator) -> Image.Image:
    """Turned one way or the other; what comes in at the corners mirrors what is there."""
    reach_y, reach_x = (min(side - 1, max(image.size) // 2) for side in (image.height, image.width))
    padded = np.pad(np.asarray(image), ((reach_y, reach_y), (reach_x, reach_x), (0, 0)), mode="reflect")
    turned = Image.fromarray(padded).rotate(degrees * rng.choice((-1, 1)), Image.Resampling.BICUBIC)
    return turned.crop((reach_x, reach_y, reach_x + image.width, reach_y + image.height))


def _brightness(image: Image.Image, factor: float, _rng: np.random.Generator) -> Image.Image:
    return image.point(lambda value: min(255, round(factor * value)))


def _smaller(image: Image.Image, share: float, _rng: np.random.Generator) -> Image.Image:
    """Made smaller and enlarged again: what a photo of few pixels shows."""
    small = image.resize([max(1, round(share * side)) for side in image.size], Image.Resampling.BICUBIC)
    return small.resize(image.size, Image.Resampling.BICUBIC)


KINDS: Mapping[str, Spoiling] = {
    "blur": Spoiling((1.0, 2.0, 4.0), _blur),
    "noise": Spoiling((0.05, 0.1, 0.2), _noise),
    "jpeg": Spoiling((30.0, 15.0, 7.0), _jpeg),
    "rotation": Spoiling((10.0, 20.0, 45.0), _rotation),
    "darker": Spoiling((0.6, 0.35, 0.15), _brightness),
    "brighter": Spoiling((1.4, 1.9, 2.8), _brightness),
    "smaller": Spoiling((1 / 2, 1 / 4, 1 / 8), _smaller),
}


def kind_name(kind: str) -> str:
    """What a way of spoiling is called."""
    return {
        "blur": _("blur"),
        "noise": _("noise"),
        "jpeg": _("JPEG"),
        "rotation": _("rotation"),
        "darker": _("less light"),
        "brighter": _("more light"),
        "smaller": _("fewer pixels"),
    }[kind]


def level_name(kind: str, level: float) -> str:
    """How much a photo is spoilt, in the unit of that way."""
    match kind:
        case "blur":
            return _("{n} px of 224").format(n=decimal(level, 0))
        case "noise":
            return _("{share} of white").format(share=percent(level, 0))
        case "jpeg":
            return _("quality {n}").format(n=decimal(level, 0))
        case "rotation":
            return _("{n}°").format(n=decimal(level, 0))
        case "smaller":
            return _("1/{n} of the sides").format(n=decimal(1 / level, 0))
        case _:
            return _("×{factor}").format(factor=decimal(level, 2))
