"""Sorts a source's entries by what their names, and tables beside them, say; only tables are read."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field, replace

from core.data import names
from core.data.encodings.guess import TABLES, Guess
from core.data.encodings.tables import read_together
from core.data.instructions import NONE, Instructions
from core.data.labels.candidates import Candidate, outline_of
from core.data.labels.files import File, files_of
from core.data.labels.layout import Layout, Place, recognise
from core.data.labels.matching import Tabled, noted_by_tables, placed_by_tables
from core.data.labels.table import Table, is_table, read_table
from core.data.limits import Limits
from core.data.outline import Outline
from core.data.sources.source import BadEntry, Source

_MOST_TABLES, _MOST_WARNINGS = 50, 10
_MOST_TABLE_BYTES = 16 << 20  # text takes up to 8 times its bytes while it is read


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
        outline: where classes, splits and groups come from.
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
    outline: Outline = field(default_factory=Outline)


@dataclass(frozen=True)
class _Rules:
    """What places are found by: a pattern, tables where they decide, or folders.

    Attributes:
        layout: what the folders say; where others say the classes, only splits count.
        tabled: what the tables say that decide; None where none does.
        class_of: finds the class in a photo's path; None where there is no pattern.
        read: the tables that were read, which are no files that are left out.
    """

    layout: Layout
    tabled: Tabled | None
    class_of: Callable[[str], str] | None
    read: set[int]


def sort_entries(source: Source, instructions: Instructions = NONE) -> Sorted:
    """Sorts the entries: junk, skipped, photos with their places and groups.

    Args:
        source: where they are.
        instructions: what the user says about how they are to be read.

    Raises:
        RejectedError: a table that decides about the photos has a row that is wrong.
        DatasetError: the tables are not in the given encoding.
    """
    entries = Sorted()
    files, junk = files_of(source)
    entries.ignored, entries.others = len(junk), junk
    maybe = [file for file in files if not file.problem and names.may_be_photo(file.parts)]
    entries.n_images = len(maybe)
    layout = recognise(file.folders for file in maybe)
    tables = _tables(source, files, entries, instructions.encodings.tables)
    paths = [(file.index, file.parts) for file in maybe]
    labelled = [table for table in tables.values() if table.labelled and instructions.class_of is None]
    tabled = placed_by_tables(labelled, paths, layout.split, layout.has_classes) if labelled else None
    noted = noted_by_tables([table for table in tables.values() if not table.labelled], paths, layout.split)
    used = {*noted.used, *(tabled.used if tabled is not None else ())}
    read = {index for index, table in tables.items() if table.name in used or (tabled is not None and table.labelled)}
    _tell(entries, tables, tabled, used)
    _place_all(source, entries, files, _Rules(layout, tabled, instructions.class_of, read))
    _note(entries, noted)
    if instructions.group_of is not None:
        for photo in entries.photos:
            photo.place = replace(photo.place, group=instructions.group_of(photo.name) or photo.place.group)
    entries.outline = outline_of(source, entries.photos, layout, tabled, noted, instructions.class_pattern)
    return entries


def _tell(entries: Sorted, tables: dict[int, Table], tabled: Tabled | None, used: set[str]) -> None:
    """Notes what is to be said of the tables."""
    entries.warnings += [f"table_unused_few:{_shown(t.name)}" for t in tables.values() if t.name not in used]
    del entries.warnings[_MOST_WARNINGS:]
    if tabled is not None:
        entries.warnings += tabled.warnings
        entries.lost_rows = tabled.lost
    if not used:
        entries.tables_guess = None


def _tables(source: Source, files: list[File], entries: Sorted, encoding: str) -> dict[int, Table]:
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


def _contents(source: Source, files: list[File], entries: Sorted) -> list[tuple[File, bytes]]:
    """The files that may be tables, with their bytes, those nearest to the top first."""
    contents: list[tuple[File, bytes]] = []
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


def _place_all(source: Source, entries: Sorted, files: list[File], rules: _Rules) -> None:
    """Gives each file a place, or the reason why it is left out."""
    if rules.tabled is None and rules.class_of is None:
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


def _put(entries: Sorted, file: File, place: Place | None, reason: str, limits: Limits) -> None:
    display = names.shown(file.name, limits.max_name_bytes)
    if reason or place is None:
        entries.skipped.append((file.index, display, reason))
        entries.others.append(file.index)
        return
    entries.labels.add(place.label)
    entries.photos.append(Candidate(file.index, display, place))


def _placed(file: File, rules: _Rules) -> tuple[Place | None, str]:
    """A file's place, or why it has none."""
    if file.problem:
        return None, file.problem
    if rules.class_of is not None:
        label = rules.class_of("/".join(file.parts))
        place = Place(rules.layout.split(file.folders), label, label) if label else None
        return place, "" if place else _placeless(file, "no_class")
    if rules.tabled is None:
        place = rules.layout.place(file.folders)
        reason = "mask_folder" if rules.layout.is_mask(file.folders) else "not_in_class_folder"
        return place, "" if place else _placeless(file, reason)
    if file.index in rules.tabled.problems:
        return None, rules.tabled.problems[file.index]
    if file.index in rules.tabled.places:
        return rules.tabled.places[file.index], ""
    return None, _placeless(file, "not_in_table")


def _placeless(file: File, reason: str) -> str:
    """Why a file without a place is left out: for this reason where it may be a photo."""
    if names.may_be_photo(file.parts):
        return reason
    if names.is_camera_raw(file.parts):
        return "camera_raw"
    if names.is_placeholder(file.parts):
        return "not_downloaded"
    return "zip_inside" if names.is_zip_name(file.name) else "unsupported_format"
