"""Sorts a source's entries by what their names, and tables beside them, say; only tables are read."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field, replace

from core.data import names
from core.data.encodings.guess import TABLES, Guess
from core.data.encodings.tables import read_together
from core.data.labels.layout import Layout, Place, recognise
from core.data.labels.matching import Tabled, noted_by_tables, placed_by_tables
from core.data.labels.table import Table, is_table, read_table
from core.data.limits import Limits
from core.data.sources.source import BadEntry, Entry, Source

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
        lost_rows: rows of a table that name no photo that is there, in words.
        tables_guess: how tables were read that do not say their encoding; None where that leaves no doubt.
        warnings: code words about tables: those that were not used, and labels that are not clear.
    """

    photos: list[Candidate] = field(default_factory=list)
    others: list[int] = field(default_factory=list)
    skipped: list[tuple[int, str, str]] = field(default_factory=list)
    ignored: int = 0
    labels: set[str] = field(default_factory=set)
    n_images: int = 0
    table: str = ""
    lost_rows: str = ""
    tables_guess: Guess | None = None
    warnings: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _File:
    """An entry that is no folder and no junk.

    Attributes:
        index: of the entry in the source.
        name: of the entry.
        parts: of its path.
        problem: the skip code where its name alone says that it is left out; "" for all others.
    """

    index: int
    name: str
    parts: tuple[str, ...]
    problem: str = ""

    @property
    def folders(self) -> tuple[str, ...]:
        """The folders it lies in."""
        return self.parts[:-1]


@dataclass(frozen=True)
class _Rules:
    """What places are found by: folders; or tables where they decide, which then are no files that are left out."""

    layout: Layout
    tabled: Tabled | None
    read: set[int]


def sort_entries(source: Source, group_of: Callable[[str], str] | None = None, encoding: str = "") -> Sorted:
    """Sorts the entries: junk, skipped, photos with their places and groups.

    Args:
        source: where they are.
        group_of: finds the group in a photo's name (see `grouping.py`); it goes before what a table says.
        encoding: that of tables which do not say theirs; "" for what their letters say.

    Raises:
        RejectedError: a table that decides about the photos has a row that is wrong.
        DatasetError: the tables are not in the given encoding.
    """
    entries = Sorted()
    files = _files(source, entries)
    maybe = [file for file in files if not file.problem and names.may_be_photo(file.parts)]
    entries.n_images = len(maybe)
    layout = recognise(file.folders for file in maybe)
    tables = _tables(source, files, entries, encoding)
    paths = [(file.index, file.parts) for file in maybe]
    labelled = [table for table in tables.values() if table.labelled]
    tabled = placed_by_tables(labelled, paths, layout.split, layout.has_classes) if labelled else None
    noted = noted_by_tables([table for table in tables.values() if not table.labelled], paths, layout.split)
    used = {*noted.used, *(tabled.used if tabled is not None else ())}
    read = {index for index, table in tables.items() if table.name in used or (tabled is not None and table.labelled)}
    entries.warnings += [f"table_unused_few:{_shown(t.name)}" for t in tables.values() if t.name not in used]
    del entries.warnings[_MOST_WARNINGS:]
    if tabled is not None:
        entries.warnings += tabled.warnings
        entries.lost_rows = tabled.lost
    if not used:
        entries.tables_guess = None
    _place_all(source, entries, files, _Rules(layout, tabled, read))
    _note(entries, noted)
    if group_of is not None:
        for photo in entries.photos:
            photo.place = replace(photo.place, group=group_of(photo.name) or photo.place.group)
    return entries


def _files(source: Source, entries: Sorted) -> list[_File]:
    """The files that are no junk, with what is wrong with their names."""
    listed = [(i, entry, names.parts_of(entry.name)) for i, entry in enumerate(source.entries) if not entry.is_folder]
    junk = {index for index, _entry, parts in listed if parts and names.is_junk(parts)}
    entries.ignored = len(junk)
    entries.others += sorted(junk)
    plain = [(index, entry, parts) for index, entry, parts in listed if parts and index not in junk]
    hidden = {index for index, _entry, parts in plain if names.is_hidden(parts[:-1])}
    if len(hidden) == len(plain):  # they share a hidden folder, which is what is meant
        hidden = set()
    return [
        _File(index, entry.name, parts, _problem(entry, index in hidden, source.limits))
        for index, entry, parts in plain
    ]


def _problem(entry: Entry, hidden: bool, limits: Limits) -> str:
    """The skip code of a file that is left out whatever is in it; "" for all others."""
    if len(entry.name.encode("utf-8", "surrogatepass")) > limits.max_name_bytes:
        return "name_too_long"
    return entry.problem or ("hidden_folder" if hidden else "")


