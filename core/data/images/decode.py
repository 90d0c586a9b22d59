"""From a file to upright RGB pixels: the one decoder of Graft.

What counts as an image is Pillow's word, among the formats of `Limits`. This file knows nothing of archives or
datasets, and it does not guard against decodes that never end: `decoding.py` runs it in processes that can be killed.
"""

from __future__ import annotations

import warnings
from io import BytesIO
from pathlib import Path
from typing import BinaryIO

from PIL import Image, features

from core.data.limits import Limits
from core.errors import DatasetError
from core.i18n import gettext as _

THUMBNAIL_PX = 256
THUMBNAIL_QUALITY = 88
_MOST_ASPECT = 4
_WHITE = (255, 255, 255)
_MAGIC = (
    (0, b"\xff\xd8\xff", "JPEG"), (0, b"\x89PNG\r\n\x1a\n", "PNG"), (0, b"GIF87a", "GIF"), (0, b"GIF89a", "GIF"),
    (8, b"WEBP", "WEBP"), (0, b"II*\0", "TIFF"), (0, b"MM\0*", "TIFF"), (0, b"II+\0", "TIFF"), (0, b"MM\0+", "TIFF"),
    (4, b"ftypavif", "AVIF"), (4, b"ftypavis", "AVIF"), (0, b"BM", "BMP"),
    (4, b"ftyphei", "HEIC"), (4, b"ftyphev", "HEIC"), (4, b"ftypmif1", "HEIC"), (4, b"ftypmsf1", "HEIC"),
    (4, b"jP  \r\n\x87\n", "JPEG2000"), (0, b"\xff\x0a", "JPEGXL"), (4, b"JXL \r\n\x87\n", "JPEGXL"),
    (0, b"8BPS", "PSD"),
)  # fmt: skip
# A progressive JPEG's scans each go over the whole image. Photos have about ten; far more is an attack.
_MAX_SCANS, _MAX_SCAN_MEGAPIXELS = 50, 1000
_ORIENTATION = 0x0112
_TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT, 3: Image.Transpose.ROTATE_180, 4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE, 6: Image.Transpose.ROTATE_270, 7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}  # fmt: skip


class UnreadableImage(DatasetError):
    """A file that gives no pixels; `reason` is a skip code such as `truncated`."""

    def __init__(self, reason: str) -> None:
        super().__init__(_("The image cannot be read ({reason}). Save it again as JPEG or PNG.").format(reason=reason))
        self.reason = reason


def format_of(head: bytes) -> str | None:
    """The format that a file's first 16 bytes announce, in Pillow's words, or None; a claim, not a proof."""
    for at, magic, name in _MAGIC:
        if head[at : at + len(magic)] == magic and (name != "WEBP" or head[:4] == b"RIFF"):
            return name
    return None


def open_rgb(source: str | Path | BinaryIO, *, at_least_px: int = 0, limits: Limits | None = None) -> Image.Image:
    """The first frame of an image as upright RGB.

    EXIF orientation is applied; 16-bit values are scaled to 8 bits; transparency lies over white; palettes, grey and
    CMYK are converted. The result carries no metadata.

    Args:
        source: a path or an open binary file.
        at_least_px: where it is above 0, a JPEG may be decoded at a half, quarter or eighth of its size as long as its
            shorter side keeps this many pixels, which is faster.
        limits: formats, pixels and sides that are accepted.

    Raises:
        UnreadableImage: not an image of an accepted format, or a broken or oversized one.
    """
    image = open_image(source, limits or Limits())
    if at_least_px and min(image.size) >= 2 * at_least_px:
        image.draft(None, (at_least_px, at_least_px))
    return upright(image, load(image))


def open_image(source: str | Path | BinaryIO, limits: Limits) -> Image.Image:
    """Opens an image and judges its header; no pixel is decoded.

    Raises:
        UnreadableImage: as `open_rgb`.
    """
    formats = [f for f in limits.formats if f != "AVIF" or features.check("avif")]
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            warnings.filterwarnings("ignore", category=UserWarning)
            image = Image.open(source, formats=formats)
    except (Image.DecompressionBombWarning, Image.DecompressionBombError):
        raise UnreadableImage("too_many_pixels") from None
    except (OSError, SyntaxError, ValueError, EOFError, OverflowError, MemoryError, TypeError) as problem:
        raise UnreadableImage(_why_not(source, formats, problem)) from problem
    if image.width * image.height > limits.max_pixels or max(image.size) > limits.max_side:
        raise UnreadableImage("too_many_pixels")
    return image


def load(image: Image.Image) -> Image.Image:
    """Decodes the pixels of an opened image.

    Raises:
        UnreadableImage: `truncated` or `decoder_error`.
    """
    try:
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", category=UserWarning)
            image.load()
    except (OSError, SyntaxError, ValueError, EOFError, OverflowError, MemoryError, TypeError, IndexError) as problem:
        raise UnreadableImage("truncated" if "truncated" in str(problem).lower() else "decoder_error") from problem
    return image


