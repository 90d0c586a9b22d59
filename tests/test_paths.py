"""Writes that survive, and directories by name."""

import contextlib
import errno
import os

import pytest

from core import paths
from core.errors import GraftError


def test_a_write_that_fails_half_way_leaves_the_old_file_alone(tmp_path):
    target = tmp_path / "status.json"
    paths.write_json(target, {"state": "old"})
    with contextlib.suppress(RuntimeError), paths.replacing(target) as file:
        file.write(b"half")
        raise RuntimeError
    assert paths.read_json(target) == {"state": "old"}
    assert [path.name for path in tmp_path.iterdir()] == ["status.json"]


def test_a_full_disk_is_told_of_with_the_file_that_was_to_be_written(tmp_path):
    with pytest.raises(OSError, match="No space left") as caught, paths.replacing(tmp_path / "status.json"):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    assert caught.value.filename == str(tmp_path / "status.json")


def test_json_keeps_any_script_and_refuses_nan(tmp_path):
    paths.write_json(tmp_path / "a.json", {"class": "蟻"})
    assert paths.read_json(tmp_path / "a.json") == {"class": "蟻"}
    with pytest.raises(ValueError, match="Out of range"):
        paths.write_json(tmp_path / "a.json", {"loss": float("nan")})
    assert paths.read_json(tmp_path / "a.json") == {"class": "蟻"}


@pytest.mark.parametrize("bad", ["", "..", "a/b", "A", "x" * 65, "a\n"])
def test_a_workspace_id_is_no_path(bad):
    with pytest.raises(GraftError, match="names no workspace"):
        paths.workspace(bad)


def test_ids_of_visitors_cannot_be_guessed():
    first, second = paths.new_workspace_id(), paths.new_workspace_id()
    assert first != second
    assert len(first) == 32
    assert paths.workspace(first).name == first


def test_public_is_what_the_environment_says(monkeypatch):
    monkeypatch.setenv("GRAFT_PUBLIC", "1")
    assert paths.is_public()
    monkeypatch.setenv("GRAFT_PUBLIC", "0")
    assert not paths.is_public()
