"""A stored photo as large as a screen shows it, whatever its format."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path

from PIL import Image

from core.data.images.decode import open_rgb

LARGE_PX = 1400
_QUALITY = 90


def enlarged(path: Path) -> bytes:
    """A JPEG of the photo at `path`, upright, of at most `LARGE_PX` a side; a smaller photo keeps its size.

    Raises:
        UnreadableImage: it cannot be decoded any more.
        OSError: it is gone.
    """
    with path.open("rb") as file:
        rgb = open_rgb(file, at_least_px=LARGE_PX)
    rgb.thumbnail((LARGE_PX, LARGE_PX), Image.Resampling.BICUBIC, reducing_gap=2.0)
    out = BytesIO()
    rgb.save(out, "JPEG", quality=_QUALITY)
    return out.getvalue()
