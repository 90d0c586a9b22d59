"""Where the disk is full, or soon would be."""

from __future__ import annotations

import errno
import shutil
from pathlib import Path

import pytest

from core import paths
from core.data.images.decoding import DecoderProcesses
from core.data.ingest import ingest
from core.data.intake import staging
from core.data.intake.room import check_room
from core.data.limits import Limits
from core.errors import DatasetError
from tests.conftest import photo_bytes


def test_a_full_disk_is_told_plainly(photos_zip: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_args: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device", "/secret/path")

    monkeypatch.setattr(staging, "write_dataset", full)
    with pytest.raises(DatasetError, match="disk is full") as problem:
        ingest(photos_zip)
    assert "secret" not in str(problem.value)
    assert not list(paths.datasets().iterdir())


def test_a_disk_that_fills_in_the_middle_leaves_nothing(photos_zip: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    written = []
    write = Path.write_bytes

    def filling(path: Path, content: bytes) -> int:
        written.append(path)
        if len(written) > 20:
            raise OSError(errno.ENOSPC, "No space left on device", str(path))
        return write(path, content)

    monkeypatch.setattr(Path, "write_bytes", filling)
    with pytest.raises(DatasetError, match="disk is full"):
        ingest(photos_zip)
    assert len(written) == 21
    assert not list(paths.datasets().iterdir())


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="Linux has a device that is always full")
def test_a_thumbnail_that_finds_the_disk_full_is_no_damaged_photo(tmp_path: Path) -> None:
    image = tmp_path / "x"
    image.write_bytes(photo_bytes((1, 2, 3), 1, 16))
    with DecoderProcesses(Limits(), 1) as decoders:
        future = decoders.submit(image, Path("/dev/full"))
        with pytest.raises(OSError, match="space") as problem:
            future.result(30)
        assert problem.value.errno == errno.ENOSPC
        assert decoders.submit(image, tmp_path / "x.jpg").result(30).format == "PNG"


def test_room_is_looked_for_before_anything_is_written(
    photos_zip: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    usage = shutil.disk_usage(tmp_path)._replace(total=10**12, free=64 * 2**20 + 10**5)
    monkeypatch.setattr(shutil, "disk_usage", lambda _path: usage)
    monkeypatch.setattr(Path, "write_bytes", lambda *_args: pytest.fail("something was written"))
    with pytest.raises(
        DatasetError, match=r"about 0.9 MB, and 67.1 MB are to stay.*only 67.2 MB are free. Free 0.8 MB"
    ):
        ingest(photos_zip)
    assert not list(paths.datasets().iterdir())


def test_of_a_small_disk_a_tenth_stays_free(photos_zip: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    usage = shutil.disk_usage(tmp_path)._replace(total=60 * 10**6, free=60 * 10**6)
    monkeypatch.setattr(shutil, "disk_usage", lambda _path: usage)
    assert ingest(photos_zip).images == 40
    with pytest.raises(
        DatasetError, match=r"about 55.0 MB, and 6.0 MB are to stay.*only 60.0 MB are free. Free 1.0 MB"
    ):
        check_room(tmp_path, 55 * 10**6, 0)
