"""A folder of one's own as a source of photos. What its files hold is not known here."""

from __future__ import annotations

import hashlib
import os
import stat
from dataclasses import replace
from pathlib import Path

from core.data.encodings.deciding import Reading, decided, is_text, readable
from core.data.limits import Limits
from core.data.messages import rejected
from core.data.sources.source import BadEntry, Entry


class FolderSource:
    """The files below a folder. Links to folders are not followed, so that nothing goes in circles.

    Args:
        root: the folder.
        limits: what is accepted.
        encoding: that of names which the system could not read; "" for what their letters say.

    Attributes:
        entries: all files and folders, with names that are text.
        reading: how names were read that the system could not read.

    Raises:
        RejectedError: there are too many files.
        DatasetError: the names are not in the given encoding.
    """

    kind = "folder"

    def __init__(self, root: Path, limits: Limits, encoding: str = "") -> None:
        self.title = readable(root.resolve().name)
        self.limits = limits
        self._root = root
        self._as_named = _entries(root, limits)
        self.entries, self.reading = _as_text(self._as_named, encoding)

    def read(self, index: int) -> bytes:
        """The bytes of a file.

        Raises:
            BadEntry: it is no file (any more), too large, or the system does not give it out.
        """
        path = self._root / self._as_named[index].name
        try:
            facts = path.stat()
            if not stat.S_ISREG(facts.st_mode):
                raise BadEntry("not_an_image")
            if facts.st_size > self.limits.max_entry_bytes:
                raise BadEntry("file_too_large")
            return path.read_bytes()
        except OSError:
            raise BadEntry("corrupt_entry") from None

    def digest(self) -> str:
        """The sha256 over the names and contents of all files, or why they cannot be read."""
        digest = hashlib.sha256()
        for index, entry in enumerate(self._as_named):
            digest.update(f"{entry.name}\0".encode("utf-8", "surrogateescape"))
            if not entry.is_folder:
                try:
                    digest.update(hashlib.sha256(self.read(index)).digest())
                except BadEntry as problem:
                    digest.update(problem.reason.encode())
        return digest.hexdigest()


def _entries(root: Path, limits: Limits) -> list[Entry]:
    entries: list[Entry] = []
    for folder, folders, files in os.walk(root):
        folders.sort()
        inside = Path(folder).relative_to(root)
        entries += [Entry((inside / name).as_posix(), is_folder=True) for name in folders]
        entries += [Entry((inside / name).as_posix(), size=_size(Path(folder, name))) for name in sorted(files)]
        if len(entries) > limits.max_entries:
            raise rejected("too_many_entries", limits=limits)
    return entries


def _as_text(entries: list[Entry], encoding: str) -> tuple[list[Entry], Reading]:
    """Entries with names that are text, and how they were read: all in one way, if there is one that is not text."""
    if all(is_text(entry.name) for entry in entries):
        return entries, Reading()
    raws = [os.fsencode(entry.name) for entry in entries]
    reading = decided(raws, encoding)
    return [
        entry if raw.isascii() else replace(entry, name=reading.text(raw), raw=raw)
        for entry, raw in zip(entries, raws, strict=True)
    ], reading


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return 0  # reading it will say what is wrong
