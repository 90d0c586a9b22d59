"""What is read from files again and again, kept for as long as a file stays what it was.

For files that are replaced whole, as `paths.replacing` does: a new content is a new file, with another inode, time or
size. So another process's write is seen at once, and a file that is as it was costs one look at its directory entry.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache, wraps
from pathlib import Path
from typing import TypeVar

Content = TypeVar("Content")
Version = tuple[int, int, int]


def version_of(path: Path) -> Version:
    """What changes when the file at `path` is replaced or appended to: its time in ns, its size and its inode.

    Raises:
        OSError: it is not there.
    """
    about = path.stat()
    return about.st_mtime_ns, about.st_size, about.st_ino


def read_once(most: int) -> Callable[[Callable[[Path], Content]], Callable[[Path], Content]]:
    """Makes a function that reads one file keep what it returned, which its callers must not change.

    A file that cannot be read is not remembered: it is read, and raises, again.

    Args:
        most: how many files are kept; beyond them, what was not asked for the longest is read again.
    """

    def decorate(read: Callable[[Path], Content]) -> Callable[[Path], Content]:
        @lru_cache(maxsize=most)
        def kept(path: Path, _version: Version) -> Content:
            return read(path)

        @wraps(read)
        def current(path: Path) -> Content:
            return kept(path, version_of(path))

        return current

    return decorate
