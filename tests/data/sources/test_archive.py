"""The rules about hostile archives, on archives built here."""

from __future__ import annotations

import stat
import struct
import sys
import zlib
from dataclasses import replace
from pathlib import Path

import pytest

from core.data.inspection import inspect
from core.data.limits import Limits
from tests.conftest import photo_bytes
from tests.data.zips import RED, Raw, build, good

PHOTO = photo_bytes(RED, seed=77, size_px=16)


def code(path: Path, limits: Limits | None = None) -> str:
    inspection = inspect(path, limits=limits)
    assert inspection.is_refused, inspection
    return str(inspection.code)


@pytest.mark.parametrize(
    "name",
    [
        b"/cat/x.png", b"\\cat\\x.png", b"cat/../../x.png", b"..\\x.png", b"cat/../dog/x.png", b"D:/x.png", b"d:x.png",
        b"\\\\server\\share\\x.png", b"cat/..", b"cat/.. /x.png", b"cat/x.png\0.txt",
    ],
)  # fmt: skip
def test_a_path_that_leaves_its_folder_refuses_the_archive(tmp_path: Path, name: bytes) -> None:
    assert code(build(tmp_path / "a.zip", [*good(), Raw(name, PHOTO)])) == "unsafe_path"


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        (stat.S_IFLNK, "symlink"), (stat.S_IFIFO, "special_file"), (stat.S_IFCHR, "special_file"),
        (stat.S_IFBLK, "special_file"), (stat.S_IFSOCK, "special_file"),
    ],
)  # fmt: skip
def test_links_and_devices_refuse_the_archive(tmp_path: Path, kind: int, expected: str) -> None:
    assert code(build(tmp_path / "a.zip", [*good(), Raw(b"cat/x.png", b"/etc/passwd", mode=kind | 0o777)])) == expected


@pytest.mark.parametrize("method", [1, 6, 9, 12, 14, 93, 95, 99])
def test_only_stored_and_deflated_entries_are_taken(tmp_path: Path, method: int) -> None:
    assert (
        code(build(tmp_path / "a.zip", [*good(), Raw(b"cat/x.png", PHOTO, method=method)])) == "unsupported_compression"
    )


@pytest.mark.parametrize("flags", [0x1, 0x41, 0x2000])
def test_encrypted_entries_refuse_the_archive(tmp_path: Path, flags: int) -> None:
    assert code(build(tmp_path / "a.zip", [*good(), Raw(b"cat/x.png", PHOTO, flags=flags)])) == "encrypted"


def test_stored_photos_are_taken(tmp_path: Path) -> None:
    entries = [replace(entry, method=0) for entry in good()]
    assert inspect(build(tmp_path / "a.zip", entries)).images == 6


@pytest.mark.parametrize("name", [b"cat/x.png", b"cat/notes.txt", b"__MACOSX/x", b"readme"])
def test_more_bytes_than_declared_refuse_the_archive_whatever_the_entry_is(tmp_path: Path, name: bytes) -> None:
    bomb = Raw(name, bytes(3_000_000), size=4000)
    assert code(build(tmp_path / "a.zip", [*good(), bomb])) == "size_mismatch"


def test_fewer_bytes_than_declared_refuse_the_archive(tmp_path: Path) -> None:
    assert code(build(tmp_path / "a.zip", [*good(), Raw(b"cat/x.png", PHOTO, size=len(PHOTO) + 9)])) == "size_mismatch"


def test_a_stored_entry_whose_two_sizes_differ_refuses_the_archive(tmp_path: Path) -> None:
    liar = Raw(b"cat/x.png", PHOTO, method=0, size=len(PHOTO) * 2)
    assert code(build(tmp_path / "a.zip", [*good(), liar])) == "size_mismatch"


def test_an_entry_that_claims_bytes_beyond_the_file_refuses_the_archive(tmp_path: Path) -> None:
    liar = Raw(b"cat/x.png", PHOTO, packed_size=1 << 31)
    assert code(build(tmp_path / "a.zip", [liar, *good()])) == "size_mismatch"


def test_a_size_that_no_deflate_stream_can_reach_is_a_lie_and_a_reachable_one_a_bomb(tmp_path: Path) -> None:
    lie = Raw(b"cat/x.png", PHOTO, size=25_000_000)
    assert code(build(tmp_path / "a.zip", [*good(), lie])) == "size_mismatch"
    bomb = Raw(b"cat/x.png", bytes(25_000_000))
    assert code(build(tmp_path / "b.zip", [*good(), bomb])) == "zip_bomb"


def test_many_small_bombs_are_one(tmp_path: Path) -> None:
    bombs = [Raw(f"cat/{i}.bmp".encode(), bytes(3_900_000)) for i in range(9)]
    assert code(build(tmp_path / "a.zip", [*good(per_class=1), *bombs])) == "zip_bomb"


def test_a_small_entry_may_have_any_ratio(tmp_path: Path) -> None:
    white = photo_bytes((0, 0, 0), seed=1, size_px=16)
    entries = [*good(), Raw(b"cat/readme.txt", bytes(400_000)), Raw(b"cat/w.png", white)]
    assert inspect(build(tmp_path / "a.zip", entries)).images == 7


