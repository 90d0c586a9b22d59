"""Sorts a source's entries by what their names, and tables beside them, say; only tables are read."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

from core.data import names
from core.data.dataset import UNNUMBERED, Item
from core.data.encodings.guess import Guess
from core.data.instructions import NONE, Instructions
from core.data.labels.candidates import PhotoCandidate, outline_of
from core.data.labels.files import File, files_of, misfit
from core.data.labels.layout import Layout, PhotoPlace, recognise
from core.data.labels.tables.matching import LeftOut, TableLabels, noted_by_tables, placed_by_tables
from core.data.labels.tables.tablefiles import TableFiles, tables_in
from core.data.limits import Limits
from core.data.outline import Outline
from core.data.sources.source import PhotoSource

_MOST_WARNINGS = 10


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
        unread_tables: spreadsheets that cannot be read.
        lost_rows: rows of a table that name no photo that is there, in words.
        tables_guess: how tables were read that do not say their encoding; None where that leaves no doubt.
        warnings: code words about tables: those that were not used, and labels that are not clear.
        outline: where classes, splits and groups come from.
        texts: what is in the tables that were used and have a header.
    """

    photos: list[PhotoCandidate] = field(default_factory=list)
    others: list[int] = field(default_factory=list)
    skipped: list[tuple[int, str, str]] = field(default_factory=list)
    ignored: int = 0
    labels: set[str] = field(default_factory=set)
    n_images: int = 0
    table: str = ""
    unread_tables: list[str] = field(default_factory=list)
    lost_rows: str = ""
    tables_guess: Guess | None = None
    warnings: list[str] = field(default_factory=list)
    outline: Outline = field(default_factory=Outline)
    texts: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class _Rules:
    """What places are found by: a pattern, tables where they decide, or folders.

    Attributes:
        layout: what the folders say; where others say the classes, only splits count.
        by_tables: what the tables say that decide; None where none does.
        class_of: finds the class in a photo's path; None where there is no pattern.
        read: the tables that were read, which are no files that are left out.
    """

    layout: Layout
    by_tables: TableLabels | None
    class_of: Callable[[str], str] | None
    read: set[int]


def sort_entries(source: PhotoSource, instructions: Instructions = NONE) -> Sorted:
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
    read_files = tables_in(source, files, maybe, instructions.encodings.tables, lists=not layout.has_classes)
    tables = read_files.tables
    paths = [(file.index, file.parts) for file in maybe]
    labelled = [table for table in tables.values() if table.labelled and instructions.class_of is None]
    others = [
        LeftOut(parts, reason)
        for file in files
        if (reason := file.problem or _placeless(file, ""))
        for parts in _known_as(file)
    ]
    by_tables = placed_by_tables(labelled, paths, layout.split, layout.has_classes, others) if labelled else None
    noted = noted_by_tables([table for table in tables.values() if not table.labelled], paths, layout.split)
    used = {*noted.used, *(by_tables.used if by_tables is not None else ())}
    read = {
        index for index, table in tables.items() if table.name in used or (by_tables is not None and table.labelled)
    }
    entries.texts = [table.text for table in tables.values() if table.name in used]
    _tell(entries, read_files, by_tables, [*used, *noted.against])
    entries.warnings += [f"table_unused_splits:{_shown(name)}" for name in noted.against]
    _place_all(source, entries, files, _Rules(layout, by_tables, instructions.class_of, read))
    _note(entries, noted)
    if instructions.group_of is not None:
        for photo in entries.photos:
            photo.place = replace(photo.place, group=instructions.group_of(photo.item.name) or photo.place.group)
    entries.outline = outline_of(source, entries.photos, layout, by_tables, noted, instructions.class_pattern)
    return entries


def _known_as(file: File) -> list[tuple[str, ...]]:
    """The paths by which tables may mean a file: its own, and that of the photo which it is the stuff of."""
    photo = names.photo_behind(file.parts)
    return [file.parts, (*file.folders, photo)] if photo else [file.parts]


