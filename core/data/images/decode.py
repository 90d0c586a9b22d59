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

from core.data.images import formats
from core.data.limits import Limits
from core.data.messages import skip_text
from core.errors import DatasetError

THUMBNAIL_PX = 256
THUMBNAIL_QUALITY = 88
_MOST_ASPECT = 4
_WHITE = (255, 255, 255)
# A progressive JPEG's scans each go over the whole image. Photos have about ten; far more is an attack.
_MAX_SCANS, _MAX_SCAN_MEGAPIXELS = 50, 1000
_MOST_COEFFICIENT_BYTES = 580 << 20  # beside them there has to be room within `worker.MAX_MEMORY_BYTES`
_ISO_MEDIA = {"AVIF", "HEIF"}
_ORIENTATION = 0x0112
_TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT, 3: Image.Transpose.ROTATE_180, 4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE, 6: Image.Transpose.ROTATE_270, 7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}  # fmt: skip

Image.MAX_IMAGE_PIXELS = Limits().max_scaled_pixels  # Pillow's own alarm would go off below what phones make


class UnreadableImage(DatasetError):
    """A file that gives no pixels; `reason` is a skip code such as `truncated`, and the message what to do."""

    def __init__(self, reason: str) -> None:
        super().__init__(skip_text(reason))
        self.reason = reason


