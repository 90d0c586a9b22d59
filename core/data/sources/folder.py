"""A folder of one's own as a source of photos. What its files hold is not known here."""

from __future__ import annotations

import hashlib
import os
import stat
from pathlib import Path

from core.data.limits import Limits
from core.data.messages import rejected
from core.data.sources.source import BadEntry, Entry


class FolderSource:
    """The files below a folder. Links to folders are not followed, so that nothing goes in circles.

    Raises:
        RejectedError: there are too many files.
    """

    kind = "folder"

    def __init__(self, root: Path, limits: Limits) -> None:
        self.title = root.resolve().name
        self.limits = limits
        self.entries = _entries(root, limits)
        self._root = root

    def read(self, index: int) -> bytes:
        """The bytes of a file.

        Raises:
            BadEntry: it is no file (any more), too large, or the system does not give it out.
        """
        path = self._root / self.entries[index].name
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
        for index, entry in enumerate(self.entries):
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


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return 0  # reading it will say what is wrong
