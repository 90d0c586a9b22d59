"""Workspaces of a public app: each has a quota, and those that nobody comes back to are removed.

On a user's own machine there is one workspace, `default`, without a quota, and it is never removed.
"""

from __future__ import annotations

import contextlib
import shutil
import time
from pathlib import Path

from core import paths
from core.errors import GraftError
from core.i18n import gettext as _

QUOTA_BYTES = 1 << 30
IDLE_S = 24 * 3600.0
_SEEN = ".seen"
_SEEN_EVERY_S = 60.0


def mark_seen(workspace_id: str) -> None:
    """Records that someone uses this workspace now; this costs a look at one file, and a write once a minute."""
    marker = paths.workspace(workspace_id) / _SEEN
    with contextlib.suppress(OSError):
        is_fresh = marker.exists() and time.time() - _seen_at(marker.parent) <= _SEEN_EVERY_S
        if marker.parent.is_dir() and not is_fresh:
            marker.touch()


def used_bytes(workspace_id: str) -> int:
    """The size of a workspace's files."""
    return sum(_size(path) for path in paths.workspace(workspace_id).rglob("*"))


def check_quota(workspace_id: str, more_bytes: int = 0, quota_bytes: int = QUOTA_BYTES) -> None:
    """Makes sure that a workspace has room for more.

    Raises:
        GraftError: this is a public app, and the workspace would exceed its quota.
    """
    if paths.is_public() and used_bytes(workspace_id) + more_bytes > quota_bytes:
        message = _(
            "This workspace may keep {quota} MB, which is used up. Delete photos or runs, or run Graft at home."
        )
        raise GraftError(message.format(quota=quota_bytes >> 20))


def remove_idle(idle_s: float = IDLE_S) -> list[str]:
    """Removes the visitors' workspaces that nobody has used for a while; gives their ids."""
    removed = []
    with contextlib.suppress(FileNotFoundError):
        for folder in (paths.home() / "workspaces").iterdir():
            if folder.name != paths.DEFAULT_WORKSPACE and time.time() - _seen_at(folder) > idle_s:
                shutil.rmtree(folder, ignore_errors=True)
                removed.append(folder.name)
    return removed


def remove_old_uploads(older_s: float = IDLE_S) -> int:
    """Removes old uploads that no job has removed, such as a bundle that was tried once; gives how many."""
    removed = 0
    for path in (paths.home() / "workspaces").glob("*/uploads/*"):
        with contextlib.suppress(OSError):
            if time.time() - path.stat().st_mtime > older_s:
                path.unlink()
                removed += 1
    return removed


def _seen_at(folder: Path) -> float:
    for path in (folder / _SEEN, folder):  # a new workspace has no marker yet
        with contextlib.suppress(OSError):
            return path.stat().st_mtime
    return 0.0


def _size(path: Path) -> int:
    with contextlib.suppress(OSError):
        return path.stat().st_size if path.is_file() else 0
    return 0
