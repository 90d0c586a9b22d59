"""Images to learn from, decoded once into one array of equal squares on disk.

Three layouts are read: packed (`train.bin`, `train_index.npz` with offsets (n+1,) and labels (n,)), a folder of images,
and a zip of images; the latter two have no labels.
"""

import hashlib
import io
import zipfile
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from filelock import FileLock
from PIL import Image, ImageOps, UnidentifiedImageError

from core.errors import BackboneError
from core.i18n import gettext as _
from core.paths import replacing

SUFFIXES = {".jpg", ".jpeg", ".png", ".webp", ".bmp"}


@dataclass(frozen=True)
class Images:
    """Decoded squares.

    Attributes:
        name: for the cache files made from them; it depends on the images' content.
        pixels: (n, side, side, 3) uint8, RGB.
        labels: (n,) int64; -1 where an image has no label.
    """

    name: str
    pixels: npt.NDArray[np.uint8]
    labels: npt.NDArray[np.int64]

    def __post_init__(self) -> None:
        if self.pixels.ndim != 4 or self.pixels.shape[1] != self.pixels.shape[2] or self.pixels.shape[3] != 3:
            raise BackboneError(f"images '{self.name}' must be (n, side, side, 3), not {self.pixels.shape}")
        if len(self.labels) != len(self.pixels):
            raise BackboneError(f"images '{self.name}': {len(self.pixels)} images but {len(self.labels)} labels")

    def __len__(self) -> int:
        return len(self.pixels)

    @property
    def side_px(self) -> int:
        """Side of every image."""
        return int(self.pixels.shape[1])


@dataclass(frozen=True)
class _Listing:
    """The images of a source: how many, the bytes and the name of image i, the labels, and a digest of them all."""

    count: int
    read: Callable[[int], bytes]
    name: Callable[[int], str]
    labels: npt.NDArray[np.int64]
    digest: str


def load_images(source: Path, cache: Path, *, side_px: int, split: str = "train") -> Images:
    """Decodes `source` into `cache`, unless it is there already and whole.

    Raises:
        BackboneError: `source` holds no images in a known layout, or one that cannot be read.
    """
    listing = _packed(source, split) or _in_folder(source) or _in_zip(source)
    if listing is None or listing.count == 0:
        raise BackboneError(
            _(
                "'{name}' holds no images. Give a folder or zip of images, or packed ones (train.bin, train_index.npz)."
            ).format(name=source.name)
        )
    name = f"{source.stem}-{split}-{side_px}-{listing.digest[:8]}"
    path = cache / f"{name}.npy"
    cache.mkdir(parents=True, exist_ok=True)
    with FileLock(path.with_suffix(".lock")):
        pixels = read_array(path, (listing.count, side_px, side_px, 3))
        if pixels is None:
            _decode(path, listing, side_px)
            pixels = np.load(path, mmap_mode="c")
    return Images(name, pixels, listing.labels)


def read_array(path: Path, shape: tuple[int, ...]) -> npt.NDArray[Any] | None:
    """The array of that shape in a file, memory-mapped; None where the file is missing, damaged or of another shape."""
    try:
        array: npt.NDArray[Any] = np.load(path, mmap_mode="c")
    except (OSError, ValueError, EOFError):
        return None
    return array if array.shape == shape else None


def _packed(source: Path, split: str) -> _Listing | None:
    path = source / f"{split}_index.npz"
    if not path.exists():
        return None
    index, packed = np.load(path), np.memmap(source / f"{split}.bin", dtype=np.uint8, mode="r")
    offsets, labels = index["offsets"], index["labels"].astype(np.int64)
    digest = hashlib.sha256(offsets.tobytes() + labels.tobytes() + packed[:: max(1, len(packed) // 65536)].tobytes())
    return _Listing(
        len(labels), lambda i: packed[offsets[i] : offsets[i + 1]].tobytes(), str, labels, digest.hexdigest()
    )


def _in_folder(source: Path) -> _Listing | None:
    if not source.is_dir():
        return None
    paths = sorted(path for path in source.rglob("*") if _is_image(path.relative_to(source)))
    names = [f"{path.relative_to(source).as_posix()} {path.stat().st_size}" for path in paths]
    return _unlabelled(names, lambda i: paths[i].read_bytes())


def _in_zip(source: Path) -> _Listing | None:
    if source.suffix != ".zip" or not source.exists():
        return None
    try:
        archive = zipfile.ZipFile(source)
    except zipfile.BadZipFile as error:
        raise BackboneError(_("'{name}' is no zip, or damaged.").format(name=source.name)) from error
    entries = sorted(
        (entry for entry in archive.infolist() if _is_image(Path(entry.filename))), key=lambda entry: entry.filename
    )
    return _unlabelled([f"{entry.filename} {entry.CRC}" for entry in entries], lambda i: archive.read(entries[i]))


def _is_image(name: Path) -> bool:
    hidden = any(part.startswith(".") or part == "__MACOSX" for part in name.parts)
    return name.suffix.lower() in SUFFIXES and not hidden


def _unlabelled(names: list[str], read: Callable[[int], bytes]) -> _Listing:
    digest = hashlib.sha256("\n".join(names).encode()).hexdigest()
    labels = np.full(len(names), -1, dtype=np.int64)
    return _Listing(len(names), read, lambda i: names[i].rsplit(" ", 1)[0], labels, digest)


def _decode(path: Path, listing: _Listing, side_px: int) -> None:
    header = {"descr": "|u1", "fortran_order": False, "shape": (listing.count, side_px, side_px, 3)}
    with replacing(path) as file, ThreadPoolExecutor(2) as pool:
        np.lib.format.write_array_header_1_0(file, header)
        for start in range(0, listing.count, 256):
            numbers = range(start, min(start + 256, listing.count))
            rows = [(listing.read(i), listing.name(i)) for i in numbers]
            for square in pool.map(lambda row: _square(row[0], row[1], side_px), rows):
                file.write(square.tobytes())


def _square(data: bytes, name: str, side_px: int) -> npt.NDArray[np.uint8]:
    """The central square of an image, upright, resized (bicubic, antialiased) where it is not of that size."""
    try:
        image = ImageOps.exif_transpose(Image.open(io.BytesIO(data))).convert("RGB")
    except (UnidentifiedImageError, OSError) as error:
        message = _("The image '{name}' cannot be read. Mend it or take it out.")
        raise BackboneError(message.format(name=name)) from error
    if image.size != (side_px, side_px):
        image = ImageOps.fit(image, (side_px, side_px), Image.Resampling.BICUBIC)
    return np.asarray(image)