def _tables(source: Source, files: list[_File], entries: Sorted, encoding: str) -> dict[int, Table]:
    """The tables whose header is known, by their index."""
    tables: dict[int, Table] = {}
    contents = _contents(source, files, entries)
    texts, reading = read_together([content for _file, content in contents], encoding)
    entries.tables_guess = Guess.of(reading, (content for _file, content in contents), TABLES)
    for (file, _content), text in zip(contents, texts, strict=True):
        table = read_table(text, file.parts)
        if table is not None:
            tables[file.index] = table
        else:
            entries.warnings.append(f"table_unused:{_shown(file.name)}")
        if table is None or not table.labelled:
            entries.table = entries.table or file.name
    return tables


def _contents(source: Source, files: list[_File], entries: Sorted) -> list[tuple[_File, bytes]]:
    """The files that may be tables, with their bytes, those nearest to the top first."""
    contents: list[tuple[_File, bytes]] = []
    candidates = [file for file in files if is_table(file.parts) and not file.problem]
    left = _MOST_TABLE_BYTES
    for file in sorted(candidates, key=lambda file: (len(file.parts), file.index))[:_MOST_TABLES]:
        left -= source.entries[file.index].size
        if left < 0:
            entries.table = entries.table or file.name
            entries.warnings.append(f"table_unused_large:{_shown(file.name)}")
            break
        with suppress(BadEntry):
            contents.append((file, source.read(file.index)))
    return contents


def _shown(name: str) -> str:
    return names.shown(name, 120)


def _note(entries: Sorted, noted: Tabled) -> None:
    """Gives photos the splits and groups of tables without labels, which go before those that they have."""
    for photo in entries.photos:
        noted_place, own = noted.places.get(photo.index), photo.place
        if noted_place is not None:
            photo.place = replace(own, split=noted_place.split or own.split, group=noted_place.group or own.group)
    against = [photo for photo in entries.photos if photo.index in noted.problems]
    entries.photos = [photo for photo in entries.photos if photo.index not in noted.problems]
    entries.skipped += [(photo.index, photo.name, "conflicting_rows") for photo in against]
    entries.others += [photo.index for photo in against]


def _place_all(source: Source, entries: Sorted, files: list[_File], rules: _Rules) -> None:
    """Gives each file a place, or the reason why it is left out."""
    if rules.tabled is None:
        entries.labels |= _labels_of_folders(source, rules.layout)
    taken: set[str] = set()
    for file in files:
        path = "/".join(file.parts)
        if file.index not in rules.read:  # a table that was read is neither a photo nor left out
            place, reason = _placed(file, rules)
            if path in taken and not file.problem:
                reason = "duplicate_name"
            _put(entries, file, place, reason, source.limits)
        taken.add(path)
    if rules.tabled is not None:
        last = len(source.entries)
        missing = rules.tabled.missing[: source.limits.max_entries]
        entries.skipped += [(last, name, "missing_file") for name in missing]


def _labels_of_folders(source: Source, layout: Layout) -> set[str]:
    """The classes that the folders listed in a source stand for, also those that hold nothing."""
    listed = (names.parts_of(entry.name) for entry in source.entries if entry.is_folder)
    plain = (parts for parts in listed if parts and not (names.is_junk(parts) or names.is_hidden(parts)))
    return {place.label for parts in plain if (place := layout.place(parts)) is not None}


def _put(entries: Sorted, file: _File, place: Place | None, reason: str, limits: Limits) -> None:
    display = names.shown(file.name, limits.max_name_bytes)
    if reason or place is None:
        entries.skipped.append((file.index, display, reason))
        entries.others.append(file.index)
        return
    entries.labels.add(place.label)
    entries.photos.append(Candidate(file.index, display, place))


def _placed(file: _File, rules: _Rules) -> tuple[Place | None, str]:
    """A file's place, or why it has none."""
    if file.problem:
        return None, file.problem
    if rules.tabled is None:
        place = rules.layout.place(file.folders)
        return place, "" if place else _placeless(file, "not_in_class_folder")
    if file.index in rules.tabled.problems:
        return None, rules.tabled.problems[file.index]
    if file.index in rules.tabled.places:
        return rules.tabled.places[file.index], ""
    return None, _placeless(file, "not_in_table")


def _placeless(file: _File, reason: str) -> str:
    """Why a file without a place is left out: for this reason where it may be a photo."""
    if names.may_be_photo(file.parts):
        return reason
    return "zip_inside" if names.is_zip_name(file.name) else "unsupported_format"
