"""A photo's bytes without what they tell besides the picture: place, time, camera, owner, comments, embedded previews.

JPEG and PNG lose their metadata and keep their pixels bit for bit. HEIF, which always carries some, is written anew as
JPEG of the highest quality, since a PNG would have ten times its bytes; the other formats are written anew where they
carry any: as PNG, and as TIFF where grey has more than 8 bits, all of which stay. A photo that carries no metadata is
given back as it came.
"""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
from PIL import Image

from core.data.images.decode import load, open_image, open_rgb, orientation, turned_upright
from core.data.images.levels import kind_of
from core.data.limits import Limits

_ORIENTATION = 0x0112
_STANDALONE = {0x01, *range(0xD0, 0xD9)}
_SOS, _EOI, _COM, _APP0, _APP2, _APP14, _APP15 = 0xDA, 0xD9, 0xFE, 0xE0, 0xE2, 0xEE, 0xEF
_PNG_DROPPED = {b"tEXt", b"zTXt", b"iTXt", b"eXIf", b"tIME"}
_TOLD = ("exif", "xmp", "comment", "photoshop", "XML:com.adobe.xmp")
_BARE, _TELLING = {"BMP"}, {"TIFF", "HEIF"}
_BEST = {"quality": 95, "subsampling": 0}


def scrubbed(photo: Path, format_name: str) -> tuple[bytes, str]:
    """The bytes to give away, and their format.

    Args:
        photo: a file that was taken in, and so decoded before.
        format_name: Pillow's name of its format.

    Raises:
        UnreadableImage: it cannot be decoded any more.
    """
    content = photo.read_bytes()
    image = open_image(io.BytesIO(content), Limits.local())
    turned = orientation(image)
    if format_name == "JPEG" and content.startswith(b"\xff\xd8"):
        return _jpeg(content, turned), format_name
    if format_name == "PNG" and turned == 1:
        return _png(content), format_name
    if format_name in _BARE or (
        format_name not in _TELLING and turned == 1 and not any(k in image.info for k in _TOLD)
    ):
        return content, format_name
    if kind_of(image):
        return _deep(image), "TIFF"
    anew = "JPEG" if format_name == "HEIF" else "PNG"
    out = io.BytesIO()
    open_rgb(io.BytesIO(content), limits=Limits.local()).save(out, anew, **_BEST if anew == "JPEG" else {})
    return out.getvalue(), anew


def _deep(image: Image.Image) -> bytes:
    """The first picture of an opened image with all its bits, upright, as a TIFF that tells nothing else."""
    values = np.asarray(turned_upright(image, load(image)))
    out = io.BytesIO()
    Image.fromarray(values).save(out, "TIFF", compression="tiff_adobe_deflate")
    return out.getvalue()


def _jpeg(content: bytes, turned: int) -> bytes:
    """Only what is needed to show the first picture: no application's segments but colour profile and transform."""
    kept = [b"\xff\xd8"]
    dropped = False
    at = 2
    while at + 4 <= len(content) and content[at] == 0xFF:
        marker = content[at + 1]
        if marker == 0xFF:  # padding
            at += 1
            continue
        if marker == _EOI:
            break
        end = at + 2 if marker in _STANDALONE else at + 2 + int.from_bytes(content[at + 2 : at + 4], "big")
        if marker == _SOS:
            end = _scan_end(content, end)
        if _tells(marker, content[at + 4 : at + 16]):
            dropped = True
        else:
            kept.append(content[at:end])
        at = end
    if not dropped and at + 2 >= len(content):
        return content
    if turned != 1:
        exif = Image.Exif()
        exif[_ORIENTATION] = turned
        payload = exif.tobytes()
        kept.insert(1, b"\xff\xe1" + (len(payload) + 2).to_bytes(2, "big") + payload)
    return b"".join(kept) + b"\xff\xd9"


def _tells(marker: int, beginning: bytes) -> bool:
    """Whether a segment holds metadata; JFIF's header, colour profiles and Adobe's colour transform are no such."""
    if marker == _COM:
        return True
    if not _APP0 <= marker <= _APP15:
        return False
    if marker == _APP0:
        return not beginning.startswith(b"JFIF\0")
    if marker == _APP2:
        return not beginning.startswith(b"ICC_PROFILE\0")
    return not (marker == _APP14 and beginning.startswith(b"Adobe"))


def _scan_end(content: bytes, at: int) -> int:
    """Where the entropy-coded data that begins at `at` ends: before the next marker that is no restart or stuffing."""
    while True:
        at = content.find(b"\xff", at)
        if at < 0 or at + 1 >= len(content):
            return len(content)
        if content[at + 1] != 0 and not 0xD0 <= content[at + 1] <= 0xD7 and content[at + 1] != 0xFF:
            return at
        at += 1 if content[at + 1] == 0xFF else 2


def _png(content: bytes) -> bytes:
    """All chunks up to the end but those of text, time and EXIF."""
    kept = [content[:8]]
    at = 8
    while at + 12 <= len(content):
        end = at + 12 + int.from_bytes(content[at : at + 4], "big")
        kind = content[at + 4 : at + 8]
        if kind not in _PNG_DROPPED:
            kept.append(content[at:end])
        at = end
        if kind == b"IEND":
            break
    return b"".join(kept)
