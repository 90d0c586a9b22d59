"""From the browser to the disk: an upload is copied at once, in pieces, so that the server's memory can be freed."""

from __future__ import annotations

import secrets
import shutil
from pathlib import Path
from typing import BinaryIO

from core import paths
from core.data.intake.room import check_room
from core.errors import GraftError
from core.i18n import gettext as _
from core.workspaces import check_quota

_PIECE_BYTES = 1 << 20


def keep(upload: BinaryIO, suffix: str, workspace_id: str) -> Path:
    """Copies an upload into the workspace, under a random name.

    Raises:
        GraftError: there is no room for it on the disk, or the workspace's quota is used up.
    """
    n_bytes = upload.seek(0, 2)
    check_quota(workspace_id, more_bytes=n_bytes)
    folder = paths.made(paths.workspace(workspace_id) / "uploads")
    check_room(folder, n_bytes, 0)
    path = folder / f"{secrets.token_hex(8)}{suffix}"
    try:
        with paths.replacing(path) as file:
            upload.seek(0)
            shutil.copyfileobj(upload, file, _PIECE_BYTES)
    except OSError as problem:
        raise GraftError(
            _("The upload could not be saved: {reason}. Delete photos or runs, or free some space on the disk.").format(
                reason=problem.strerror
            )
        ) from problem
    return path
