"""A stored photo as large as a screen shows it, whatever its format.

What takes much memory to decode is decoded in a process of its own: the server shows photos to several people.
"""

from __future__ import annotations

from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory

from core.data.images.decode import UnreadableImage, memory_bytes, open_image
from core.data.images.decoding import decoders_for
from core.data.images.small import small_copy
from core.data.limits import Limits

LARGE_PX = 1400
_QUALITY = 90
_MOST_BYTES = 64 << 20  # of memory, for a photo that is decoded here


def enlarged(path: Path) -> bytes:
    """A JPEG of the photo at `path`, upright, of at most `LARGE_PX` a side; a smaller photo keeps its size.

    Raises:
        UnreadableImage: it cannot be decoded any more.
        OSError: it is gone.
    """
    with path.open("rb") as file, open_image(file, Limits.local()) as image:
        share = min(8, max(1, min(image.size) // LARGE_PX))
        is_light = memory_bytes(image, share) <= _MOST_BYTES
    return _here(path) if is_light else _elsewhere(path)


def _here(path: Path) -> bytes:
    out = BytesIO()
    small_copy(path, Limits.local(), side_px=LARGE_PX).image.save(out, "JPEG", quality=_QUALITY)
    return out.getvalue()


def _elsewhere(path: Path) -> bytes:
    with TemporaryDirectory() as folder, decoders_for(Limits.local(), 1) as decoders:
        out = Path(folder) / "large.jpg"
        decoded = decoders.submit(path, out, side_px=LARGE_PX).result()
        if decoded.reason:
            raise UnreadableImage(decoded.reason, (decoded.width, decoded.height))
        return out.read_bytes()
