"""A heat map over its photo. Neither torch nor the model is needed, so it is drawn anew at every strength."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from io import BytesIO
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from core.explaining.records import HeatMap
from core.explaining.sight import Box
from core.versions import Version, version_of

STRENGTH = 0.7
"""How much of the photo the hottest place hides."""

_SCALE = np.array(
    [[0, 0, 4], [66, 10, 104], [147, 38, 103], [221, 81, 58], [252, 165, 10], [252, 255, 164]], dtype=np.float64
)
"""From cold to hot, each brighter than the one before, so that those who see few colours see it too."""

_UNSEEN = 0.55
_GREY = 128.0


def overlay(picture: Image.Image, heat: HeatMap, strength: float = STRENGTH) -> Image.Image:
    """A picture of the photo with its heat map: cold places as they are, hot ones in colour.

    What the model does not see of the photo is greyed.

    Args:
        picture: the whole upright photo at any size, RGB.
        heat: its map.
        strength: 0 to 1, how much of the picture the hottest place hides.

    Returns:
        An image of the picture's size, RGB.
    """
    photo = np.asarray(picture.convert("RGB"), dtype=np.float64)
    values = _resized(heat.scaled, picture.size)[..., None]
    hot = photo + strength * values * (coloured(values[..., 0]) - photo)
    unseen = ~_is_seen(heat, picture.size)
    hot[unseen] += _UNSEEN * (_GREY - hot[unseen])
    return Image.fromarray(hot.clip(0, 255).astype(np.uint8))


def framed(picture: Image.Image, seen: Box) -> Image.Image:
    """A picture of the photo with a frame around what the model sees of it, light on dark, so that it shows anywhere.

    Args:
        picture: the whole upright photo at any size.
        seen: left, top, right and bottom as shares of its width and height.

    Returns:
        An image of the picture's size, RGB.
    """
    drawn = picture.convert("RGB")
    sides = (drawn.width, drawn.height) * 2
    left, top, right, bottom = (round(share * side) for share, side in zip(seen, sides, strict=True))
    line = max(1, round(max(drawn.size) / 160))
    edges = (left, top, max(right - 1, left), max(bottom - 1, top))
    pencil = ImageDraw.Draw(drawn)
    pencil.rectangle(edges, outline="black", width=3 * line)
    inner = (
        edges[0] + line,
        edges[1] + line,
        max(edges[2] - line, edges[0] + line),
        max(edges[3] - line, edges[1] + line),
    )
    pencil.rectangle(inner, outline="white", width=line)
    return drawn


def overlaid(picture: Path, heat: Path, strength: float) -> bytes:
    """A PNG of the picture in a file with the heat map in another; one that was drawn lately is not drawn anew.

    Raises:
        ExplainError: the map cannot be read.
        OSError: the picture cannot be.
    """
    return _overlaid(picture, heat, strength, version_of(picture))


@lru_cache(maxsize=96)
def _overlaid(picture: Path, heat: Path, strength: float, _version: Version) -> bytes:
    with Image.open(picture) as photo:
        return png(overlay(photo, HeatMap.load(heat), strength))


def coloured(values: NDArray[np.floating]) -> NDArray[np.float64]:
    """The colours of values from 0 to 1: (..., 3), 0 to 255."""
    at = np.linspace(0, 1, len(_SCALE))
    return np.stack([np.interp(values, at, channel) for channel in _SCALE.T], axis=-1)


def mean_map(cells: Sequence[Sequence[float]], side_px: int = 160) -> Image.Image:
    """The mean of many photos' maps as a square, values from 0 to 1 in colours."""
    values = Image.fromarray(np.asarray(cells, dtype=np.float32)).resize((side_px, side_px), Image.Resampling.BILINEAR)
    return Image.fromarray(coloured(np.asarray(values).clip(0, 1)).astype(np.uint8))


def png(image: Image.Image) -> bytes:
    """An image as PNG."""
    out = BytesIO()
    image.save(out, "PNG", compress_level=1)
    return out.getvalue()


def legend(width: int = 256, height: int = 12) -> Image.Image:
    """The colours from cold to hot, as a strip."""
    strip = coloured(np.linspace(0, 1, width))
    return Image.fromarray(np.broadcast_to(strip, (height, width, 3)).astype(np.uint8))


def _resized(values: NDArray[np.float32], size: tuple[int, int]) -> NDArray[np.float64]:
    resized = Image.fromarray(values).resize(size, Image.Resampling.BILINEAR)
    return np.asarray(resized, dtype=np.float64).clip(0, 1)


def _is_seen(heat: HeatMap, size: tuple[int, int]) -> NDArray[np.bool_]:
    width, height = size
    left, top, right, bottom = heat.seen
    x, y = (np.arange(width) + 0.5) / width, (np.arange(height) + 0.5) / height
    return ((top <= y) & (y <= bottom))[:, None] & ((left <= x) & (x <= right))[None, :]
