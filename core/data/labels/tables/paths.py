"""Which photos a path in a table may mean: those whose own paths share its longest ending.

The path may be one of another machine, with more folders or others than there are here, and with another ending or
none. Case and the ways to write an accent do not count. Every step is a look-up, so that large tables and hostile ones
take time in proportion to their size.
"""

from __future__ import annotations

import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import takewhile

from core.data.names import without_ending

Parts = tuple[str, ...]
_DEEPEST = 12  # parts of a path that are compared
_LONGEST_NUMBER = 20
_MANY = 50  # photos of one name, more than which no row can mean


@dataclass(frozen=True, slots=True)
class Match:
    """The photos that a path may mean, all equally well.

    Attributes:
        photos: their indices; more than one where the path does not tell.
        shared: how many folders they share with the path, from the end.
        whole: whether no folder contradicts: the path's or the photo's are all shared.
        exact: whether the file's name is the photo's, with its ending or without any.
    """

    photos: tuple[int, ...] = ()
    shared: int = 0
    whole: bool = True
    exact: bool = True


class PhotoPaths:
    """The photos by their paths and by the ends of these.

    Attributes:
        paths: the path of each photo, by its index.
    """

    def __init__(self, photos: Sequence[tuple[int, Parts]]) -> None:
        self.paths = dict(photos)
        self._by_end: dict[tuple[int, bool], dict[str, list[int]]] = {}  # built for the lengths that are asked for
        self._by_path = {bare: self._indexed(0, bare) for bare in (False, True)}

    def find(self, path: Parts, folder: Parts = ()) -> Match:
        """The photos that share the longest ending with a path; none where there is none of its name.

        Args:
            path: the folders and the file.
            folder: where the table lies: what is just where the path says, seen from there, is meant before all others.
        """
        path = path[-_DEEPEST:]
        exact = self._beside(path, folder, bare=False) or self._match(path, bare=False)
        if exact.photos and exact.whole:
            return exact
        bare = self._beside(path, folder, bare=True) or self._match(path, bare=True)
        return bare if not exact.photos or bare.shared > exact.shared else exact

    def numbered(self, name: str) -> Match:
        """The photo whose name is the number that a table's cell holds, as 7 or 7.0 for "007.jpg"."""
        photos = self._by_number.get(_number(name), [])
        return Match(tuple(photos[: _MANY + 1]))

    @cached_property
    def _by_number(self) -> dict[int, list[int]]:
        """The photos whose names are numbers, by these."""
        index: dict[int, list[int]] = defaultdict(list)
        for photo, path in self.paths.items():
            number = _number(without_ending(path[-1]))
            if number >= 0:
                index[number].append(photo)
        return dict(index)

    def _beside(self, path: Parts, folder: Parts, bare: bool) -> Match | None:
        photos = self._by_path[bare].get(_key((*folder, *path), bare))
        exact = not bare or _is_bare(path)
        return Match(tuple(photos[: _MANY + 1]), len(path) - 1, exact=exact) if photos else None

    def _match(self, path: Parts, bare: bool) -> Match:
        photos, parts = self._longest(path, bare)
        whole = photos if len(path) == parts else self._by_path[bare].get(_key(path[-parts:], bare), [])
        return Match(tuple((whole or photos)[: _MANY + 1]), parts - 1, bool(whole), not bare or _is_bare(path))

    def _longest(self, path: Parts, bare: bool) -> tuple[list[int], int]:
        """The photos that share most parts with a path, and how many those are."""
        photos, parts = self._ending(path, 1, bare), 1
        while len(photos) > 1 and parts < len(path):
            closer = self._ending(path, parts + 1, bare)
            if not closer:
                break
            photos, parts = closer, parts + 1
        if len(photos) == 1:
            own = self.paths[photos[0]]
            pairs = zip(reversed(own[:-parts]), reversed(path[:-parts]), strict=False)
            parts += sum(1 for _pair in takewhile(lambda pair: _folded(pair[0]) == _folded(pair[1]), pairs))
        return photos, parts

    def _ending(self, path: Parts, parts: int, bare: bool) -> list[int]:
        if (parts, bare) not in self._by_end:
            self._by_end[parts, bare] = self._indexed(parts, bare)
        return self._by_end[parts, bare].get(_key(path[-parts:], bare), [])

    def _indexed(self, parts: int, bare: bool) -> dict[str, list[int]]:
        """The photos by their last parts, by all of them where `parts` is 0."""
        index: dict[str, list[int]] = defaultdict(list)
        for photo, path in self.paths.items():
            if len(path) >= parts:
                index[_key(path[-parts:], bare)].append(photo)
        return dict(index)


def settled(matches: Iterable[Match], paths: PhotoPaths) -> list[Match]:
    """The matches of a table's paths without those that others contradict.

    A path whose folders are not the photo's means it only where no other path fits that photo's folder better, and one
    that ends otherwise only where no other path has its very name: they mean photos that are not here.
    """
    matches = list(matches)
    best: dict[Parts, int] = defaultdict(int)
    named: set[int] = set()
    for match in matches:
        for photo in match.photos:
            folder = paths.paths[photo][:-1]
            best[folder] = max(best[folder], match.shared)
            if match.exact:
                named.add(photo)
    return [match if _holds(match, paths, best, named) else Match() for match in matches]


def _holds(match: Match, paths: PhotoPaths, best: dict[Parts, int], named: set[int]) -> bool:
    if not match.photos or (match.whole and match.exact):
        return True
    closest = match.whole or match.shared >= max(best[paths.paths[photo][:-1]] for photo in match.photos)
    return closest and (match.exact or not any(photo in named for photo in match.photos))


def _number(name: str) -> int:
    """The whole number that a name is, with zeros before it or ".0" behind it; -1 where it is none."""
    digits, _point, zeros = name.partition(".")
    whole = digits.isascii() and digits.isdecimal() and len(digits) <= _LONGEST_NUMBER and not zeros.strip("0")
    return int(digits) if whole else -1


def _is_bare(path: Parts) -> bool:
    """Whether a path has no photo's ending."""
    return _key(path[-1:], True) == _key(path[-1:], False)


def _key(parts: Sequence[str], bare: bool) -> str:
    text = "/".join(parts)
    return _folded(without_ending(text) if bare else text)


def _folded(text: str) -> str:
    """What is compared: case and the ways to write an accent do not count."""
    return text.lower() if text.isascii() else unicodedata.normalize("NFC", text).casefold()
