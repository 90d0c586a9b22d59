"""Sixteen photos that Graft draws, the same ones everywhere: a model's answers to them prove that it is used rightly.

They are drawn so that a mistake shows: strong colours (channels in another order), fine stripes and rings (shrinking
without antialiasing), shapes that are wide or high (a stretched photo, a crop from elsewhere), one that EXIF turns, one
of a palette, one in grey and one with transparency. None has more than 8 bits: browsers show those as they like.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from io import BytesIO

import numpy as np
from numpy.typing import NDArray
from PIL import Image

N_PHOTOS = 16
_LEAST_PX, _MOST_PX = 96, 900
_SHRINKING = 2.2
_ORIENTATION = 0x0112

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class CheckPhoto:
    """A photo of the self-check, as a file.

    Attributes:
        name: of the file, such as "00.png".
        content: its bytes.
    """

    name: str
    content: bytes


def drawn(resize_px: int, n: int = N_PHOTOS) -> tuple[CheckPhoto, ...]:
    """The first n of the photos, large enough that a network with this side of input has to shrink each.

    Args:
        resize_px: the side to which photos are shrunk.
        n: how many, at most `N_PHOTOS`.
    """
    side = int(min(max(_SHRINKING * resize_px, _LEAST_PX), _MOST_PX))
    return tuple(_photo(number, side) for number in range(n))


@lru_cache(2 * N_PHOTOS)  # an export asks for the same ones two or three times, for a second of work each time
def _photo(number: int, side: int) -> CheckPhoto:
    ratio, style = _ASPECTS[number], _STYLES[number]
    width, height = (side, round(side / ratio)) if ratio < 1 else (round(side * ratio), side)
    image = Image.fromarray(_pixels(number, width, height))
    return CheckPhoto(*style(image, number))


def _pixels(number: int, width: int, height: int) -> NDArray[np.uint8]:
    """A scene of a few flat colours: a sloping ground, a disc, rings, stripes and a chequered corner."""
    rng = np.random.default_rng(1000 + number)
    y, x = np.mgrid[0:height, 0:width].astype(np.float64)
    colours = rng.integers(0, 256, (6, 3)).astype(np.uint8)
    colours[1] = 255 - colours[0]  # what lies side by side differs strongly
    chosen = np.where(x / width + rng.random() * y / height < 0.6, 0, 2)  # the number of each pixel's colour
    chosen[_disc(x, y, rng, min(width, height))] = 1
    chosen[_rings(x, y, rng, min(width, height))] = 3
    chosen[_stripes(x, y, rng, width, height)] = 4
    chosen[_chequers(x, y, rng, width, height)] = 5
    return np.asarray(colours[chosen])


def _disc(x: Floats, y: Floats, rng: np.random.Generator, side: int) -> NDArray[np.bool_]:
    cx, cy = x.max() * rng.uniform(0.3, 0.7), y.max() * rng.uniform(0.3, 0.7)
    return np.asarray((x - cx) ** 2 + (y - cy) ** 2 < (side * rng.uniform(0.2, 0.35)) ** 2)


def _rings(x: Floats, y: Floats, rng: np.random.Generator, side: int) -> NDArray[np.bool_]:
    """Rings that become ever finer outwards, by whole numbers so that they are the same on every machine."""
    cx, cy = int(x.max() * rng.uniform(0.2, 0.8)), int(y.max() * rng.uniform(0.2, 0.8))
    squared = ((x - cx) ** 2 + (y - cy) ** 2).astype(np.int64)
    return np.asarray((squared < (side * 2 // 5) ** 2) & (squared // side % 3 == 0))


def _stripes(x: Floats, y: Floats, rng: np.random.Generator, width: int, height: int) -> NDArray[np.bool_]:
    period = int(rng.integers(3, 6))
    where = (x > width * rng.uniform(0.4, 0.6)) & (y < height * rng.uniform(0.3, 0.6))
    return np.asarray(where & ((x + y).astype(np.int64) % period == 0))


def _chequers(x: Floats, y: Floats, rng: np.random.Generator, width: int, height: int) -> NDArray[np.bool_]:
    where = (x < width * rng.uniform(0.3, 0.5)) & (y > height * rng.uniform(0.5, 0.7))
    return np.asarray(where & ((x.astype(np.int64) // 2 + y.astype(np.int64) // 2) % 2 == 0))


def _saved(image: Image.Image, fmt: str, **options: object) -> bytes:
    out = BytesIO()
    image.save(out, fmt, **options)
    return out.getvalue()


def _png(image: Image.Image, number: int) -> tuple[str, bytes]:
    return f"{number:02d}.png", _saved(image, "PNG", optimize=True)


def _jpeg(image: Image.Image, number: int) -> tuple[str, bytes]:
    """Colours at full resolution: how halved ones are enlarged is each decoder's own affair."""
    return f"{number:02d}.jpg", _saved(image, "JPEG", quality=75, subsampling=0)


def _turned(image: Image.Image, number: int) -> tuple[str, bytes]:
    exif = Image.Exif()
    exif[_ORIENTATION] = 6
    return f"{number:02d}.jpg", _saved(image, "JPEG", quality=75, subsampling=0, exif=exif)


def _grey(image: Image.Image, number: int) -> tuple[str, bytes]:
    return f"{number:02d}.png", _saved(image.convert("L"), "PNG", optimize=True)


def _palette(image: Image.Image, number: int) -> tuple[str, bytes]:
    return f"{number:02d}.png", _saved(image.quantize(32, dither=Image.Dither.NONE), "PNG", optimize=True)


def _cut_out(image: Image.Image, number: int) -> tuple[str, bytes]:
    """Half of it is see-through."""
    image.putalpha(Image.fromarray(np.where(np.asarray(image)[..., 0] > 127, 255, 0).astype(np.uint8)))
    return f"{number:02d}.png", _saved(image, "PNG", optimize=True)


_STYLES: Sequence[Callable[[Image.Image, int], tuple[str, bytes]]] = (
    _png, _turned, _png, _jpeg, _palette, _png, _cut_out, _grey, _png, _png, _png, _png, _palette, _png, _cut_out, _png,
)  # fmt: skip
_ASPECTS = (1.5, 1.33, 0.67, 1.0, 1.78, 0.75, 1.33, 1.5, 2.5, 0.56, 1.0, 1.5, 0.67, 1.33, 1.78, 1.0)
