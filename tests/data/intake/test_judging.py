"""Whether files are photos, wherever Graft is given some."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest
from PIL import Image

from core.data.images.formats import HEAD_BYTES
from core.data.intake.judging import examine, reason_at_sight
from core.data.limits import Limits
from core.progress import Progress
from tests.conftest import photo_bytes
from tests.decoders import slow_photo

PNG, JPEG = (photo_bytes((200, 60, 50), 1, 16, fmt) for fmt in ("PNG", "JPEG"))


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("a.png", PNG, ""),
        ("a.JPE", JPEG, ""),
        ("a.jfif", JPEG, ""),
        ("a.png", b"", "empty_file"),
        ("a", PNG, ""),
        ("a.heic", b"anything", ""),
        ("a.NEF", b"II*\0\x08\0\0\0", "camera_raw"),
        ("a.cr3", b"\0\0\0\x18ftypcrx ", "camera_raw"),
        ("a.dng", b"whatever", "camera_raw"),
        ("a.nef", JPEG, "bad_extension"),
        (".a.jpg.icloud", b"bplist00", "not_downloaded"),
        ("a.exe", PNG, "bad_extension"),
        ("a.txt", b"BM and more", "unsupported_format"),
        ("a.mov", b"\0\0\0\x14ftypqt  ", "unsupported_format"),
    ],
)
def test_a_name_and_the_first_bytes_may_tell_enough(name: str, content: bytes, reason: str) -> None:
    assert reason_at_sight(name, content[:HEAD_BYTES], Limits()) == reason


def test_files_are_decoded_and_those_that_fail_say_why(tmp_path: Path) -> None:
    contents = {"good.png": PNG, "cut.png": PNG[:300], "misnamed.exe": JPEG, "raw.orf": b"IIRO", "empty": b""}
    for name, content in contents.items():
        (tmp_path / name).write_bytes(content)
    photos = [(tmp_path / name, name) for name in (*contents, "gone.png")]
    steps: list[Progress] = []
    files = examine(photos, {0: tmp_path / "0.jpg", 1: tmp_path / "1.jpg"}, Limits(), steps.append)
    assert [file.reason for file in files] == ["", "truncated", "", "camera_raw", "empty_file", "no_access"]
    with Image.open(tmp_path / "0.jpg") as small:
        assert small.size == (16, 16)
    assert not (tmp_path / "1.jpg").exists()


@pytest.mark.skipif(sys.platform == "win32", reason="links need rights there, and there are no such pipes")
def test_what_is_no_file_is_not_waited_for_and_a_link_that_leads_to_none_is_named(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.png")
    for name, target in {"dead.png": "nowhere", "folder": ".", "circle.png": "circle.png", "good.png": "photo"}.items():
        (tmp_path / name).symlink_to(tmp_path / target)
    (tmp_path / "photo").write_bytes(PNG)
    photos = [(tmp_path / name, name) for name in ("pipe.png", "dead.png", "folder", "circle.png", "good.png")]
    files = examine(photos, {}, Limits(), lambda _step: None)
    assert [file.reason for file in files] == ["no_access", "link", "link", "link", ""]


@pytest.mark.processes
def test_what_kills_its_decoder_is_lost_alone(tmp_path: Path) -> None:
    slow_photo(tmp_path / "slow.jpg", 6000)
    (tmp_path / "good.png").write_bytes(PNG)
    photos = [(tmp_path / name, name) for name in ("good.png", "slow.jpg", "good.png")]
    files = examine(photos, {}, Limits(decode_timeout_s=0.25), lambda _step: None)
    assert [file.reason for file in files] == ["", "decode_timeout", ""]
