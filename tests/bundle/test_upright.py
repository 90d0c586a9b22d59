"""How the program of a bundle opens a photo: what it refuses before it decodes it, and why, in words."""

from __future__ import annotations

import struct
import sys
import zlib
from io import BytesIO
from pathlib import Path

import pytest

from core.bundle.portable import upright
from core.data.limits import Limits
from tests.conftest import photo
from tests.decoders import with_scans


def reason(path: Path) -> str:
    """Why a photo cannot be read."""
    with pytest.raises(Exception) as caught:
        upright.opened(path, None)
    return upright.why(path, caught.value)


def png_of(width: int, height: int) -> bytes:
    """A PNG that says it has so many pixels, and has none."""
    chunks = [(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)), (b"IDAT", b""), (b"IEND", b"")]
    parts = [
        struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))
        for kind, content in chunks
    ]
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts)


def test_what_would_take_too_much_is_refused_before_it_is_decoded(tmp_path: Path) -> None:
    content = BytesIO()
    photo((200, 60, 50), 1, 64).save(content, "JPEG", progressive=True)
    files = {
        "scans.jpg": with_scans(content.getvalue(), 1001), "large.png": png_of(12_000, 12_000),
        "huge.png": png_of(17_000, 17_000), "long.png": png_of(20_001, 2),
    }  # fmt: skip
    for name, file in files.items():
        (tmp_path / name).write_bytes(file)
    assert [reason(tmp_path / name) for name in files] == [
        "It is stored in so many scans that it would take very long to read.",
        "It has more than 128 million pixels.",
        "It has too many pixels.",
        "It is more than 20000 pixels wide or high.",
    ]


def test_its_limits_are_grafts() -> None:
    limits = Limits()
    for name in limits.formats:
        assert upright.MOST_PIXELS.get(name, upright.MOST_PIXELS_ELSE) == limits.most_pixels(name), name
    assert (limits.max_side, limits.max_whole_pixels) == (upright.MOST_SIDE, upright.MOST_WHOLE_PIXELS)


def test_why_a_photo_cannot_be_read_is_said_in_plain_words(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "notes.jpg").write_text("no photo")
    (tmp_path / "phone.heic").write_bytes(b"\0\0\0\x18ftypheic" + bytes(40))
    assert reason(tmp_path / "none.jpg") == "There is no such file."
    assert reason(tmp_path / "notes.jpg") == "It is not a photo that can be read here."
    monkeypatch.setitem(sys.modules, "pillow_heif", None)  # as where it is not installed
    assert reason(tmp_path / "phone.heic") == "HEIC needs: pip install pillow-heif"
