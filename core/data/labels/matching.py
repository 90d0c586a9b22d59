"""Which photo each row of the tables means.

A row may name its file with or without folders (those of another machine, even), with or without the ending. For each
table the reading under which most rows name a photo is taken, and it is the same for all its rows. Every step is a
look-up, so that large tables and hostile ones take time in proportion to their size.
"""

from __future__ import annotations

import unicodedata
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import PurePosixPath

from core.data.labels.layout import Place
from core.data.labels.table import Row, Table
from core.data.messages import bad_table
from core.data.names import EXTENSIONS, parts_of, shown, visible
from core.i18n import gettext as _

Parts = tuple[str, ...]
SplitOf = Callable[[Parts], str]
_MOST_DROPPED = 5  # folders of another machine
_DEEPEST = 6  # parts of a name that are compared
_SAMPLE = 5_000  # rows at most that the reading is chosen by
_MANY = 50  # photos of one name, more than which no row can mean


@dataclass
class Tabled:
    """What tables say.

    Attributes:
        places: for each photo's index its place; from tables without labels, only split and group count.
        missing: files named in rows that are no photo that is there.
        conflicts: photos that rows contradict each other about.
        used: the names of the tables that name photos.
    """

    places: dict[int, Place] = field(default_factory=dict)
    missing: list[str] = field(default_factory=list)
    conflicts: set[int] = field(default_factory=set)
    used: set[str] = field(default_factory=set)


@dataclass(frozen=True)
class _Matched:
    """For each row of a table the photos that it may mean."""

    table: Table
    photos: tuple[tuple[int, ...], ...]

    @property
    def named(self) -> set[int]:
        """The photos that any row may mean."""
        return {photo for candidates in self.photos for photo in candidates}


def placed_by_tables(
    tables: Sequence[Table], photos: Sequence[tuple[int, Parts]], split_of: SplitOf, has_classes: bool
) -> Tabled | None:
    """Reads tables for `photos` (index and path), or None where folders decide.

    Tables decide where they name most photos, or any where folders cannot be classes.

    Args:
        tables: those with labels.
        photos: what they may be about.
        split_of: the split that a photo's folders say.
        has_classes: whether folders can be classes.

    Raises:
        RejectedError: a row of a table that decides is wrong; names the table, the row and what is wrong.
    """
    index = _Index(photos, split_of)
    matched = [_matched(table, index) for table in tables]
    named = set().union(*(table.named for table in matched))
    if photos and not named and not has_classes:
        raise bad_table(tables[0].name, 0, _("none of its rows names a photo that is there."))
    if not named or (2 * len(named) < len(photos) and has_classes):
        return None
    return _all_read(matched, index)


def noted_by_tables(tables: Sequence[Table], photos: Sequence[tuple[int, Parts]], split_of: SplitOf) -> Tabled:
    """What tables without labels say about `photos`: splits and groups. Only those that name half of them are used.

    Raises:
        RejectedError: as `placed_by_tables`.
    """
    index = _Index(photos, split_of)
    matched = [_matched(table, index) for table in tables]
    return _all_read([table for table in matched if 2 * len(table.named) >= len(photos)], index)


def _all_read(matched: Sequence[_Matched], index: _Index) -> Tabled:
    result = Tabled()
    for table in matched:
        if table.named:
            result.used.add(table.table.name)
            _read(table, index, result)
    return result


class _Index:
    """The photos by the ends of their paths, built for the lengths that are asked for."""

    def __init__(self, photos: Sequence[tuple[int, Parts]], split_of: SplitOf) -> None:
        self.paths = dict(photos)
        self._split_of = split_of
        self._by_end: dict[tuple[int, bool], dict[str, list[int]]] = {}

    def split(self, photo: int) -> str:
        """The split that a photo's folders say."""
        return self._split_of(self.paths[photo][:-1])

    def find(self, key: str, parts: int, bare: bool) -> list[int]:
        """The photos whose last `parts` parts, without the ending where `bare`, are `key`."""
        if (parts, bare) not in self._by_end:
            by_end: dict[str, list[int]] = defaultdict(list)
            for photo, path in self.paths.items():
                if len(path) >= parts:
                    by_end[_key(path[-parts:], bare)].append(photo)
            self._by_end[parts, bare] = dict(by_end)
        return self._by_end[parts, bare].get(key, [])


