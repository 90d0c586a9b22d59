"""What the browser hands over goes to the disk at once, where there is room for it."""

from __future__ import annotations

import io
import shutil
from pathlib import Path

import pytest

from core.errors import DatasetError
from core.paths import DEFAULT_WORKSPACE
from pages.ui import uploads


def test_an_upload_is_kept_as_it_is(graft_home: Path) -> None:
    path = uploads.keep(io.BytesIO(b"photos"), ".zip", DEFAULT_WORKSPACE)
    assert path.read_bytes() == b"photos"
    assert path.suffix == ".zip"
    assert path.is_relative_to(graft_home)


def test_one_that_does_not_fit_says_how_much_room_it_takes(graft_home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    usage = shutil.disk_usage(graft_home.parent)._replace(total=60 * 10**6, free=7 * 10**6)
    monkeypatch.setattr(shutil, "disk_usage", lambda _path: usage)
    needed = r"need about 2\.0 MB, and 6\.0 MB are to stay free.*only 7\.0 MB are free\. Free 1\.0 MB more"
    with pytest.raises(DatasetError, match=needed):
        uploads.keep(io.BytesIO(bytes(2 * 10**6)), ".zip", DEFAULT_WORKSPACE)
    assert not [path for path in graft_home.rglob("*") if path.is_file()]