def _tell(entries: Sorted, read: TableFiles, by_tables: TableLabels | None, used: Sequence[str]) -> None:
    """Notes the warnings about the tables, but those in `used`."""
    few = [table.name for table in read.tables.values() if table.name not in used]
    unused = {"_large": [read.too_large] if read.too_large else [], "": read.unknown, "_few": few}
    entries.warnings += [f"table_unused{why}:{_shown(name)}" for why, names in unused.items() for name in names]
    entries.warnings += [f"table_unread:{_shown(name)}" for name in read.unread]
    del entries.warnings[_MOST_WARNINGS:]
    entries.table, entries.unread_tables = read.unlabelled, read.unread
    if by_tables is not None:
        entries.warnings += by_tables.warnings
        entries.lost_rows = by_tables.lost
    entries.tables_guess = read.guess if used else None


def _shown(name: str) -> str:
    return names.shown(name, 120)


def _note(entries: Sorted, noted: TableLabels) -> None:
    """Gives photos the splits and groups of tables without labels, which go before those that they have."""
    for photo in entries.photos:
        noted_place, own = noted.places.get(photo.index), photo.place
        if noted_place is not None:
            photo.place = replace(own, split=noted_place.split or own.split, group=noted_place.group or own.group)
    against = [photo for photo in entries.photos if photo.index in noted.problems]
    entries.photos = [photo for photo in entries.photos if photo.index not in noted.problems]
    entries.skipped += [(photo.index, photo.item.name, "conflicting_rows") for photo in against]
    entries.others += [photo.index for photo in against]


def _place_all(source: PhotoSource, entries: Sorted, files: list[File], rules: _Rules) -> None:
    """Gives each file a place, or the reason why it is left out."""
    if rules.by_tables is None and rules.class_of is None:
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
    if rules.by_tables is not None:
        last = len(source.entries)
        missing = rules.by_tables.missing[: source.limits.max_entries]
        entries.skipped += [(last, name, "missing_file") for name in missing]


def _labels_of_folders(source: PhotoSource, layout: Layout) -> set[str]:
    """The classes that the folders listed in a source stand for, also those that hold nothing."""
    listed = (names.parts_of(entry.name) for entry in source.entries if entry.is_folder)
    plain = (parts for parts in listed if parts and not (names.is_junk(parts) or names.is_hidden(parts)))
    return {place.label for parts in plain if (place := layout.place(parts)) is not None}


def _put(entries: Sorted, file: File, place: PhotoPlace | None, reason: str, limits: Limits) -> None:
    display = names.shown(file.name, limits.max_name_bytes)
    if reason or place is None:
        entries.skipped.append((file.index, display, reason))
        entries.others.append(file.index)
        return
    entries.labels.add(place.label)
    entries.photos.append(PhotoCandidate(file.index, place, Item(display, sha256="", label=UNNUMBERED)))


def _placed(file: File, rules: _Rules) -> tuple[PhotoPlace | None, str]:
    """A file's place, or why it has none."""
    if file.problem:
        return None, file.problem
    if rules.class_of is not None:
        label = rules.class_of("/".join(file.parts))
        is_class = label == names.class_name(rules.layout.split_folder(file.folders))
        split = "" if is_class else rules.layout.split(file.folders)
        place = PhotoPlace(split, label, label) if label else None
        return place, "" if place else _placeless(file, "no_class")
    if rules.by_tables is None:
        place = rules.layout.place(file.folders)
        reason = "mask_folder" if rules.layout.is_mask(file.folders) else "not_in_class_folder"
        return place, "" if place else _placeless(file, reason)
    if file.index in rules.by_tables.problems:
        return None, rules.by_tables.problems[file.index]
    if file.index in rules.by_tables.places:
        return rules.by_tables.places[file.index], ""
    return None, _placeless(file, "not_in_table")


def _placeless(file: File, reason: str) -> str:
    """Why a file without a place is left out: for this reason where it may be a photo."""
    return reason if names.may_be_photo(file.parts) else misfit(file.parts)
