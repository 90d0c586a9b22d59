"""A folder of one's own as a source of photos. What its files hold is not known here."""

from __future__ import annotations

import hashlib
import os
import stat
from dataclasses import replace
from pathlib import Path

from core.data.encodings.deciding import Reading, decided, readable
from core.data.limits import Limits
from core.data.messages import rejected
from core.data.sources.source import BadEntry, Entry
from core.paths import is_text


class FolderSource:
    """The files below a folder. Links are followed where they lead to another place below it.

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
        self._as_named = entries_below(root, limits)
        self.entries, self.reading = _as_text(self._as_named, encoding)

    def read(self, index: int) -> bytes:
        """The bytes of a file.

        Raises:
            BadEntry: it is no file (any more), too large, or the system does not give it out.
        """
        if self._as_named[index].problem:
            raise BadEntry(self._as_named[index].problem)
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


def entries_below(root: Path, limits: Limits) -> list[Entry]:
    """Everything below a folder: of each folder first the folders in it, then the files, then what lies deeper.

    Links that are not followed are files with a problem, also those that lead to folders.

    Raises:
        RejectedError: there are too many files.
    """
    home = _real(root)
    entries: list[Entry] = []
    left = [(Path(), False)]  # folders below the root, and whether a link led there
    while left:
        inside, linked = left.pop()
        folders, files = _listed(root / inside)
        entered = [
            (inside / item.name, linked or item.is_symlink()) for item in folders if _leads_in(item, home, linked)
        ]
        closed = {inside / item.name for item in folders} - {path for path, _linked in entered}
        entries += [Entry(path.as_posix(), is_folder=True) for path, _linked in entered]
        entries += [Entry(path.as_posix(), problem="link") for path in sorted(closed)]
        entries += [_file(inside, item, home) for item in files]
        left += reversed(entered)
        if len(entries) > limits.max_entries:
            raise rejected("too_many_entries", limits=limits)
    return entries


def _listed(folder: Path) -> tuple[list[os.DirEntry[str]], list[os.DirEntry[str]]]:
    """The folders and the files in a folder, each sorted by name; none where the system does not give them out."""
    try:
        with os.scandir(folder) as listing:
            items = sorted(listing, key=lambda item: item.name)
    except OSError:
        return [], []
    folders = [item for item in items if _is_folder(item)]
    names = {item.name for item in folders}
    return folders, [item for item in items if item.name not in names]


def _is_folder(item: os.DirEntry[str]) -> bool:
    try:
        return item.is_dir()
    except OSError:
        return False  # a link that leads to itself


def _leads_in(folder: os.DirEntry[str], home: Path, linked: bool) -> bool:
    """Whether a folder is entered: a link only where it leads to another place below the root, and no link led here.

    So nothing goes in circles, nothing multiplies, and what others linked to is not taken from all over the machine.
    """
    if not folder.is_symlink():
        return True
    target, here = _real(Path(folder.path)), _real(Path(folder.path).parent)
    return not linked and target.is_relative_to(home) and not here.is_relative_to(target)


def _file(inside: Path, item: os.DirEntry[str], home: Path) -> Entry:
    """A file as an entry; a link that leads out of the root, or nowhere, is one that is not read."""
    name = (inside / item.name).as_posix()
    try:
        size = item.stat().st_size
    except OSError:
        size = 0  # reading it will say what is wrong
    target = _real(Path(item.path)) if item.is_symlink() else home
    return Entry(name, size=size, problem="" if target.is_relative_to(home) and target.exists() else "link")


def _real(path: Path) -> Path:
    """Where a path leads when all links are followed; one that leads in a circle, as far as that can be told."""
    return Path(os.path.realpath(path))


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
