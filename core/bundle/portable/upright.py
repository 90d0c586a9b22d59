"""How a file becomes an upright RGB image, within the limits that Graft holds photos to.

`predict.py` reads photos by this. Needs numpy and Pillow, and nothing of Graft. In a bundle it stands in `predict.py`
itself.
"""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image, UnidentifiedImageError

from core.data.images.scans import is_scan_bomb
from core.data.images.unfinished import MADE_UP, is_unfinished

ENDINGS = {".jpg", ".jpeg", ".png", ".webp", ".bmp", ".gif", ".tif", ".tiff", ".avif", ".heic", ".heif"}
FORMATS = ["JPEG", "PNG", "WEBP", "BMP", "GIF", "TIFF", "AVIF"]
MOST_WHOLE_PIXELS, MOST_SIDE = 40_000_000, 20_000
MOST_PIXELS = {"JPEG": 256_000_000, "MPO": 256_000_000, "HEIF": 64_000_000, "WEBP": 53_333_333, "AVIF": 40_000_000}
MOST_PIXELS_ELSE = 128_000_000  # some formats take more memory for a pixel while they are decoded, JPEG takes less
HEIC = {b"ftypheic", b"ftypheix", b"ftypheim", b"ftypheis", b"ftyphevc", b"ftypmif1"}

Image.MAX_IMAGE_PIXELS = MOST_PIXELS["JPEG"] // 2  # Pillow refuses twice as many
# It also warns, of so many pixels or of odd metadata, which loses no photo. It is silenced once: the filters are the
# whole process's, so that putting them back after each photo would change those of other threads.
for _category in (UserWarning, Image.DecompressionBombWarning):
    warnings.filterwarnings("ignore", category=_category, module=r"PIL\.")
TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT, 3: Image.Transpose.ROTATE_180, 4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE, 6: Image.Transpose.ROTATE_270, 7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}  # fmt: skip


class Refused(ValueError):
    """A photo that is not decoded; the message says why."""


def opened(path: Path, levels: dict[str, Any] | None) -> Image.Image:
    """The photo at `path`: turned as its EXIF says, over white where it is see-through, deep grey scaled."""
    with Image.open(path, formats=formats_here()) as image:
        image.filename = ""  # or Pillow maps the file: mapped TIFFs come out scrambled where EXIF turns them
        check(path, image)
        share = next((n for n in (1, 2, 4) if image.width * image.height <= MOST_WHOLE_PIXELS * n**2), 8)
        if share > 1:
            image.draft(None, (image.width // share, image.height // share))
        image.load()
        rgb = as_rgb(image, levels)
        if share > 1 and image.format not in ("JPEG", "MPO"):
            rgb = rgb.reduce(share)
        turn = TURNS.get(orientation(image))
        return rgb.transpose(turn) if turn is not None else rgb.copy()


def check(path: Path, image: Image.Image) -> None:
    """Refuses what would take very much memory or very long, or of which a part is missing, before it is decoded."""
    if max(image.size) > MOST_SIDE:
        raise Refused(f"It is more than {MOST_SIDE} pixels wide or high.")
    most = MOST_PIXELS.get(image.format or "", MOST_PIXELS_ELSE)
    if image.width * image.height > most:
        raise Refused(f"It has more than {most // 10**6} million pixels.")
    if image.format in ("JPEG", "MPO") and is_scan_bomb(path.read_bytes(), *image.size):
        raise Refused("It is stored in so many scans that it would take very long to read.")
    if image.format in MADE_UP and is_unfinished(image.format, path.read_bytes()):
        raise Refused("It ends too early. Copy it again from where it came.")


def why(path: Path, problem: Exception) -> str:
    """Why the photo at `path` cannot be read, in a sentence."""
    if isinstance(problem, FileNotFoundError):
        return "There is no such file."
    if isinstance(problem, Refused):
        return str(problem)
    if isinstance(problem, Image.DecompressionBombError):
        return "It has too many pixels."
    if not isinstance(problem, UnidentifiedImageError):
        return f"It cannot be read ({str(problem).partition(chr(10))[0] or type(problem).__name__})."
    with path.open("rb") as file:
        brand = file.read(12)[4:]
    if brand in HEIC and "HEIF" not in formats_here():
        return "HEIC needs: pip install pillow-heif"
    return "It is not a photo that can be read here."


def formats_here() -> list[str]:
    """The formats that are read here; that of phones where what reads it is installed."""
    Image.init()
    known = [name for name in FORMATS if name in Image.OPEN]
    try:
        from pillow_heif import register_heif_opener
    except ImportError:
        return known
    register_heif_opener(thumbnails=False)
    return [*known, "HEIF"]


def orientation(image: Image.Image) -> int:
    """The EXIF orientation, 1 (upright) where there is none that can be read."""
    try:
        return int(image.getexif().get(0x0112, 1))
    except Exception:
        return 1


def as_rgb(image: Image.Image, levels: dict[str, Any] | None) -> Image.Image:
    """A decoded image of any mode as RGB."""
    if image.mode in ("F", "I") or image.mode.startswith("I;16"):
        return as_8_bits(image, levels or {}).convert("RGB")
    if image.mode in ("RGBA", "RGBa", "LA", "La", "PA") or "transparency" in image.info:
        rgba = image.convert("RGBA")
        over = Image.new("RGB", rgba.size, (255, 255, 255))
        over.paste(rgba, mask=rgba.getchannel("A"))
        return over
    return image.convert("RGB")


def as_8_bits(image: Image.Image, levels: dict[str, Any]) -> Image.Image:
    """Grey of more than 8 bits as 8 bits: by the window that the model was fitted with, else by its own range."""
    values = np.nan_to_num(np.asarray(image), nan=0.0, posinf=0.0, neginf=0.0)
    low, high = levels.get("real" if image.mode == "F" else "whole") or own_window(image.mode, values)
    scaled = (values.astype(np.float32) - np.float32(low)) * np.float32(255.0 / max(high - low, 1e-12))
    return Image.fromarray((scaled + np.float32(0.5)).clip(0, 255).astype(np.uint8))


def own_window(mode: str, values: Any) -> tuple[float, float]:
    """The full scale of 12 or 16 bits, 0 to 1 or 0 to 255 for floats; others by their range."""
    low, high = float(values.min()), float(values.max())
    if low >= 0 and mode == "F" and high <= 255:
        return 0.0, 1.0 if high <= 1 else 255.0
    if low >= 0 and mode != "F" and high <= 65535:
        return 0.0, 4095.0 if high <= 4095 else 65535.0
    return low, high
