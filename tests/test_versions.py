"""What is read once, and when it is read again."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from core.paths import write_bytes
from core.versions import read_once


def test_a_file_is_read_once_for_as_long_as_it_is_the_same(tmp_path: Path):
    reads: list[Path] = []

    @read_once(most=2)
    def content(path: Path) -> bytes:
        reads.append(path)
        return path.read_bytes()

    file, other = tmp_path / "a", tmp_path / "b"
    write_bytes(file, b"one")
    write_bytes(other, b"other")
    assert [content(file), content(file), content(other)] == [b"one", b"one", b"other"]
    assert reads == [file, other]

    before = file.stat()
    write_bytes(file, b"two")
    os.utime(file, ns=(before.st_atime_ns, before.st_mtime_ns))  # of the same size and time, but another file
    assert content(file) == b"two"
    with file.open("ab") as appending:
        appending.write(b" more")
    os.utime(file, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert content(file) == b"two more"

    file.unlink()
    with pytest.raises(FileNotFoundError):
        content(file)


def test_a_file_that_is_not_there_is_for_the_reader_to_report(tmp_path: Path):
    @read_once(most=1)
    def content(path: Path) -> str:
        return path.read_text() if path.exists() else "nothing yet"

    assert content(tmp_path / "a") == "nothing yet"
    write_bytes(tmp_path / "a", b"one")
    assert content(tmp_path / "a") == "one"
