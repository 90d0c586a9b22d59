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

from core.data.images import formats, media
from core.data.images.levels import Levels, as_8_bits, kind_of, known_levels
from core.data.limits import Limits, decoded_bytes
from core.data.messages import UNKNOWN, Size, skip_text
from core.errors import DatasetError

_WHITE = (255, 255, 255)
_MOST_COEFFICIENT_BYTES = 580 << 20  # beside them there has to be room within `worker.MAX_MEMORY_BYTES`
_BAND_PIXELS = 1 << 20
_ISO_MEDIA = {"AVIF", "HEIF"}
_ORIENTATION = 0x0112
_TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT, 3: Image.Transpose.ROTATE_180, 4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE, 6: Image.Transpose.ROTATE_270, 7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}  # fmt: skip

# Pillow refuses twice this number of pixels and warns above it; its own would go off below what phones make.
Image.MAX_IMAGE_PIXELS = Limits().max_scaled_pixels // 2
# No photo is lost to what Pillow warns of: so many pixels, or metadata that it leaves out. It is silenced once and for
# all: to do it around each photo would be to set and put back, from many threads, filters that the process has once.
for _category in (UserWarning, Image.DecompressionBombWarning):
    warnings.filterwarnings("ignore", category=_category, module=r"PIL\.")


class UnreadableImage(DatasetError):
    """A file that gives no pixels; `reason` is a skip code such as `truncated`, and the message what to do.

    Args:
        reason: the code.
        size: the photo's width and height, where they are known.
    """

    def __init__(self, reason: str, size: Size = UNKNOWN) -> None:
        super().__init__(skip_text(reason, size))
        self.reason, self.size = reason, size


