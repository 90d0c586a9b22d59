"""What a file's first bytes announce."""

from __future__ import annotations

import io
import struct

import pytest
from PIL import Image

from core.data.images.decode import UnreadableImage, from_bytes
from core.data.images.formats import RAW, format_of, is_camera_raw
from core.data.images.media import is_cut_off
from tests.conftest import photo_bytes

SHORT, LONG = 3, 4


def tiff(order: str, *tags: tuple[int, int, int]) -> bytes:
    """A TIFF whose first page has these tags: number, kind and value."""
    entries = b"".join(
        struct.pack(f"{order}HHI", tag, kind, 1) + struct.pack(f"{order}{'H2x' if kind == SHORT else 'I'}", value)
        for tag, kind, value in tags
    )
    mark = b"II*\0" if order == "<" else b"MM\0*"
    return mark + struct.pack(f"{order}IH", 8, len(tags)) + entries + bytes(4)


@pytest.mark.parametrize(
    ("head", "name"),
    [
        (b"\xff\xd8\xff\xe1", "JPEG"),
        (b"RIFF\0\0\0\0WEBPVP8 ", "WEBP"),
        (b"xxxx\0\0\0\0WEBPVP8 ", None),
        (b"\0\0\0\x18ftypheic\0\0\0\0mif1heic", "HEIF"),
        (b"\0\0\0\x18ftypmif1\0\0\0\0mif1heic", "HEIF"),
        (b"\0\0\0\x1cftypmif1\0\0\0\0mif1avifmiaf", "AVIF"),
        (b"\0\0\0\x14ftypmif1\0\0\0\0mif1avif", "HEIF"),  # the list of brands ends before the last word
        (b"\0\0\0\x18ftypcrx \0\0\0\1crx isom", RAW),
        (b"II*\0\x10\0\0\0CR\2\0", RAW),
        (b"II*\0\x08\0\0\0", "TIFF"),
        (b"IIRO\x08\0\0\0", RAW),
        (b"FUJIFILMCCD-RAW 0201", RAW),
        (b"\0\0\0\x14ftypqt  ", None),
        (b"", None),
    ],
)
def test_a_format_is_known_by_its_first_bytes(head: bytes, name: str | None) -> None:
    assert format_of(head) == name


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize(
    ("tags", "is_raw"),
    [
        ([(254, LONG, 1), (330, LONG, 900)], True),  # a preview before the pages in it: NEF, ARW, DNG
        ([(254, LONG, 0), (330, LONG, 900)], False),  # a picture with smaller ones in it: a pyramid
        ([(254, LONG, 1)], False),
        ([(254, LONG, 0), (50706, LONG, 0x0401)], True),
        ([(262, SHORT, 32803)], True),
        ([(262, SHORT, 2)], False),
    ],
)
def test_a_cameras_raw_file_is_told_from_others(order: str, tags: list[tuple[int, int, int]], is_raw: bool) -> None:
    content = tiff(order, *tags)
    assert is_camera_raw(io.BytesIO(content)) == is_raw
    with pytest.raises(UnreadableImage) as problem:
        from_bytes(content)
    assert problem.value.reason == ("camera_raw" if is_raw else "decoder_error")
    assert ("Export it as JPEG" in str(problem.value)) == is_raw


@pytest.mark.parametrize("cut", range(0, 46, 5))
def test_a_tiff_that_ends_early_is_no_trouble(cut: int) -> None:
    content = tiff("<", (254, LONG, 1), (330, LONG, 900), (262, SHORT, 2))[:cut]
    assert not is_camera_raw(io.BytesIO(content))


def test_ordinary_tiffs_are_photos() -> None:
    for compression in ("raw", "tiff_lzw", "jpeg"):
        out = io.BytesIO()
        Image.new("RGB", (8, 8), (9, 99, 200)).save(out, "TIFF", compression=compression)
        assert not is_camera_raw(io.BytesIO(out.getvalue()))
        assert from_bytes(out.getvalue()).size == (8, 8)


def box(kind: bytes, content: bytes = b"", claimed: int | None = None) -> bytes:
    return (len(content) + 8 if claimed is None else claimed).to_bytes(4, "big") + kind + content


@pytest.mark.parametrize(
    ("content", "is_cut"),
    [
        (box(b"ftyp", b"heic") + box(b"meta", bytes(20)), False),
        (box(b"ftyp", b"heic") + box(b"mdat", bytes(20), claimed=90), True),
        (box(b"ftyp", b"heic") + box(b"mdat", bytes(20), claimed=0), False),  # to the end of the file
        (box(b"ftyp", b"heic") + box(b"mdat", (40).to_bytes(8, "big") + bytes(24), claimed=1), False),
        (box(b"ftyp", b"heic") + box(b"mdat", (41).to_bytes(8, "big") + bytes(24), claimed=1), True),
        (box(b"ftyp", b"heic") + box(b"mdat", bytes(20), claimed=4), False),
        (b"", False),
        (photo_bytes((1, 2, 3), 1, 8), True),
    ],
)
def test_a_media_file_that_is_cut_off_is_known_by_its_boxes(content: bytes, is_cut: bool) -> None:
    assert is_cut_off(io.BytesIO(content)) == is_cut
