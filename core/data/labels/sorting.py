"""Sorts a source's entries by what their names, and tables beside them, say; only tables are read."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field, replace

from core.data import names
from core.data.labels.layout import Layout, Place, recognise
from core.data.labels.matching import Tabled, noted_by_tables, placed_by_tables
from core.data.labels.table import Table, is_table, read_table
from core.data.limits import Limits
from core.data.sources.archive import BadEntry
from core.data.sources.source import Source

_MOST_TABLES, _MOST_WARNINGS = 50, 10
_MOST_TABLE_BYTES = 16 << 20  # text takes up to 8 times its bytes while it is read


@dataclass
class Photo:
    """An entry on its way: its index in the source, its place, and its bytes' facts once they were read."""

    index: int
    name: str
    place: Place
    group: str = ""
    sha256: str = ""
    n_bytes: int = 0


@dataclass
class Desk:
    """What has been seen so far.

    Attributes:
        photos: entries that may be photos and have a place.
        others: entries to read for their structure's sake only.
        skipped: index, name and reason of entries left out.
        ignored: how many files were nobody's.
        labels: classes that have a folder.
        n_images: how many entries may be photos, by their names.
        table: a table that does not say what the photos are, where one was seen.
        warnings: code words about tables that were not used.
    """

    photos: list[Photo] = field(default_factory=list)
    others: list[int] = field(default_factory=list)
    skipped: list[tuple[int, str, str]] = field(default_factory=list)
    ignored: int = 0
    labels: set[str] = field(default_factory=set)
    n_images: int = 0
    table: str = ""
    warnings: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _File:
    index: int
    name: str
    parts: tuple[str, ...]


def sort_entries(source: Source, group_of: Callable[[str], str] | None = None) -> Desk:
    """Sorts the entries: junk, skipped, photos with their places and groups.

    Args:
        source: where they are.
        group_of: finds the group in a photo's name (see `grouping.py`); it goes before what a table says.

    Raises:
        RejectedError: a table that decides about the photos has a row that is wrong.
    """
    desk = Desk()
    limits = source.limits
    every = [(i, entry, names.parts_of(entry.name)) for i, entry in enumerate(source.entries)]
    files = [_File(i, entry.name, parts) for i, entry, parts in every if parts and not entry.is_folder]
    plain = [file for file in files if not names.is_junk(file.parts)]
    maybe = [file for file in plain if _fits(file.name, limits) and names.may_be_photo(file.parts)]
    layout = recognise(file.parts[:-1] for file in maybe)
    tables = _tables(source, plain, desk)
    in_folders = sum(layout.place(file.parts[:-1]) is not None for file in maybe)
    paths = [(file.index, file.parts) for file in maybe]
    labelled = [table for table in tables.values() if table.labelled]
    tabled = placed_by_tables(labelled, paths, in_folders) if labelled else None
    noted = noted_by_tables([table for table in tables.values() if not table.labelled], paths)
    used = noted.used | (tabled.used if tabled is not None else set())
    read = {index for index, table in tables.items() if table.name in used or (tabled is not None and table.labelled)}
    desk.warnings += [f"table_unused_few:{_named(t.name)}" for t in tables.values() if t.name not in used]
    del desk.warnings[_MOST_WARNINGS:]
    for _i, entry, parts in every:
        if parts and entry.is_folder and tabled is None:
            _note_folder(desk, layout.place(parts))
    taken: set[str] = set()
    for file in files:
        _sort_file(desk, limits, file, taken, layout, tabled, read)
    if tabled is not None:
        last = len(source.entries)
        desk.skipped += [(last, name, "missing_file") for name in tabled.missing[: limits.max_entries]]
    _note(desk, noted)
    if group_of is not None:
        for photo in desk.photos:
            photo.group = group_of(photo.name) or photo.group
    desk.n_images = len(maybe)
    return desk


def _tables(source: Source, files: list[_File], desk: Desk) -> dict[int, Table]:
    """The tables whose header is known, by their index."""
    found: dict[int, Table] = {}
    candidates = [file for file in files if is_table(file.parts) and _fits(file.name, source.limits)]
    left = _MOST_TABLE_BYTES
    for file in sorted(candidates, key=lambda file: (len(file.parts), file.index))[:_MOST_TABLES]:
        left -= source.entries[file.index].size
        if left < 0:
            desk.table = desk.table or file.name
            desk.warnings.append(f"table_unused_large:{_named(file.name)}")
            break
        with suppress(BadEntry):
            table = read_table(source.read(file.index), file.parts)
            if table is not None:
                found[file.index] = table
            else:
                desk.warnings.append(f"table_unused:{_named(file.name)}")
            if table is None or not table.labelled:
                desk.table = desk.table or file.name
    return found


def _named(name: str) -> str:
    return names.shown(name, 120)


def _note(desk: Desk, noted: Tabled) -> None:
    """Gives photos the splits and groups of tables without labels, which go before those that they have."""
    for photo in desk.photos:
        if photo.index in noted.places:
            place, group = noted.places[photo.index]
            photo.place = replace(photo.place, split=place.split or photo.place.split)
            photo.group = group or photo.group
    against = [photo for photo in desk.photos if photo.index in noted.conflicts]
    desk.photos = [photo for photo in desk.photos if photo.index not in noted.conflicts]
    desk.skipped += [(photo.index, photo.name, "conflicting_rows") for photo in against]
    desk.others += [photo.index for photo in against]


def _sort_file(
    desk: Desk,
    limits: Limits,
    file: _File,
    taken: set[str],
    layout: Layout,
    tabled: Tabled | None,
    read: set[int],
) -> None:
    if names.is_junk(file.parts):
        desk.ignored += 1
        desk.others.append(file.index)
        return
    if file.index in read:
        return  # it was read, and is neither a photo nor left out
    display = names.shown(file.name, limits.max_name_bytes)
    path = "/".join(file.parts)
    place, group, reason = _placed(file, layout, tabled)
    if not _fits(file.name, limits):
        reason = "name_too_long"
    elif path in taken:
        reason = "duplicate_name"
    taken.add(path)
    if reason or place is None:
        desk.skipped.append((file.index, display, reason))
        desk.others.append(file.index)
        return
    if tabled is None:
        _note_folder(desk, place)
    desk.photos.append(Photo(file.index, display, place, group))


def _placed(file: _File, layout: Layout, tabled: Tabled | None) -> tuple[Place | None, str, str]:
    """A file's place and group, or why it has none."""
    may_be_photo = names.may_be_photo(file.parts)
    if tabled is None:
        place = layout.place(file.parts[:-1])
        return place, "", "" if place else "not_in_class_folder" if may_be_photo else "unsupported_format"
    if file.index in tabled.conflicts:
        return None, "", "conflicting_rows"
    if file.index in tabled.places:
        place, group = tabled.places[file.index]
        return place, group, ""
    return None, "", "not_in_table" if may_be_photo else "unsupported_format"


def _note_folder(desk: Desk, place: Place | None) -> None:
    if place is not None:
        desk.labels.add(place.label)


def _fits(name: str, limits: Limits) -> bool:
    return len(name.encode("utf-8", "surrogatepass")) <= limits.max_name_bytes