def open_rgb(source: str | Path | BinaryIO, *, at_least_px: int = 0, limits: Limits | None = None) -> Image.Image:
    """The first frame of an image (of a HEIF file the primary one) as upright RGB.

    Orientation is applied; 16-bit values are scaled to 8 bits; transparency lies over white; palettes, grey and CMYK
    are converted. The result carries no metadata. A JPEG of more than `Limits.max_heavy_pixels` is decoded at the
    largest of a half, quarter or eighth of its size that has no more than these.

    Args:
        source: a path or an open binary file.
        at_least_px: where it is above 0, a JPEG may be decoded at a half, quarter or eighth of its size as long as its
            shorter side keeps this many pixels, which is faster.
        limits: formats, pixels and sides that are accepted.

    Raises:
        UnreadableImage: not an image of an accepted format, or a broken or oversized one.
    """
    limits = limits or Limits()
    image = open_image(source, limits)
    width, height = image.size
    share = _share(width * height, limits)
    if at_least_px and min(width, height) >= 2 * at_least_px:
        image.draft(None, (min(at_least_px, width // share), min(at_least_px, height // share)))
    elif share > 1:
        image.draft(None, (width // share, height // share))
    return upright(image, load(image))


def _share(pixels: int, limits: Limits) -> int:
    """Which part of its sides, 1 / this, a JPEG of so many pixels is decoded at so that it has not too many."""
    return next((share for share in (1, 2, 4) if pixels <= limits.max_heavy_pixels * share**2), 8)


def open_image(source: str | Path | BinaryIO, limits: Limits) -> Image.Image:
    """Opens an image and judges its header; no pixel is decoded.

    Raises:
        UnreadableImage: as `open_rgb`.
    """
    claimed = _claimed(source, limits)
    accepted = [name for name in limits.formats if name not in _ISO_MEDIA or name == claimed]
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            warnings.filterwarnings("ignore", category=UserWarning)
            image = Image.open(source, formats=accepted)
    except (Image.DecompressionBombWarning, Image.DecompressionBombError):
        raise UnreadableImage("too_many_pixels") from None
    except Exception as problem:  # whatever a hostile header brings a reader to raise, only its file is lost
        raise UnreadableImage(_why_not(source, claimed, problem, limits)) from problem
    reason = _too_much(image, limits)
    if reason:
        image.close()
        raise UnreadableImage(reason)
    return image


def _too_much(image: Image.Image, limits: Limits) -> str:
    """Why an opened image is too large to be decoded, "" where it is not."""
    if image.width * image.height > limits.most_pixels(_format(image)) or max(image.size) > limits.max_side:
        return "too_many_pixels"
    return "too_much_memory" if _coefficient_bytes(image) > _MOST_COEFFICIENT_BYTES else ""


def _claimed(source: str | Path | BinaryIO, limits: Limits) -> str | None:
    """The format that a file announces, as far as it is one that Pillow may be asked about.

    Raises:
        UnreadableImage: it is a camera's, or one that cannot be read here, or it is cut off.
    """
    try:
        with formats.opened(source) as file:
            claimed = formats.format_of(file.read(formats.HEAD_BYTES))
            file.seek(0)
            if claimed == formats.RAW or (claimed == "TIFF" and formats.is_camera_raw(file)):
                raise UnreadableImage("camera_raw")
            if claimed not in _ISO_MEDIA:
                return claimed
            if claimed not in limits.formats or (claimed == "AVIF" and not features.check("avif")):
                raise UnreadableImage("unsupported_format")
            if claimed == "HEIF" and not formats.reads_heif():
                raise UnreadableImage("no_heif_library")
            if formats.is_cut_off(file):
                raise UnreadableImage("truncated")
            return claimed
    except (OSError, ValueError):
        raise UnreadableImage("decoder_error") from None


def load(image: Image.Image) -> Image.Image:
    """Decodes the pixels of an opened image.

    Raises:
        UnreadableImage: `truncated`, `too_much_memory`, `unsupported_format` or `decoder_error`.
    """
    try:
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", category=UserWarning)
            image.load()
    except Exception as problem:  # whatever a hostile file brings a decoder to raise, only that file is lost
        raise UnreadableImage(_broken(problem)) from problem
    return image


def _broken(problem: Exception) -> str:
    """The reason why pixels could not be decoded."""
    words = str(problem).lower()
    if "security limit" in words:
        return "too_many_pixels"
    if isinstance(problem, MemoryError) or "memory" in words or "alloc" in words:
        return "too_much_memory"
    if "truncated" in words:
        return "truncated"
    return "unsupported_format" if "unsupported" in words else "decoder_error"


def _coefficient_bytes(image: Image.Image) -> int:
    """What decoding a progressive JPEG takes besides its pixels: two bytes for every sample, whatever its size."""
    layers = getattr(image, "layer", ())
    if not image.info.get("progressive") or not layers:
        return 0
    finest = max(h for _id, h, _v, _q in layers) * max(v for _id, _h, v, _q in layers)
    samples: int = image.width * image.height * sum(h * v for _id, h, v, _q in layers) // finest
    return 2 * samples


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


def _format(image: Image.Image) -> str:
    """Pillow's name of the format; phones put a second picture behind a JPEG, which makes an MPO of it."""
    return "JPEG" if image.format == "MPO" else str(image.format)


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
    name, size = _format(image), image.size
    if name == "JPEG" and is_scan_bomb(path.read_bytes(), *size):
        raise UnreadableImage("decode_timeout")
    image.draft(None, (THUMBNAIL_PX, THUMBNAIL_PX))
    pixels = load(image)
    size = size if name == "JPEG" else pixels.size  # a HEIF file's header may lie
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


def _why_not(source: str | Path | BinaryIO, claimed: str | None, problem: Exception, limits: Limits) -> str:
    """The reason why Pillow opens nothing, from what the file's beginning announces."""
    if isinstance(problem, MemoryError):
        return "too_much_memory"
    with formats.opened(source) as file:
        head, size = file.read(formats.HEAD_BYTES), file.seek(0, 2)
        if not size:
            return "empty_file"
        if claimed is None or (claimed == "BMP" and head[6:10] != b"\0\0\0\0"):
            return "not_an_image"
        if claimed not in limits.formats or (claimed in _ISO_MEDIA and not formats.has_pictures(file)):
            return "unsupported_format"
    cut = claimed == "WEBP" and int.from_bytes(head[4:8], "little") + 8 > size
    return "truncated" if cut or "truncated" in str(problem).lower() else "decoder_error"


def from_bytes(content: bytes, limits: Limits | None = None) -> Image.Image:
    """`open_rgb` of a file's bytes."""
    return open_rgb(BytesIO(content), limits=limits)
