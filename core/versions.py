"""A cache for the content of files, which is read again when a file has changed.

It is for files that are replaced whole, as `paths.replacing` does: new content is a new file, with another inode, time
or size. So another process's write is seen at once, and reading an unchanged file costs one look at its directory
entry.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache, wraps
from pathlib import Path
from typing import TypeVar

Content = TypeVar("Content")
Version = tuple[int, int, int]


def version_of(path: Path) -> Version:
    """The time in ns, the size and the inode of a file, which change when it is replaced or appended to.

    Raises:
        OSError: the file is not there.
    """
    stat = path.stat()
    return stat.st_mtime_ns, stat.st_size, stat.st_ino


def read_once(most: int) -> Callable[[Callable[[Path], Content]], Callable[[Path], Content]]:
    """Caches the results of a function that reads one file; its callers must not change them.

    An error is not cached: the file is read again. That a file is not there is for the function to report.

    Args:
        most: how many files' contents are kept; beyond them, the least recently used is dropped.
    """

    def decorate(read: Callable[[Path], Content]) -> Callable[[Path], Content]:
        @lru_cache(maxsize=most)
        def cached(path: Path, _version: Version) -> Content:
            return read(path)

        @wraps(read)
        def current(path: Path) -> Content:
            try:
                version = version_of(path)
            except OSError:
                return read(path)
            return cached(path, version)

        return current

    return decorate