def test_entries_that_share_bytes_are_a_bomb(tmp_path: Path) -> None:
    first = good()[0]
    again = [replace(first, name=f"cat/again{i}.png".encode(), offset=0) for i in range(5)]
    assert code(build(tmp_path / "a.zip", [first, *good(per_class=2)[1:], *again])) == "zip_bomb"


def test_an_entry_inside_another_is_a_bomb(tmp_path: Path) -> None:
    inner_name = b"dog/inner.png"
    inner = b"PK\x03\x04" + struct.pack(
        "<HHHIIIIHH", 20, 0, 0, 0x21, zlib.crc32(PHOTO), len(PHOTO), len(PHOTO), len(inner_name), 0
    )
    outer = Raw(b"cat/outer.png", inner + inner_name + PHOTO, method=0)
    quoted = Raw(inner_name, PHOTO, method=0, offset=30 + len(outer.name))
    assert code(build(tmp_path / "a.zip", [outer, quoted, *good()])) == "zip_bomb"


def test_too_many_entries_are_refused_by_count_and_by_what_is_there(tmp_path: Path) -> None:
    limits = Limits(max_entries=5)
    assert code(build(tmp_path / "a.zip", good()), limits) == "too_many_entries"
    assert code(build(tmp_path / "b.zip", good(), count=2), limits) == "too_many_entries"


@pytest.mark.parametrize("limits", [Limits(max_upload_bytes=100), Limits(max_total_bytes=2000)])
def test_too_large_in_any_way(tmp_path: Path, limits: Limits) -> None:
    assert code(build(tmp_path / "a.zip", good()), limits) == "too_large"


def test_too_many_classes(tmp_path: Path) -> None:
    path = build(tmp_path / "a.zip", good(["a", "b", "c", "d"]))
    assert code(path, Limits(max_classes=3)) == "too_many_classes"


def test_a_cut_or_scrambled_archive_is_corrupt(tmp_path: Path) -> None:
    assert code(build(tmp_path / "a.zip", good(), cut=60)) == "corrupt_archive"
    assert code(build(tmp_path / "b.zip", good(), count=3)) == "corrupt_archive"
    assert code(build(tmp_path / "c.zip", [replace(good()[0], offset=7), *good()[1:]])) == "corrupt_archive"


@pytest.mark.parametrize(
    ("head", "word"),
    [
        (b"7z\xbc\xaf\x27\x1c", "7z"),
        (b"Rar!\x1a\x07", "RAR"),
        (b"\x1f\x8b\x08", "gzip"),
        (b"%PDF-1.4", "PDF"),
        (b"", "not a zip"),
    ],
)
def test_what_is_no_zip_is_named(tmp_path: Path, head: bytes, word: str) -> None:
    path = tmp_path / "a.zip"
    path.write_bytes(head + b"x" * 300 * bool(head))
    inspection = inspect(path)
    assert inspection.code == "not_a_zip"
    assert word in inspection.message


def test_bytes_in_front_and_a_comment_behind_do_not_matter(tmp_path: Path) -> None:
    path = build(tmp_path / "a.zip", good(), prefix=b"#!/bin/sh\n" * 50, comment=b"PK\x05\x06 hello")
    assert inspect(path).images == 6


def test_broken_entries_are_skipped_one_by_one(tmp_path: Path) -> None:
    entries = [
        *good(),
        Raw(b"cat/crc.png", PHOTO, crc=1),
        Raw(b"dog/deflate.png", PHOTO, payload=b"\xff" * 200),
        Raw(b"dog/early.png", PHOTO, payload=Raw(b"", PHOTO).packed()[:-20]),
        Raw(b"cat/empty.jpg"),
    ]
    inspection = inspect(build(tmp_path / "a.zip", entries))
    assert inspection.images == 6
    assert {s.entry: s.reason for s in inspection.skipped} == {
        "cat/crc.png": "bad_crc",
        "dog/deflate.png": "corrupt_entry",
        "dog/early.png": "corrupt_entry",
        "cat/empty.jpg": "empty_file",
    }


def test_zip64_sizes_in_the_extra_field_are_read(tmp_path: Path) -> None:
    packed = len(Raw(b"", PHOTO).packed())
    extra = struct.pack("<HHQQ", 1, 16, len(PHOTO), packed)
    entry = Raw(b"cat/z.png", PHOTO, size=0xFFFFFFFF, packed_size=0xFFFFFFFF, extra=extra)
    assert inspect(build(tmp_path / "a.zip", [*good(), entry])).images == 7


def test_nothing_is_written_under_a_name_from_the_archive(tmp_path: Path, graft_home: Path) -> None:
    from core.data.ingest import ingest

    dataset = ingest(build(tmp_path / "evil_name.zip", good(["CON", "aux"])))
    written = {part for p in graft_home.rglob("*") for part in p.relative_to(graft_home).parts}
    assert not written & {"CON", "aux", "0.png", "1.png", "evil_name"}
    assert dataset.classes == ("CON", "aux")


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads the peak memory the way Linux tells it")
def test_a_bomb_takes_no_memory(tmp_path: Path) -> None:
    import resource

    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    liar = Raw(b"cat/x.png", bytes(300_000_000), size=2_000_000)
    path = build(tmp_path / "a.zip", [*good(), replace(liar, payload=liar.packed(), content=b"")])
    del liar
    built = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    assert code(path) == "size_mismatch"
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - max(before, built) < 100_000
