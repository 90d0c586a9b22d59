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
from core.data.sources.source import BadEntry, Source

_MOST_TABLES, _MOST_WARNINGS = 50, 10
_MOST_TABLE_BYTES = 16 << 20  # text takes up to 8 times its bytes while it is read


@dataclass(slots=True)
class Candidate:
    """An entry that may become a photo: where it is in the source, and what its name and tables say of it.

    It is no `Item` yet: which classes there are, and so a photo's label, is known only when all have been decoded.

    Attributes:
        index: of the entry in the source.
        name: of the entry, for display.
        place: its split, class and group.
        sha256: of its bytes; "" before they are read.
        n_bytes: how many those are.
    """

    index: int
    name: str
    place: Place
    sha256: str = ""
    n_bytes: int = 0


@dataclass
class Sorted:
    """What becomes of a source's entries.

    Attributes:
        photos: entries that may be photos and have a place.
        others: entries that are read only to see whether the archive lies about them.
        skipped: index, name and reason of entries left out.
        ignored: how many system files were left aside.
        labels: classes that have a folder.
        n_images: how many entries may be photos, by their names.
        table: a table that does not say what the photos are, where one was seen.
        warnings: code words about tables that were not used.
    """

    photos: list[Candidate] = field(default_factory=list)
    others: list[int] = field(default_factory=list)
    skipped: list[tuple[int, str, str]] = field(default_factory=list)
    ignored: int = 0
    labels: set[str] = field(default_factory=set)
    n_images: int = 0
    table: str = ""
    warnings: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _File:
    """An entry that is no folder, with the parts of its path."""

    index: int
    name: str
    parts: tuple[str, ...]


def sort_entries(source: Source, group_of: Callable[[str], str] | None = None) -> Sorted:
    """Sorts the entries: junk, skipped, photos with their places and groups.

    Args:
        source: where they are.
        group_of: finds the group in a photo's name (see `grouping.py`); it goes before what a table says.

    Raises:
        RejectedError: a table that decides about the photos has a row that is wrong.
    """
    entries = Sorted()
    limits = source.limits
    named = [(i, entry, names.parts_of(entry.name)) for i, entry in enumerate(source.entries)]
    files = [_File(i, entry.name, parts) for i, entry, parts in named if parts and not entry.is_folder]
    plain = [file for file in files if not names.is_junk(file.parts)]
    maybe = [file for file in plain if _fits(file.name, limits) and names.may_be_photo(file.parts)]
    layout = recognise(file.parts[:-1] for file in maybe)
    tables = _tables(source, plain, entries)
    in_folders = sum(layout.place(file.parts[:-1]) is not None for file in maybe)
    paths = [(file.index, file.parts) for file in maybe]
    labelled = [table for table in tables.values() if table.labelled]
    tabled = placed_by_tables(labelled, paths, in_folders) if labelled else None
    noted = noted_by_tables([table for table in tables.values() if not table.labelled], paths)
    used = noted.used | (tabled.used if tabled is not None else set())
    read = {index for index, table in tables.items() if table.name in used or (tabled is not None and table.labelled)}
    entries.warnings += [f"table_unused_few:{_shown(t.name)}" for t in tables.values() if t.name not in used]
    del entries.warnings[_MOST_WARNINGS:]
    for _i, entry, parts in named:
        if parts and entry.is_folder and tabled is None:
            _note_folder(entries, layout.place(parts))
    taken: set[str] = set()
    for file in files:
        _sort_file(entries, limits, file, taken, layout, tabled, read)
    if tabled is not None:
        last = len(source.entries)
        entries.skipped += [(last, name, "missing_file") for name in tabled.missing[: limits.max_entries]]
    _note(entries, noted)
    if group_of is not None:
        for photo in entries.photos:
            photo.place = replace(photo.place, group=group_of(photo.name) or photo.place.group)
    entries.n_images = len(maybe)
    return entries


def _tables(source: Source, files: list[_File], entries: Sorted) -> dict[int, Table]:
    """The tables whose header is known, by their index."""
    tables: dict[int, Table] = {}
    candidates = [file for file in files if is_table(file.parts) and _fits(file.name, source.limits)]
    left = _MOST_TABLE_BYTES
    for file in sorted(candidates, key=lambda file: (len(file.parts), file.index))[:_MOST_TABLES]:
        left -= source.entries[file.index].size
        if left < 0:
            entries.table = entries.table or file.name
            entries.warnings.append(f"table_unused_large:{_shown(file.name)}")
            break
        with suppress(BadEntry):
            table = read_table(source.read(file.index), file.parts)
            if table is not None:
                tables[file.index] = table
            else:
                entries.warnings.append(f"table_unused:{_shown(file.name)}")
            if table is None or not table.labelled:
                entries.table = entries.table or file.name
    return tables


def _shown(name: str) -> str:
    return names.shown(name, 120)


def _note(entries: Sorted, noted: Tabled) -> None:
    """Gives photos the splits and groups of tables without labels, which go before those that they have."""
    for photo in entries.photos:
        noted_place, own = noted.places.get(photo.index), photo.place
        if noted_place is not None:
            photo.place = replace(own, split=noted_place.split or own.split, group=noted_place.group or own.group)
    against = [photo for photo in entries.photos if photo.index in noted.conflicts]
    entries.photos = [photo for photo in entries.photos if photo.index not in noted.conflicts]
    entries.skipped += [(photo.index, photo.name, "conflicting_rows") for photo in against]
    entries.others += [photo.index for photo in against]


def _sort_file(
    entries: Sorted,
    limits: Limits,
    file: _File,
    taken: set[str],
    layout: Layout,
    tabled: Tabled | None,
    read: set[int],
) -> None:
    if names.is_junk(file.parts):
        entries.ignored += 1
        entries.others.append(file.index)
        return
    if file.index in read:
        return  # it was read, and is neither a photo nor left out
    display = names.shown(file.name, limits.max_name_bytes)
    path = "/".join(file.parts)
    place, reason = _placed(file, layout, tabled)
    if not _fits(file.name, limits):
        reason = "name_too_long"
    elif path in taken:
        reason = "duplicate_name"
    taken.add(path)
    if reason or place is None:
        entries.skipped.append((file.index, display, reason))
        entries.others.append(file.index)
        return
    if tabled is None:
        _note_folder(entries, place)
    entries.photos.append(Candidate(file.index, display, place))


def _placed(file: _File, layout: Layout, tabled: Tabled | None) -> tuple[Place | None, str]:
    """A file's place, or why it has none."""
    may_be_photo = names.may_be_photo(file.parts)
    if tabled is None:
        place = layout.place(file.parts[:-1])
        return place, "" if place else "not_in_class_folder" if may_be_photo else "unsupported_format"
    if file.index in tabled.conflicts:
        return None, "conflicting_rows"
    if file.index in tabled.places:
        return tabled.places[file.index], ""
    return None, "not_in_table" if may_be_photo else "unsupported_format"


def _note_folder(entries: Sorted, place: Place | None) -> None:
    if place is not None:
        entries.labels.add(place.label)


def _fits(name: str, limits: Limits) -> bool:
    return len(name.encode("utf-8", "surrogatepass")) <= limits.max_name_bytes
