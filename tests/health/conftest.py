"""Photos with something in them: soft random shapes that differ from seed to seed, and zips of them."""

import io
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from core.data.dataset import Dataset
from core.data.ingest import ingest


def scene(seed: int, size: tuple[int, int] = (160, 120)) -> Image.Image:
    """Ten by eight random colours, enlarged softly: no two seeds are alike, a resized copy is."""
    pixels = np.random.default_rng(seed).integers(0, 255, (8, 10, 3), dtype=np.uint8)
    return Image.fromarray(pixels).resize(size, Image.Resampling.BICUBIC)


def saved(image: Image.Image, quality: int = 90) -> bytes:
    """The image as a JPEG file."""
    out = io.BytesIO()
    image.save(out, "JPEG", quality=quality)
    return out.getvalue()


@pytest.fixture
def taken_in(tmp_path: Path) -> Callable[[Mapping[str, bytes]], Dataset]:
    """Zips files by their names and takes them in."""

    def build(files: Mapping[str, bytes]) -> Dataset:
        path = tmp_path / "photos.zip"
        with zipfile.ZipFile(path, "w") as archive:
            for name, content in files.items():
                archive.writestr(name, content)
        return ingest(path)

    return build
