"""Good zips, tables and images with bytes flipped or cut off: nothing but a plain answer may come of them.

A slice runs by default; `pytest tests/data/test_fuzz.py --fuzz 2000` runs as many as are asked for. A number that
fails fails again alone: `-k "[17]"` with the same or a larger `--fuzz`.
"""

from __future__ import annotations

import io
import random
import time
import zipfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, features

from core import paths
from core.data.images.decoding import DecoderProcesses
from core.data.ingest import ingest
from core.data.inspection import inspect
from core.data.library import open_dataset
from core.data.limits import Limits
from core.data.messages import reject_text, skip_text
from core.data.warnings import warning_text
from core.errors import GraftError, RejectedError
from tests.conftest import photo, photo_bytes

_LONGEST_S = 20

pytestmark = pytest.mark.processes


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    metafunc.parametrize("number", range(metafunc.config.getoption("fuzz")))


def _images() -> list[bytes]:
    """Small images of every format and of the modes that are treated differently."""
    exif = Image.Exif()
    exif[0x0112], exif[0x010E] = 6, "a note"
    exif[0x8825] = {1: "N", 2: (52.0, 30.0, 0.0)}
    one = photo((200, 60, 50), 1, 40)
    deep = Image.fromarray(np.linspace(0, 65535, 1600).reshape(40, 40).astype(np.uint16))
    kinds: list[tuple[Image.Image, str, dict[str, object]]] = [
        (one, "JPEG", {"exif": exif}),
        (one, "JPEG", {"progressive": True, "icc_profile": b"x" * 300}),
        (one.convert("CMYK"), "JPEG", {}),
        (one, "PNG", {}),
        (deep, "PNG", {}),
        (one.quantize(16), "PNG", {"transparency": 3}),
        (one, "WEBP", {"exif": exif}),
        (one, "BMP", {}),
        (one.quantize(16), "GIF", {"save_all": True, "append_images": [one.quantize(16)]}),
        (deep.convert("F"), "TIFF", {}),
        (one, "TIFF", {"compression": "tiff_lzw"}),
    ]
    kinds += [(one, "AVIF", {})] * features.check("avif")
    files = []
    for image, fmt, options in kinds:
        buffer = io.BytesIO()
        image.save(buffer, fmt, **options)
        files.append(buffer.getvalue())
    return files


_IMAGES = _images()
_TABLE = "filename,label,split,patient\n" + "".join(
    f"{label}/{i}.png,{label},{'test' if i == 2 else 'train'},p{i}\n" for label in ("cat", "dog") for i in range(3)
)


def _entries(rng: random.Random) -> dict[str, bytes]:
    entries = {
        f"{c}/{i}.png": photo_bytes((90, 40 * i, 80), 10 * k + i, 16)
        for k, c in enumerate(("cat", "dog"))
        for i in range(3)
    }
    if rng.random() < 0.5:
        entries["labels.csv"] = _TABLE.encode(rng.choice(["utf-8", "utf-16"]))
    entries["notes ü.txt"] = b"hello " * 40
    entries["owl/"] = b""
    return entries


def _zip(entries: dict[str, bytes], method: int) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", method) as archive:
        for name, content in entries.items():
            archive.writestr(name, content)
    return buffer.getvalue()


def _damaged(content: bytes, rng: random.Random, start: int = 0) -> bytes:
    """A few bytes changed from `start` on, or the end cut off, or bytes put in."""
    spoilt = bytearray(content)
    for _flip in range(rng.choice([1, 1, 2, 4, 16])):
        at = rng.randrange(min(start, len(spoilt) - 1), len(spoilt))
        spoilt[at] = rng.choice([spoilt[at] ^ (1 << rng.randrange(8)), 0, 255, rng.randrange(256)])
    if rng.random() < 0.15:
        del spoilt[rng.randrange(len(spoilt)) :]
    elif rng.random() < 0.1:
        at = rng.randrange(len(spoilt))
        spoilt[at:at] = rng.randbytes(rng.choice([1, 8, 300]))
    return bytes(spoilt)


@pytest.fixture(scope="module")
def decoders() -> Iterator[DecoderProcesses]:
    with DecoderProcesses(Limits(), 1) as running:
        yield running


def test_a_damaged_image_is_decoded_or_skipped(number: int, decoders: DecoderProcesses, tmp_path: Path) -> None:
    rng = random.Random(number)
    path, out = tmp_path / "image", tmp_path / "small.jpg"
    path.write_bytes(_damaged(rng.choice(_IMAGES), rng))
    before = path.read_bytes()
    answer = decoders.submit(path, out).result(_LONGEST_S)
    assert sorted(p.name for p in tmp_path.iterdir()) in (["image"], ["image", "small.jpg"])
    assert path.read_bytes() == before
    if answer.reason:
        assert skip_text(answer.reason) != answer.reason
        return
    with Image.open(out) as small:
        assert max(small.size) <= 256
        assert not small.getexif()
    assert len(answer.phash) == 16


def test_a_damaged_zip_or_table_gives_a_plain_answer(number: int, tmp_path: Path, graft_home: Path) -> None:
    rng = random.Random(10**6 + number)
    path = tmp_path / "photos.zip"
    method = rng.choice([zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
    entries = _entries(rng)
    if rng.random() < 0.3 and "labels.csv" in entries:
        path.write_bytes(_zip(entries | {"labels.csv": _damaged(entries["labels.csv"], rng)}, method))
    else:
        content = _zip(entries, method)
        directory = content.rindex(b"PK\x05\x06") - 60 * len(entries)
        path.write_bytes(_damaged(content, rng, rng.choice([0, max(directory, 0)])))
    started = time.monotonic()
    if number % 4:
        inspection = inspect(path)
        texts = [skip_text(s.reason) for s in inspection.skipped] + [warning_text(w) for w in inspection.warnings]
        assert not inspection.is_refused or reject_text(inspection.code)
    else:
        texts = _taken_in(path)
    assert time.monotonic() - started < _LONGEST_S
    assert all("{" not in text and str(graft_home) not in text for text in texts)
    assert [p.name for p in tmp_path.iterdir()] == ["photos.zip"]
    assert not [p for p in graft_home.rglob("*") if p.is_file() and paths.datasets() not in p.parents]
    assert not list(paths.datasets().glob(".*"))


def _taken_in(path: Path) -> list[str]:
    try:
        dataset = ingest(path)
    except RejectedError as refused:
        assert not list(paths.datasets().glob("*"))
        return [str(refused)]
    except GraftError as problem:
        return [str(problem)]
    assert open_dataset("default", dataset.id).items == dataset.items
    return []
