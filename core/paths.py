"""Where Graft keeps its files, and how it writes those that must survive.

A write goes to a temporary file in the same directory, is flushed to the disk and then renamed over the old one, so
that a reader sees the old content or the new and never half of it.
"""

from __future__ import annotations

import errno
import hashlib
import json
import os
import re
import secrets
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, BinaryIO

import platformdirs

from core.errors import GraftError, HomeError
from core.i18n import gettext as _

DEFAULT_WORKSPACE = "default"
FULL = (errno.ENOSPC, getattr(errno, "EDQUOT", errno.ENOSPC))
"""What a system says where a disk, or the user's part of it, is full."""

_WORKSPACE_ID = re.compile(r"[a-z0-9]{1,64}")


def home() -> Path:
    """Graft's own directory: `GRAFT_HOME`, or the platform's user cache directory.

    Raises:
        HomeError: it would be in the home folder of a user who has none.
    """
    setting = os.environ.get("GRAFT_HOME")
    if setting:
        path = expanded(setting)
        if is_of_nobody(path):
            raise HomeError(
                _("GRAFT_HOME is '{path}', and that user has no home folder. Set it to a folder's full path.").format(
                    path=setting
                )
            )
        return path
    try:
        return platformdirs.user_cache_path("graft")
    except RuntimeError:  # HOME is not set, and nobody knows the user
        raise HomeError(
            _(
                "Graft does not know where to keep its data, since this user has no home folder. Set GRAFT_HOME to a "
                "folder that you may write into."
            )
        ) from None


def expanded(path: str | Path) -> Path:
    """A path with the user's folder in place of "~"; as it is where there is no such folder."""
    return Path(os.path.expanduser(path))  # noqa: PTH111 (pathlib's raises what is no error of a file)


def is_of_nobody(path: Path) -> bool:
    """Whether a path is still below "~", since that user has no home folder, or nobody knows who the user is."""
    return bool(path.parts) and path.parts[0].startswith("~")


def is_text(path: str | Path) -> bool:
    """Whether the system could read all bytes of a path, so that it is text (see PEP 383)."""
    try:
        str(path).encode()
    except UnicodeEncodeError:
        return False
    return True


@contextmanager
def as_text(files: Sequence[Path]) -> Iterator[list[Path]]:
    """The files under paths that are text, for libraries that open no others: their own paths, or those of links."""
    if all(map(is_text, files)):
        yield list(files)
        return
    with TemporaryDirectory() as folder:
        links = [Path(folder, str(number)) for number in range(len(files))]
        for link, file in zip(links, files, strict=True):
            link.symlink_to(file.absolute())
        yield links


def made(folder: Path) -> Path:
    """A directory of Graft's own, made where it is not there yet.

    Raises:
        HomeError: it cannot be made; says why and what to do.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as problem:
        raise unusable(problem) from problem
    return folder


def check_home() -> None:
    """Makes sure that Graft's own directory is there and can be written into; it costs a look at the directory.

    Raises:
        HomeError: it cannot; says why and what to do.
    """
    folder = made(home())
    if not os.access(folder, os.W_OK | os.X_OK):
        raise unusable(PermissionError(errno.EACCES, os.strerror(errno.EACCES)))


def unusable(problem: OSError) -> HomeError:
    """What a system's refusal means for Graft's own directory, and what to do; visitors of a public app see no path."""
    if is_public():
        return HomeError(_("This app cannot keep any data now. Try again later."))
    if problem.errno in FULL:
        return HomeError(
            _("The disk with the folder {path}, where Graft keeps its data, is full. Free some space.").format(
                path=home()
            )
        )
    return HomeError(
        _(
            "Graft cannot keep its data in the folder {path} ({reason}). Set GRAFT_HOME to a folder that you may write "
            "into, or mend this one."
        ).format(path=home(), reason=problem.strerror)
    )


def workspace(workspace_id: str = DEFAULT_WORKSPACE) -> Path:
    """The directory of one workspace.

    Raises:
        GraftError: the id is not one that Graft gives out.
    """
    if not _WORKSPACE_ID.fullmatch(workspace_id):
        raise GraftError(_("This address names no workspace. Open the app's first page to get one."))
    return home() / "workspaces" / workspace_id


def datasets(workspace_id: str = DEFAULT_WORKSPACE) -> Path:
    """Where a workspace keeps its datasets."""
    return workspace(workspace_id) / "datasets"


def jobs(workspace_id: str = DEFAULT_WORKSPACE) -> Path:
    """Where a workspace keeps its jobs."""
    return workspace(workspace_id) / "jobs"


def backbones(workspace_id: str = DEFAULT_WORKSPACE) -> Path:
    """Where a workspace keeps the backbones of its user's own."""
    return workspace(workspace_id) / "backbones"


def features() -> Path:
    """The feature store, shared by all workspaces: it is keyed by the images' content."""
    return home() / "features"


def weights() -> Path:
    """Where weights that packages bring are kept in a form that is quick and safe to read."""
    return home() / "weights"


def new_workspace_id() -> str:
    """An unguessable id of 128 bits."""
    return secrets.token_hex(16)


def is_public() -> bool:
    """Whether strangers use this app: `GRAFT_PUBLIC=1`, or Streamlit Community Cloud, which mounts apps there."""
    setting = os.environ.get("GRAFT_PUBLIC")
    return setting not in ("", "0") if setting is not None else Path("/mount/src").is_dir()


@contextmanager
def replacing(path: Path) -> Iterator[BinaryIO]:
    """Opens a file for binary writing that replaces `path` when the block ends well, and leaves it alone otherwise."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(4)}.tmp")
    try:
        with temporary.open("wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    except OSError as problem:
        if problem.filename in (None, str(temporary)):  # of a full disk the system names no file
            problem.filename = str(path)
        raise
    finally:
        temporary.unlink(missing_ok=True)


def write_bytes(path: Path, content: bytes) -> None:
    """Replaces the file at `path` by `content`, whole or not at all."""
    with replacing(path) as file:
        file.write(content)


def write_json(path: Path, content: object) -> None:
    """Replaces the file at `path` by `content` as JSON, whole or not at all.

    A path with bytes that are no text is written with JSON's own escapes, and is the same path when it is read.
    """
    written = json.dumps(content, ensure_ascii=False, indent=1, allow_nan=False)
    write_bytes(path, written.encode("utf-8", "backslashreplace"))


def file_sha256(path: Path) -> str:
    """The sha256 of a file's bytes, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def read_json(path: Path) -> Any:
    """The JSON document at `path`."""
    return json.loads(path.read_text(encoding="utf-8"))
