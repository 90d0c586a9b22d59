"""The folders that hold photos, as a tree with numbers of photos; names and meanings are not known here."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

Parts = tuple[str, ...]
_DEEPEST = 12  # folders below those that all photos share; what lies deeper counts where this ends


class Folder:
    """A folder with the photos that lie in it and below it.

    Attributes:
        path: the folders from the root to this one; () for the root.
        direct: photos in the folder itself.
        total: photos in it and below it.
        kids: the folders in it that have photos, by name.
    """

    __slots__ = ("direct", "kids", "path", "total")

    def __init__(self, path: Parts) -> None:
        self.path = path
        self.direct = self.total = 0
        self.kids: dict[str, Folder] = {}

    @property
    def name(self) -> str:
        """The last folder of the path; "" for the root."""
        return self.path[-1] if self.path else ""

    @property
    def nested(self) -> bool:
        """Whether most of its photos lie in folders below it."""
        return 2 * self.direct < self.total


def tree(folders: Iterable[Parts]) -> Folder:
    """The tree of the folders that photos lie in, one path a photo."""
    counts = Counter(folders)
    root = Folder(())
    deepest = _DEEPEST + len(_shared(counts))
    for path, photos in counts.items():
        folder = root
        folder.total += photos
        for depth, name in enumerate(path[:deepest]):
            if name not in folder.kids:
                folder.kids[name] = Folder(path[: depth + 1])
            folder = folder.kids[name]
            folder.total += photos
        folder.direct += photos
    return root


def _shared(paths: Iterable[Parts]) -> Parts:
    """The folders that all paths begin with."""
    first, last = min(paths, default=()), max(paths, default=())
    shared = next((n for n, (a, b) in enumerate(zip(first, last, strict=False)) if a != b), min(len(first), len(last)))
    return first[:shared]