def open_rgb(
    source: str | Path | BinaryIO,
    *,
    at_least_px: int = 0,
    limits: Limits | None = None,
    levels: Levels | None = None,
) -> Image.Image:
    """The first frame of an image (of a HEIF file the primary one) as upright RGB.

    Orientation is applied; grey of more than 8 bits is scaled (see `levels.py`); transparency lies over white; grey,
    palettes and CMYK are converted. The result carries no metadata. An image of more than `Limits.max_whole_pixels` is
    given at the largest of a half, quarter or eighth of its size that has no more than these.

    Args:
        source: a path or an open binary file.
        at_least_px: where it is above 0, a JPEG may be decoded at a half, quarter or eighth of its size as long as its
            shorter side keeps this many pixels, which is faster.
        limits: formats, pixels and sides that are accepted.
        levels: those of the dataset, where grey has more than 8 bits.

    Raises:
        UnreadableImage: not an image of an accepted format, or a broken or oversized one.
    """
    limits = limits or Limits()
    with open_image(source, limits) as image:  # Pillow leaves an animation's file open after its first picture is read
        width, height = image.size
        share = limits.share_of(width * height)
        if at_least_px and min(width, height) >= 2 * at_least_px:
            image.draft(None, (min(at_least_px, width // share), min(at_least_px, height // share)))
        elif share > 1:
            image.draft(None, (width // share, height // share))
        pixels = load(image)
        if share > 1 and format_name(image) != "JPEG":
            pixels = reduced_rgb(pixels, share, levels)
        return upright(image, pixels, levels)


def reduced_rgb(pixels: Image.Image, share: int, levels: Levels | None = None) -> Image.Image:
    """A decoded image as RGB at 1 / `share` of its size, rounded up; by bands, so that hardly more memory is taken.

    Args:
        pixels: an image of any mode.
        share: by how much its sides are divided.
        levels: those of `open_rgb`.
    """
    levels = known_levels(pixels, levels)
    reduced = Image.new("RGB", (-(-pixels.width // share), -(-pixels.height // share)))
    rows = share * max(1, _BAND_PIXELS // (pixels.width * share))
    for top in range(0, pixels.height, rows):
        band = pixels.crop((0, top, pixels.width, min(top + rows, pixels.height)))
        reduced.paste(as_rgb(band, levels).reduce(share), (0, top // share))
    return reduced


def open_image(source: str | Path | BinaryIO, limits: Limits) -> Image.Image:
    """Opens an image and judges its header; no pixel is decoded.

    Raises:
        UnreadableImage: as `open_rgb`.
    """
    claimed = _claimed(source, limits)
    accepted = [name for name in limits.formats if name not in _ISO_MEDIA or name == claimed]
    try:
        image = Image.open(source, formats=accepted)
    except Image.DecompressionBombError:
        raise UnreadableImage("too_many_pixels") from None
    except Exception as problem:  # whatever a hostile header brings a reader to raise, only its file is lost
        raise UnreadableImage(_why_not(source, claimed, problem, limits)) from problem
    image.filename = ""  # or Pillow maps the file: mapped TIFFs come out scrambled where EXIF says to turn them
    reason = _too_much(image, limits)
    if reason:
        image.close()
        raise UnreadableImage(reason, image.size)
    return image


def _too_much(image: Image.Image, limits: Limits) -> str:
    """Why an opened image is too large to be decoded, "" where it is not."""
    if image.width * image.height > limits.most_pixels(format_name(image)) or max(image.size) > limits.max_side:
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
            if claimed == "WEBP":
                formats.spare_webp()
            if claimed not in _ISO_MEDIA:
                return claimed
            if claimed not in limits.formats or (claimed == "AVIF" and not features.check("avif")):
                raise UnreadableImage("unsupported_format")
            if claimed == "HEIF" and not formats.reads_heif():
                raise UnreadableImage("no_heif_library")
            if media.is_cut_off(file):
                raise UnreadableImage("truncated")
            return claimed
    except FileNotFoundError:
        raise UnreadableImage("gone") from None
    except (OSError, ValueError):
        raise UnreadableImage("decoder_error") from None


def load(image: Image.Image) -> Image.Image:
    """Decodes the pixels of an opened image.

    Raises:
        UnreadableImage: `truncated`, `too_much_memory`, `unsupported_format` or `decoder_error`.
    """
    try:
        image.load()
    except Exception as problem:  # whatever a hostile file brings a decoder to raise, only that file is lost
        raise UnreadableImage(_broken(problem), image.size) from problem
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


def memory_bytes(image: Image.Image, share: int) -> int:
    """About how much memory decoding an opened image takes, where a JPEG is decoded at 1 / `share` of its size."""
    pixels, name = image.width * image.height, format_name(image)
    if name == "JPEG":
        return _coefficient_bytes(image) + pixels * decoded_bytes(name) // share**2
    return pixels * decoded_bytes(name)


def upright(opened: Image.Image, pixels: Image.Image, levels: Levels | None = None) -> Image.Image:
    """`pixels`, decoded from `opened` and perhaps made smaller, as RGB and turned as the file's EXIF says."""
    rgb = turned_upright(opened, as_rgb(pixels, levels))
    if rgb is opened or rgb.info:
        rgb = rgb.copy()
        rgb.info = {}
    return rgb


def turned_upright(opened: Image.Image, pixels: Image.Image) -> Image.Image:
    """`pixels`, decoded from `opened`, turned as the file's EXIF says."""
    turn = _TURNS.get(orientation(opened))
    return pixels.transpose(turn) if turn is not None else pixels


def orientation(image: Image.Image) -> int:
    """The EXIF orientation, 1 (upright) where there is none that can be read."""
    try:
        return int(image.getexif().get(_ORIENTATION, 1))
    except Exception:  # malformed EXIF raises nearly anything, and only its orientation is lost
        return 1


def format_name(image: Image.Image) -> str:
    """Pillow's name of the format; phones put a second picture behind a JPEG, which makes an MPO of it."""
    return "JPEG" if image.format == "MPO" else str(image.format)


def as_rgb(image: Image.Image, levels: Levels | None = None) -> Image.Image:
    """A decoded image of any mode as RGB, as it lies in the file; `levels` are those of `open_rgb`."""
    if image.mode == "RGB" and "transparency" not in image.info:
        return image
    if kind_of(image):
        return as_8_bits(image, levels).convert("RGB")
    if image.mode in ("RGBA", "RGBa", "LA", "La", "PA") or "transparency" in image.info:
        rgba = image.convert("RGBA")
        over = Image.new("RGB", rgba.size, _WHITE)
        over.paste(rgba, mask=rgba.getchannel("A"))
        return over
    return image.convert("RGB")


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
        if claimed not in limits.formats or (claimed in _ISO_MEDIA and not media.has_pictures(file)):
            return "unsupported_format"
    cut = claimed == "WEBP" and int.from_bytes(head[4:8], "little") + 8 > size
    return "truncated" if cut or "truncated" in str(problem).lower() else "decoder_error"


def from_bytes(content: bytes, limits: Limits | None = None) -> Image.Image:
    """`open_rgb` of a file's bytes."""
    return open_rgb(BytesIO(content), limits=limits)
