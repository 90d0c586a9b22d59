"""A public app's workspaces: who is idle, and how much fits."""

import os
import time

import pytest

from core import paths, workspaces
from core.errors import GraftError


def make(workspace_id: str, age_s: float = 0.0) -> None:
    folder = paths.workspace(workspace_id)
    (folder / "uploads").mkdir(parents=True)
    (folder / "uploads" / "a.zip").write_bytes(b"x" * 1000)
    os.utime(folder, (time.time() - age_s,) * 2)


def test_idle_workspaces_are_removed_and_the_users_own_never():
    make("default", age_s=1e6)
    make("old", age_s=1e6)
    make("new")
    assert workspaces.remove_idle(3600) == ["old"]
    assert not paths.workspace("old").exists()
    assert paths.workspace("default").exists()
    assert paths.workspace("new").exists()


def test_a_workspace_that_is_looked_at_is_not_idle():
    make("old", age_s=1e6)
    workspaces.mark_seen("old")
    assert workspaces.remove_idle(3600) == []


def test_looking_makes_no_workspace():
    workspaces.mark_seen("nobody")
    assert not paths.workspace("nobody").exists()


def test_the_quota_counts_what_is_there_and_what_is_to_come(monkeypatch):
    monkeypatch.setenv("GRAFT_PUBLIC", "1")
    make("a")
    assert workspaces.used_bytes("a") == 1000
    workspaces.check_quota("a", 500, quota_bytes=1500)
    with pytest.raises(GraftError, match="used up"):
        workspaces.check_quota("a", 501, quota_bytes=1500)


def test_uploads_that_nothing_took_in_go_after_a_day():
    make("default")
    old = paths.workspace("default") / "uploads" / "old.zip"
    old.write_bytes(b"x")
    os.utime(old, (time.time() - 2 * workspaces.IDLE_S,) * 2)
    assert workspaces.remove_old_uploads() == 1
    assert [path.name for path in old.parent.iterdir()] == ["a.zip"]


def test_at_home_there_is_no_quota():
    make("default")
    workspaces.check_quota("default", 10**15)
