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
    reduced_rgb,
    upright,
)
from core.data.images.levels import Levels, Spread, as_8_bits, kind_of, levels_for, spread_of
from core.data.images.media import has_hole
from core.data.images.scans import is_scan_bomb
from core.data.images.unfinished import MADE_UP, is_unfinished
from core.data.limits import Limits

THUMBNAIL_PX = 256
THUMBNAIL_QUALITY = 88
_GAP = 4  # how many pixels a side of the thumbnail are left for the finer filter
_MOST_ASPECT = 4
_WHITE = (255, 255, 255)


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


def small_copy(path: Path, limits: Limits, levels: Levels | None = None, side_px: int = THUMBNAIL_PX) -> SmallCopy:
    """Decodes the whole image at `path`.

    Args:
        path: the file.
        limits: formats, pixels and sides that are accepted.
        levels: how grey of more than 8 bits is scaled; by the photo's own window where they are not known yet.
        side_px: the longer side of the copy; a smaller photo keeps its size.

    Raises:
        UnreadableImage: it cannot be decoded.
    """
    with open_image(path, limits) as image:
        name, size = format_name(image), image.size
        _check_bytes(path, name, size)
        image.draft(None, (side_px, side_px))
        pixels = load(image)
        size = size if name == "JPEG" else pixels.size  # a HEIF file's header may lie
        spread = spread_of(pixels) if kind_of(pixels) else None
        if spread is not None:
            levels = levels or levels_for([spread])
        share = max(pixels.size) // (_GAP * side_px) if pixels.width * pixels.height > limits.max_whole_pixels else 1
        small = _small(_scalable(pixels, share, levels), side_px)
        width, height = size[::-1] if orientation(image) in (5, 6, 7, 8) else size
        return SmallCopy(framed(upright(image, small)), name, width, height, spread)


def thumbnail_of(copy: Path, out: Path) -> None:
    """Writes the thumbnail of a photo whose larger copy (a JPEG that Graft wrote) there is."""
    with Image.open(copy) as image:
        image.thumbnail((THUMBNAIL_PX, THUMBNAIL_PX))
        image.save(out, "JPEG", quality=THUMBNAIL_QUALITY)


def _scalable(pixels: Image.Image, share: int, levels: Levels | None) -> Image.Image:
    """A decoded image in a mode that can be made smaller, and at 1 / `share` of its size already."""
    if share > 1:
        return reduced_rgb(pixels, share, levels)
    if kind_of(pixels):
        return as_8_bits(pixels, levels)
    if pixels.mode not in ("RGB", "RGBA", "L", "LA", "CMYK") or "transparency" in pixels.info:
        return as_rgb(pixels)
    return pixels


def _check_bytes(path: Path, name: str, size: tuple[int, int]) -> None:
    """Refuses what a decoder would take very long for, or make up a part of."""
    if name == "JPEG" and is_scan_bomb(path.read_bytes(), *size):
        raise UnreadableImage("decode_timeout")
    if name in MADE_UP and is_unfinished(name, path.read_bytes()):
        raise UnreadableImage("truncated", size)
    if name == "HEIF":
        with path.open("rb") as file:
            if has_hole(file):
                raise UnreadableImage("truncated")


def framed(rgb: Image.Image) -> Image.Image:
    """`rgb`, between white bands where one side is over four times the other: a hair's width cannot be shown."""
    width, height = rgb.size
    size = (max(width, -(-height // _MOST_ASPECT)), max(height, -(-width // _MOST_ASPECT)))
    if size == rgb.size:
        return rgb
    wide = Image.new("RGB", size, _WHITE)
    wide.paste(rgb, ((size[0] - width) // 2, (size[1] - height) // 2))
    return wide


def _small(image: Image.Image, side_px: int) -> Image.Image:
    share = side_px / max(image.size)
    if share >= 1:
        return image
    size = (max(1, round(image.width * share)), max(1, round(image.height * share)))
    return image.resize(size, Image.Resampling.BICUBIC, reducing_gap=2.0)