def upright(opened: Image.Image, pixels: Image.Image) -> Image.Image:
    """`pixels`, decoded from `opened` and perhaps made smaller, as RGB and turned as the file's EXIF says."""
    rgb = _rgb(pixels)
    turn = _TURNS.get(orientation(opened))
    rgb = rgb.transpose(turn) if turn is not None else rgb
    if rgb is opened or rgb.info:
        rgb = rgb.copy()
        rgb.info = {}
    return rgb


def orientation(image: Image.Image) -> int:
    """The EXIF orientation, 1 (upright) where there is none that can be read."""
    try:
        return int(image.getexif().get(_ORIENTATION, 1))
    except Exception:  # malformed EXIF raises nearly anything, and only its orientation is lost
        return 1


def is_scan_bomb(content: bytes, width: int, height: int) -> bool:
    """Whether a JPEG has so many scans that decoding it would take very long."""
    scans = content.count(b"\xff\xda")
    return scans > _MAX_SCANS and scans * width * height / 1e6 > _MAX_SCAN_MEGAPIXELS


def thumbnail(path: Path, out: Path, limits: Limits) -> tuple[str, int, int]:
    """Decodes the whole image at `path` and writes its thumbnail to `out`.

    Returns:
        The format, and the width and height in pixels as shown.

    Raises:
        UnreadableImage: it cannot be decoded.
    """
    small, name, width, height = small_copy(path, limits)
    small.save(out, "JPEG", quality=THUMBNAIL_QUALITY)
    return name, width, height


def small_copy(path: Path, limits: Limits) -> tuple[Image.Image, str, int, int]:
    """Decodes the whole image at `path`: its thumbnail, format, width and height, as `thumbnail`."""
    image = open_image(path, limits)
    name = "JPEG" if image.format == "MPO" else str(image.format)
    size = image.size
    if name == "JPEG" and is_scan_bomb(path.read_bytes(), *size):
        raise UnreadableImage("decode_timeout")
    image.draft(None, (THUMBNAIL_PX, THUMBNAIL_PX))
    pixels = load(image)
    turned = orientation(image) in (5, 6, 7, 8)
    if pixels.mode not in ("RGB", "RGBA", "L", "LA", "CMYK") or "transparency" in pixels.info:
        pixels = _rgb(pixels)
    width, height = size[::-1] if turned else size
    return framed(upright(image, _small(pixels))), name, width, height


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


def _rgb(image: Image.Image) -> Image.Image:
    if image.mode == "RGB" and "transparency" not in image.info:
        return image
    if image.mode in ("I", "F") or image.mode.startswith("I;16"):
        return _scaled(image)
    if image.mode in ("RGBA", "RGBa", "LA", "La", "PA") or "transparency" in image.info:
        rgba = image.convert("RGBA")
        over = Image.new("RGB", rgba.size, _WHITE)
        over.paste(rgba, mask=rgba.getchannel("A"))
        return over
    return image.convert("RGB")


def _scaled(image: Image.Image) -> Image.Image:
    """Grey of more than 8 bits: 12 and 16 bits and floats in 0…1 or 0…255 by their full scale, others by range."""
    import numpy as np

    values = np.array(image, dtype=np.float32)
    np.nan_to_num(values, copy=False, nan=0.0, posinf=0.0, neginf=0.0)
    low, high = float(values.min()), float(values.max())
    if low >= 0 and image.mode == "F" and high <= 255:
        low, high = 0.0, 1.0 if high <= 1 else 255.0
    elif low >= 0 and image.mode != "F" and high <= 65535:
        low, high = 0.0, 4095.0 if high <= 4095 else 65535.0
    values -= low
    values *= 255.0 / max(high - low, 1e-12)
    values += 0.5
    return Image.fromarray(values.clip(0, 255, out=values).astype(np.uint8)).convert("RGB")


def _why_not(source: str | Path | BinaryIO, formats: list[str], problem: Exception) -> str:
    """The reason why Pillow opens nothing, from what the file's beginning announces."""
    try:
        head, size = _beginning(source)
    except (OSError, ValueError):
        return "decoder_error"
    claimed = format_of(head)
    if not size:
        return "empty_file"
    if claimed is None or (claimed == "BMP" and head[6:10] != b"\0\0\0\0"):
        return "not_an_image"
    if claimed not in formats:
        return "unsupported_format"
    cut = claimed == "WEBP" and int.from_bytes(head[4:8], "little") + 8 > size
    return "truncated" if cut or "truncated" in str(problem).lower() else "decoder_error"


def _beginning(source: str | Path | BinaryIO) -> tuple[bytes, int]:
    """The first 16 bytes of a file, and how many it has."""
    if isinstance(source, str | Path):
        with Path(source).open("rb") as file:
            return file.read(16), file.seek(0, 2)
    source.seek(0)
    return source.read(16), source.seek(0, 2)


def from_bytes(content: bytes, limits: Limits | None = None) -> Image.Image:
    """`open_rgb` of a file's bytes."""
    return open_rgb(BytesIO(content), limits=limits)
