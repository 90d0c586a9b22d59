"""Images to learn from, decoded once into one array of equal squares on disk.

Three layouts are read: packed (`train.bin`, `train_index.npz` with offsets (n+1,) and labels (n,)), a folder of images,
and a zip of images; the latter two have no labels.
"""

import io
import zipfile
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageOps

from core.errors import BackboneError
from core.i18n import gettext as _
from core.paths import replacing

SUFFIXES = {".jpg", ".jpeg", ".png", ".webp", ".bmp"}


@dataclass(frozen=True)
class Images:
    """Decoded squares.

    Attributes:
        name: names the cache files made from them.
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


def load_images(source: Path, cache: Path, *, side_px: int, split: str = "train") -> Images:
    """Decode `source` into `cache`, or take what is there already.

    Raises:
        BackboneError: `source` holds no images in a known layout.
    """
    name = f"{source.stem}-{split}-{side_px}"
    count, read, labels = _reader(source, split)
    path = cache / f"{name}.npy"
    if not path.exists():
        cache.mkdir(parents=True, exist_ok=True)
        _decode(path, count, read, side_px)
    return Images(name, np.load(path, mmap_mode="c"), labels)


def _reader(source: Path, split: str) -> tuple[int, Callable[[int], bytes], npt.NDArray[np.int64]]:
    """How many images there are, the bytes of image i, and the labels."""
    if (source / f"{split}_index.npz").exists():
        index = np.load(source / f"{split}_index.npz")
        offsets, packed = index["offsets"], np.memmap(source / f"{split}.bin", dtype=np.uint8, mode="r")
        labels = index["labels"].astype(np.int64)
        return len(labels), lambda i: packed[offsets[i] : offsets[i + 1]].tobytes(), labels
    if source.is_dir():
        paths = sorted(p for p in source.rglob("*") if p.suffix.lower() in SUFFIXES)
        return _unlabelled(source, len(paths), lambda i: paths[i].read_bytes())
    if source.suffix == ".zip" and source.exists():
        archive = zipfile.ZipFile(source)
        names = sorted(n for n in archive.namelist() if Path(n).suffix.lower() in SUFFIXES)
        return _unlabelled(source, len(names), lambda i: archive.read(names[i]))
    return _unlabelled(source, 0, lambda _i: b"")


def _unlabelled(
    source: Path, count: int, read: Callable[[int], bytes]
) -> tuple[int, Callable[[int], bytes], npt.NDArray[np.int64]]:
    if count == 0:
        raise BackboneError(
            _(
                "“{name}” holds no images. Give a folder or zip of images, or packed ones (train.bin, train_index.npz)."
            ).format(name=source.name)
        )
    return count, read, np.full(count, -1, dtype=np.int64)


def _decode(path: Path, count: int, read: Callable[[int], bytes], side_px: int) -> None:
    header = {"descr": "|u1", "fortran_order": False, "shape": (count, side_px, side_px, 3)}
    with replacing(path) as file, ThreadPoolExecutor(2) as pool:
        np.lib.format.write_array_header_1_0(file, header)
        for start in range(0, count, 256):
            rows = _rows(read, start, min(start + 256, count))
            for square in pool.map(lambda data: _square(data, side_px), rows):
                file.write(square.tobytes())


def _rows(read: Callable[[int], bytes], start: int, stop: int) -> Iterator[bytes]:
    return (read(i) for i in range(start, stop))


def _square(data: bytes, side_px: int) -> npt.NDArray[np.uint8]:
    """The central square of an image, upright, resized (bicubic, antialiased) where it is not of that size."""
    image = ImageOps.exif_transpose(Image.open(io.BytesIO(data))).convert("RGB")
    if image.size != (side_px, side_px):
        image = ImageOps.fit(image, (side_px, side_px), Image.Resampling.BICUBIC)
    return np.asarray(image)