def _key(parts: Sequence[str], bare: bool) -> str:
    """What is compared: case and the ways to write an accent do not count."""
    text = "/".join(parts)
    if bare and PurePosixPath(text).suffix.lower() in EXTENSIONS:
        text = text[: len(text) - len(PurePosixPath(text).suffix)]
    return unicodedata.normalize("NFC", text).casefold()


def _matched(table: Table, index: _Index) -> _Matched:
    """The photos that each row means, in the reading of the file column under which most photos are named."""
    names = [parts_of(file) for file in table.files]
    possible = [row for row, parts in enumerate(names) if parts and index.find(_key(parts[-1:], True), 1, True)]
    meant: list[tuple[int, ...]] = [()] * len(names)
    step = -(-len(possible) // _SAMPLE) or 1
    dropped, bare = _reading(table, [names[row] for row in possible[::step]], index)
    for row in possible:
        meant[row] = _meant(table, names[row][dropped:], index, bare)
    return _Matched(table, tuple(meant))


def _reading(table: Table, names: Sequence[Parts], index: _Index) -> tuple[int, bool]:
    """How many folders to leave off and whether to leave off the ending; the plainest of equally good readings."""
    deepest = max(map(len, names), default=0)
    best, most = (0, False), 0
    for dropped in range(min(deepest, _MOST_DROPPED + 1)):
        for bare in (False, True):
            meant = [_meant(table, parts[dropped:], index, bare) for parts in names]
            hits = len({photo for photos in meant for photo in photos})
            if hits > most:
                best, most = (dropped, bare), hits
                if all(meant):
                    return best
    return best


def _meant(table: Table, parts: Parts, index: _Index, bare: bool) -> tuple[int, ...]:
    """The photos that a name may mean: those below the table's own folder, else any."""
    parts = parts[-_DEEPEST:]
    if not parts:
        return ()
    photos = index.find(_key(parts, bare), len(parts), bare)
    if 1 < len(photos) <= _MANY:
        inside = [photo for photo in photos if index.paths[photo][: len(table.folder)] == table.folder]
        beside = [photo for photo in inside if index.paths[photo] == (*table.folder, *parts)]
        photos = beside or inside or photos
    return tuple(photos[: _MANY + 1])


def _read(matched: _Matched, index: _Index, result: Tabled) -> None:
    """Goes through a table's rows and notes what they say of photos; the first row about a photo counts."""
    table = matched.table
    for row, candidates in zip(table.rows(), matched.photos, strict=True):
        if not candidates:
            result.missing.append(shown(row.file, 255))
            continue
        photo = _meant_by_row(table, row, candidates, index)
        split = row.split or (index.split(photo) if table.labelled else "")
        place = Place(split, row.label, row.label, group=row.group)
        if result.places.setdefault(photo, place) != place:
            result.conflicts.add(photo)


def _meant_by_row(table: Table, row: Row, candidates: tuple[int, ...], index: _Index) -> int:
    """The photo that a row means: where there are several, the one written just so, or in the row's split."""
    if len(candidates) > 1:
        exact = [p for p in candidates if index.paths[p][-1] == parts_of(row.file)[-1]]
        candidates = tuple(exact or candidates)
    if len(candidates) > 1 and row.split:
        candidates = tuple(p for p in candidates if index.split(p) == row.split) or candidates
    if len(candidates) > 1:
        problem = _("'{file}' may be any of several photos. Write their folders, too.")
        raise bad_table(table.name, row.number, problem.format(file=visible(row.file)[:120]))
    return candidates[0]
