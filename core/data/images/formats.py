"""Which format a file's first bytes announce, in Pillow's words, and what Pillow must not be asked to read.

A claim, not a proof: whether there is a picture is for `decode.py` to find out. A camera's RAW file is told by what is
in it, too, since most are TIFF files whose first page is a preview of the size of a stamp.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import BinaryIO

HEAD_BYTES = 64
"""How many of a file's first bytes `format_of` wants to see."""

RAW = "RAW"
"""The format, in no words of Pillow's, of what a camera's sensor saw."""

_MAGIC = (
    (0, b"\xff\xd8\xff", "JPEG"), (0, b"\x89PNG\r\n\x1a\n", "PNG"), (0, b"GIF87a", "GIF"), (0, b"GIF89a", "GIF"),
    (8, b"WEBP", "WEBP"), (8, b"CR\x02", RAW), (0, b"II*\0", "TIFF"), (0, b"MM\0*", "TIFF"), (0, b"II+\0", "TIFF"),
    (0, b"MM\0+", "TIFF"), (4, b"ftypavif", "AVIF"), (4, b"ftypavis", "AVIF"), (0, b"BM", "BMP"),
    (4, b"ftyphei", "HEIF"), (4, b"ftyphev", "HEIF"), (4, b"ftypmif1", "HEIF"), (4, b"ftypmsf1", "HEIF"),
    (4, b"jP  \r\n\x87\n", "JPEG2000"), (0, b"\xff\x0a", "JPEGXL"), (4, b"JXL \r\n\x87\n", "JPEGXL"),
    (0, b"8BPS", "PSD"), (4, b"ftypcrx ", RAW), (6, b"HEAPCCDR", RAW), (0, b"IIRO", RAW), (0, b"IIRS", RAW),
    (0, b"MMOR", RAW), (0, b"IIU\0", RAW), (0, b"FUJIFILMCCD-RAW", RAW), (0, b"FOVb", RAW), (0, b"\0MRM", RAW),
)  # fmt: skip
_AVIF_BRANDS = {b"avif", b"avis"}
_SUBFILE, _PHOTOMETRIC, _SUB_PAGES = 254, 262, 330  # tags of a TIFF's page
_SENSOR_TAGS = {50706, 33421, 33422}  # DNG's version; the pattern of a sensor's colour filters
_SENSOR_VALUES = {32803, 34892}  # photometric: colour filter array, linear RAW
_MOST_TAGS = 1000


def format_of(head: bytes) -> str | None:
    """The format that a file's first `HEAD_BYTES` announce, or None."""
    for at, magic, name in _MAGIC:
        if head[at : at + len(magic)] == magic and (name != "WEBP" or head[:4] == b"RIFF"):
            return "AVIF" if name == "HEIF" and _AVIF_BRANDS & _brands(head) else name
    return None


def _brands(head: bytes) -> set[bytes]:
    """The brands that an ISO media file calls itself compatible with, as far as they are in its head."""
    return {head[at : at + 4] for at in range(16, min(int.from_bytes(head[:4], "big"), len(head)), 4)}


@contextmanager
def opened(source: str | Path | BinaryIO) -> Iterator[BinaryIO]:
    """A file to read from, at its beginning; a path is closed at the end of the block, an open file is not."""
    if isinstance(source, str | Path):
        with Path(source).open("rb") as file:
            yield file
    else:
        source.seek(0)
        yield source


@cache
def reads_heif() -> bool:
    """Whether HEIF (HEIC) can be read; the library is loaded at the first call, and only then.

    Embedded thumbnails are never taken for the picture, and a decode has one thread, as there are several decoders.
    """
    try:
        from pillow_heif import register_heif_opener
    except ImportError:
        return False
    register_heif_opener(thumbnails=False, depth_images=False, aux_images=False, decode_threads=1)
    return True


@cache
def spare_webp() -> None:
    """From the first call on, WebP takes 12 bytes a pixel and not 16: its decoder goes before the picture comes."""
    from PIL import Image
    from PIL.WebPImagePlugin import WebPImageFile

    class SpareWebP(WebPImageFile):
        """A WebP whose decoder, with two canvases of its own, is let go when it has given the only picture."""

        def load_prepare(self) -> None:
            if not self.is_animated:
                self._decoder = None
            super().load_prepare()

    accepts = Image.OPEN["WEBP"][1]
    Image.register_open("WEBP", SpareWebP, accepts)


def is_camera_raw(tiff: BinaryIO) -> bool:
    """Whether an open TIFF is a camera's: it has a sensor's values, or begins with a preview of its further pages."""
    tags = _tags(tiff)
    if tags.keys() & _SENSOR_TAGS or tags.get(_PHOTOMETRIC) in _SENSOR_VALUES:
        return True
    return bool(tags.get(_SUBFILE, 0) & 1) and _SUB_PAGES in tags


def _tags(tiff: BinaryIO) -> dict[int, int]:
    """The tags of a TIFF's first page, with the numbers in them or where those are; none where it leads nowhere."""
    head = tiff.read(8)
    order = "<" if head[:2] == b"II" else ">"
    try:
        tiff.seek(struct.unpack(f"{order}4xI", head)[0])
        (count,) = struct.unpack(f"{order}H", tiff.read(2))
        page = tiff.read(12 * min(count, _MOST_TAGS))
        entries = struct.iter_unpack(f"{order}HHI4s", page)
        return {tag: _number(value, kind, order) for tag, kind, _count, value in entries}
    except struct.error:
        return {}


def _number(value: bytes, kind: int, order: str) -> int:
    is_short = kind == 3
    number: int = struct.unpack(f"{order}H2x" if is_short else f"{order}I", value)[0]
    return number
