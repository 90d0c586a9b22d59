"""A bundle opened without believing any of it: a zip as Graft writes it, one that was packed again, or a folder.

Nothing is ever unpacked to the disk. Graft stores its entries, so that a small file cannot become a large one, all but
the page for browsers, which it never reads again. Who packs a bundle again compresses it and puts a folder around it,
and is held to the same sizes and to a modest ratio.
This file knows the names and sizes that a bundle may have, and nothing of what is in the files.
"""

from __future__ import annotations

import os
import stat
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, Protocol

from core.bundle.files import FOLDER, MAX_FILES, REQUIRED, most_bytes
from core.errors import BundleError
from core.i18n import gettext as _

MAX_DIRECTORY = 32 << 10
MAX_RATIO, SMALL = 50, 1 << 20
"""A compressed entry of more than `SMALL` bytes is at most so many times as large as it lies in the zip."""

_END, _END64, _LOCATOR64 = 22, 56, 20
_STORED_OR_DEFLATED = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
_OF_SYSTEMS = {".DS_Store", "Thumbs.db", "desktop.ini"}
_ENCRYPTED = 0x1


class Opened(Protocol):
    """The files of a bundle that are there, none of them larger than it may be."""

    def size(self, name: str) -> int | None:
        """The bytes of a file; None where there is none of this name."""

    def read(self, name: str) -> bytes:
        """A file's content, which has its size."""


@contextmanager
def opened(path: Path) -> Iterator[Opened]:
    """The bundle at `path`, after the names and sizes in it have been checked.

    Args:
        path: a zip, or the folder into which one was unpacked.

    Raises:
        BundleError: it is none, or cannot be read.
    """
    try:
        if path.is_dir():
            yield _Folder(path)
            return
        with path.open("rb") as file:
            size = os.fstat(file.fileno()).st_size
            _check_directory(file, size)
            with zipfile.ZipFile(file) as archive:
                yield _Zip(archive, size)
    except FileNotFoundError:
        raise BundleError(_("There is no bundle '{name}'.").format(name=path.name)) from None
    except (OSError, EOFError, ValueError, NotImplementedError, RuntimeError, zipfile.error, zlib.error) as problem:
        raise no_bundle() from problem


def no_bundle() -> BundleError:
    """The error of what is no bundle."""
    return BundleError(_("This file is not a bundle made by Graft. Choose a zip that Graft has exported."))


class _Folder:
    """A bundle that was unpacked. Only regular files with a bundle's names are looked at, whatever lies beside them."""

    def __init__(self, path: Path) -> None:
        self._path = path
        if any(self.size(name) is None for name in REQUIRED):
            raise no_bundle()

    def size(self, name: str) -> int | None:
        most = most_bytes(name)
        if most is None or (self._path / FOLDER).is_symlink():
            return None
        try:
            there = (self._path / name).lstat()
        except FileNotFoundError:
            return None
        if not stat.S_ISREG(there.st_mode) or there.st_size > most:
            raise no_bundle()
        return there.st_size

    def read(self, name: str) -> bytes:
        size = self.size(name)
        if size is None:
            raise no_bundle()
        with (self._path / name).open("rb") as file:
            content = file.read(size + 1)
        return _of_size(content, size)


class _Zip:
    """A zip whose every entry is one that a bundle may have, below one folder at the most."""

    def __init__(self, archive: zipfile.ZipFile, size: int) -> None:
        self._archive = archive
        entries = [entry for entry in archive.infolist() if not _is_litter(entry)]
        around = _folder_around([entry.filename for entry in entries])
        self._entries = {entry.filename.removeprefix(around): entry for entry in entries}
        if (
            len(self._entries) != len(entries)
            or len(entries) > MAX_FILES
            or not REQUIRED.keys() <= self._entries.keys()
        ):
            raise no_bundle()
        if not all(_is_modest(name, entry, size) for name, entry in self._entries.items()):
            raise no_bundle()

    def size(self, name: str) -> int | None:
        entry = self._entries.get(name)
        return None if entry is None else entry.file_size

    def read(self, name: str) -> bytes:
        if (entry := self._entries.get(name)) is None:
            raise no_bundle()
        return _of_size(self._archive.read(entry), entry.file_size)


def _of_size(content: bytes, size: int) -> bytes:
    if len(content) != size:
        raise no_bundle()
    return content


def _check_directory(file: BinaryIO, size: int) -> None:
    """A zip ends with a record that says how large its directory is; a directory of a few dozen entries is small.

    Python reads the whole directory into memory before anything can be asked, hence this look ahead.
    """
    file.seek(max(0, size - _END - _LOCATOR64 - _END64))
    tail = file.read()
    end = tail[-_END:]
    if end[:4] != b"PK\x05\x06" or end[-2:] != b"\0\0":
        raise no_bundle()
    directory = int.from_bytes(end[12:16], "little")
    if tail[-_END - _LOCATOR64 :][:4] == b"PK\x06\x07":
        directory = max(directory, int.from_bytes(tail[40:48], "little"))
    if directory > MAX_DIRECTORY:
        raise no_bundle()


def _is_litter(entry: zipfile.ZipInfo) -> bool:
    """What systems put into a zip without being asked: folders as entries of their own, and notes to themselves."""
    parts = entry.filename.split("/")
    is_folder = entry.is_dir() and not entry.file_size and not entry.compress_size and ".." not in parts
    return is_folder or parts[0] == "__MACOSX" or parts[-1] in _OF_SYSTEMS


def _folder_around(names: list[str]) -> str:
    """The one folder, as "bundle/", that all of these lie in; "" where there is none."""
    folder, slash, rest = min(names, default="").partition("/")
    if not slash or not rest or folder in ("", ".", "..", FOLDER):
        return ""
    return folder + slash if all(name.startswith(folder + slash) for name in names) else ""


def _is_modest(name: str, entry: zipfile.ZipInfo, size: int) -> bool:
    """Whether an entry may be read: of a bundle's names, no larger than allowed, and not far more than it lies."""
    most, lies, becomes = most_bytes(name), entry.compress_size, entry.file_size
    if most is None or becomes > most or lies > size or entry.flag_bits & _ENCRYPTED:
        return False
    if entry.compress_type == zipfile.ZIP_STORED:
        return becomes == lies
    return entry.compress_type in _STORED_OR_DEFLATED and becomes <= max(SMALL, MAX_RATIO * lies)
