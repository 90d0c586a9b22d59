"""A photo decoded whole, once, when it comes: what is left of it is a thumbnail and what was found out on the way."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from PIL import Image

from core.data.images.decode import (
    UnreadableImage,
    as_rgb,
    format_name,
    load,
    open_image,
    orientation,
    upright,
)
from core.data.images.levels import Levels, Spread, as_8_bits, kind_of, levels_for, spread_of
from core.data.limits import Limits

THUMBNAIL_PX = 256
THUMBNAIL_QUALITY = 88
_MOST_ASPECT = 4
_WHITE = (255, 255, 255)
# A progressive JPEG's scans each go over the whole image. Photos have about ten; far more is an attack.
_MAX_SCANS, _MAX_SCAN_MEGAPIXELS = 50, 1000


@dataclass(frozen=True)
class SmallCopy:
    """What is left of a photo that was decoded whole.

    Attributes:
        image: its thumbnail.
        format: Pillow's name of the format.
        width: pixels of the photo, as shown.
        height: pixels of the photo, as shown.
        spread: what its values are, where they are grey of more than 8 bits; else None.
    """

    image: Image.Image
    format: str
    width: int
    height: int
    spread: Spread | None = None


def small_copy(path: Path, limits: Limits, levels: Levels | None = None) -> SmallCopy:
    """Decodes the whole image at `path`.

    Args:
        path: the file.
        limits: formats, pixels and sides that are accepted.
        levels: how grey of more than 8 bits is scaled; by the photo's own window where they are not known yet.

    Raises:
        UnreadableImage: it cannot be decoded.
    """
    image = open_image(path, limits)
    name, size = format_name(image), image.size
    if name == "JPEG" and is_scan_bomb(path.read_bytes(), *size):
        raise UnreadableImage("decode_timeout")
    image.draft(None, (THUMBNAIL_PX, THUMBNAIL_PX))
    pixels = load(image)
    size = size if name == "JPEG" else pixels.size  # a HEIF file's header may lie
    turned = orientation(image) in (5, 6, 7, 8)
    spread = spread_of(pixels) if kind_of(pixels) else None
    if spread is not None:
        pixels = as_8_bits(pixels, levels or levels_for([spread]))
    elif pixels.mode not in ("RGB", "RGBA", "L", "LA", "CMYK") or "transparency" in pixels.info:
        pixels = as_rgb(pixels)
    width, height = size[::-1] if turned else size
    return SmallCopy(framed(upright(image, _small(pixels))), name, width, height, spread)


def is_scan_bomb(content: bytes, width: int, height: int) -> bool:
    """Whether a JPEG has so many scans that decoding it would take very long."""
    scans = content.count(b"\xff\xda")
    return scans > _MAX_SCANS and scans * width * height / 1e6 > _MAX_SCAN_MEGAPIXELS


def framed(rgb: Image.Image) -> Image.Image:
    """`rgb`, between white bands where one side is over four times the other: a hair's width cannot be shown."""
    width, height = rgb.size
    size = (max(width, -(-height // _MOST_ASPECT)), max(height, -(-width // _MOST_ASPECT)))
    if size == rgb.size:
        return rgb
    wide = Image.new("RGB", size, _WHITE)
    wide.paste(rgb, ((size[0] - width) // 2, (size[1] - height) // 2))
    return wide


def _small(image: Image.Image) -> Image.Image:
    share = THUMBNAIL_PX / max(image.size)
    if share >= 1:
        return image
    size = (max(1, round(image.width * share)), max(1, round(image.height * share)))
    return image.resize(size, Image.Resampling.BICUBIC, reducing_gap=2.0)
