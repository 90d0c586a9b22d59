"""What Pillow warns of is silenced for the whole process: no photo's decoding sets filters that another thread sees."""

from __future__ import annotations

import io
import subprocess
import sys
import warnings
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from core.bundle.portable import upright
from core.data.images.decode import open_rgb

ROOT = Path(__file__).resolve().parents[3]
COLOUR = (200, 60, 50)


def tiff_that_is_warned_of() -> bytes:
    """A small TIFF whose date lies behind the file's end, which Pillow leaves out and warns of."""
    written, date = io.BytesIO(), 306
    Image.new("RGB", (8, 6), COLOUR).save(written, "TIFF", tiffinfo={date: "2020:01:01 00:00:00"})
    content = bytearray(written.getvalue())
    at = content.index(date.to_bytes(2, "little") + b"\2\0") + 8
    content[at : at + 4] = (10**6).to_bytes(4, "little")
    return bytes(content)


class Watched(io.BytesIO):
    """A file that keeps the filters that are set whenever it is read."""

    def __init__(self, content: bytes) -> None:
        super().__init__(content)
        self.filters: list[list[Any]] = []

    def read(self, size: int | None = -1, /) -> bytes:
        self.filters.append(list(warnings.filters))
        return super().read(size)


def test_decoding_leaves_the_filters_of_other_threads_alone() -> None:
    before = list(warnings.filters)
    file = Watched(tiff_that_is_warned_of())
    assert open_rgb(file).getpixel((0, 0)) == COLOUR
    assert len(file.filters) > 3
    assert all(filters == before for filters in file.filters)


def test_a_bundles_program_leaves_them_alone() -> None:
    before = list(warnings.filters)
    file = Watched(tiff_that_is_warned_of())
    assert upright.opened(file, None).getpixel((0, 0)) == COLOUR  # type: ignore[arg-type]
    assert len(file.filters) > 3
    assert all(filters == before for filters in file.filters)


@pytest.mark.parametrize(
    ("module", "decode"),
    [("core.data.images.decode", "open_rgb(path)"), ("core.bundle.portable.upright", "opened(path, None)")],
)
def test_the_program_hears_no_warning_whatever_is_asked_for(tmp_path: Path, module: str, decode: str) -> None:
    (tmp_path / "date.tif").write_bytes(tiff_that_is_warned_of())
    script = f"from pathlib import Path\nfrom {module} import *\npath = Path({str(tmp_path / 'date.tif')!r})\n"
    words = [sys.executable, "-W", "error::UserWarning", "-c", script + f"print({decode}.getpixel((0, 0)))"]
    done = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, f"{COLOUR}\n", "")
