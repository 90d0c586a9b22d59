"""PNGs that end too early though Pillow decodes them, as it makes up the rows that are missing."""

from __future__ import annotations

import struct
import zlib
from io import BytesIO
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from core.bundle.portable import upright
from core.data.images.decode import UnreadableImage
from core.data.images.small import small_copy
from core.data.images.unfinished import PASSES, bytes_of_rows, lacks_rows
from core.data.limits import Limits

SIDE = 24


def png(data: bytes, *, interlaced: bool = False, pieces: int = 1) -> bytes:
    """A PNG of SIDE × SIDE grey pixels with this data, in so many pieces."""
    header = struct.pack(">IIBBBBB", SIDE, SIDE, 8, 0, 0, 0, interlaced)
    ends = [round(n * len(data) / pieces) for n in range(pieces + 1)]
    parts = [(b"IDAT", data[a:b]) for a, b in pairwise(ends)]
    chunks = [(b"IHDR", header), *parts, (b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))
        for kind, content in chunks
    )


def rows(n: int) -> bytes:
    """The first n rows of a noisy image, compressed, and properly ended."""
    grey = np.random.default_rng(0).integers(1, 256, (SIDE, SIDE), dtype=np.uint8)
    return zlib.compress(b"".join(b"\0" + row.tobytes() for row in grey[:n]))


def passes(n: int) -> bytes:
    """The first n passes of an interlaced image, whose pixels are all 9."""
    sizes = [(-(-(SIDE - left) // across), -(-(SIDE - top) // down)) for left, top, across, down in PASSES]
    return zlib.compress(b"".join((b"\0" + b"\x09" * width) * height for width, height in sizes[:n]))


@pytest.mark.parametrize(
    ("content", "is_short"),
    [
        (png(rows(SIDE)), False), (png(rows(SIDE), pieces=3), False), (png(rows(SIDE) + b"spare"), False),
        (png(rows(SIDE // 2)), True), (png(rows(SIDE - 1)), True), (png(rows(SIDE // 2), pieces=3), True),
        (png(b""), True), (png(rows(SIDE)[:-4]), True), (png(rows(SIDE))[:-12], True), (png(rows(SIDE))[:-1], True),
        (png(passes(7), interlaced=True), False), (png(passes(6), interlaced=True), True),
        (png(rows(SIDE)[:-4] + b"none"), False),  # whole, and broken, which its decoder says
    ],
)  # fmt: skip
def test_a_png_without_its_last_rows_or_its_end_is_unfinished(content: bytes, is_short: bool) -> None:
    assert lacks_rows(content) is is_short


def test_the_rows_of_an_interlaced_one_are_those_that_pillow_reads() -> None:
    assert (np.asarray(Image.open(BytesIO(png(passes(7), interlaced=True)))) == 9).all()
    assert (np.asarray(Image.open(BytesIO(png(passes(6), interlaced=True)))) == 9).mean() == 0.5  # it makes up the rest


@pytest.mark.parametrize("mode", ["1", "L", "P", "LA", "RGB", "RGBA", "I;16"])
@pytest.mark.parametrize("size", [(1, 1), (7, 5), (64, 33)])
def test_whole_ones_of_every_kind_are_taken(mode: str, size: tuple[int, int]) -> None:
    noise = np.random.default_rng(0).integers(0, 256, (size[1], size[0], 3), dtype=np.uint8)
    image = Image.fromarray(noise[..., 0].astype(np.uint16)) if mode == "I;16" else Image.fromarray(noise).convert(mode)
    image.save(content := BytesIO(), "PNG")
    assert not lacks_rows(content.getvalue())


def test_how_many_bytes_rows_have() -> None:
    assert bytes_of_rows(struct.pack(">IIBBBBB", 10, 3, 1, 0, 0, 0, 0)) == 3 * (1 + 2)
    assert bytes_of_rows(struct.pack(">IIBBBBB", 10, 3, 8, 6, 0, 0, 0)) == 3 * (1 + 40)
    assert bytes_of_rows(struct.pack(">IIBBBBB", 3, 1, 8, 2, 0, 0, 1)) == 1 + 3 + 1 + 3 + 1 + 3  # three passes of one
    assert bytes_of_rows(struct.pack(">IIBBBBB", 5, 5, 8, 9, 0, 0, 0)) == 5  # no such colours


def test_it_is_refused_by_graft_and_by_the_program_of_a_bundle(tmp_path: Path) -> None:
    (short := tmp_path / "short.png").write_bytes(png(rows(SIDE // 2)))
    (whole := tmp_path / "whole.png").write_bytes(png(rows(SIDE)))
    with pytest.raises(UnreadableImage, match="ends too early") as caught:
        small_copy(short, Limits.local())
    assert caught.value.reason == "truncated"
    with pytest.raises(upright.Refused, match=r"^It ends too early\. Copy it again from where it came\.$"):
        upright.opened(short, None)
    assert small_copy(whole, Limits.local()).image.size == upright.opened(whole, None).size == (SIDE, SIDE)


def test_a_webp_whose_copy_was_not_finished_is_refused_by_the_program_too(tmp_path: Path) -> None:
    noise = Image.fromarray(np.random.default_rng(0).integers(0, 256, (64, 64, 3), dtype=np.uint8))
    noise.save(content := BytesIO(), "WEBP")
    half = len(content.getvalue()) // 2
    (tmp_path / "photo.webp").write_bytes(content.getvalue()[:half] + bytes(half))
    with pytest.raises(upright.Refused, match="ends too early"):
        upright.opened(tmp_path / "photo.webp", None)
