"""Which photo each row of the tables means, and what the rows say of it (`paths.py` compares the paths)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

from core.data.labels.layout import PhotoPlace
from core.data.labels.tables.headerless import contradict, telling
from core.data.labels.tables.multilabel import comma_label, joined_label
from core.data.labels.tables.paths import Match, Parts, PhotoPaths, settled
from core.data.labels.tables.refusals import bad_table, lost_rows
from core.data.labels.tables.table import Row, Table
from core.data.messages import skip_text
from core.data.names import parts_of, shown, visible
from core.errors import RejectedError
from core.i18n import gettext as _

SplitOf = Callable[[Parts], str]
_SHOWN = 120


@dataclass
class TableLabels:
    """What tables say.

    Attributes:
        places: for each photo's index its place; from tables without labels, only split and group count.
        problems: the skip codes of photos whose rows do not say what they are.
        missing: files named in rows that are no photo that is there.
        lost: those rows in words, of the first table that has any.
        used: the names of the tables that name photos.
        split_tables: the names of those that say splits, by split.
        group_tables: the names of those that say groups.
        warnings: code words.
        against: the names of lists of splits that are not used, since they say other splits than others.
    """

    places: dict[int, PhotoPlace] = field(default_factory=dict)
    problems: dict[int, str] = field(default_factory=dict)
    missing: list[str] = field(default_factory=list)
    lost: str = ""
    used: list[str] = field(default_factory=list)
    split_tables: dict[str, list[str]] = field(default_factory=dict)
    group_tables: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    against: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A file that is left out whatever a table says of it: its path, and the skip code."""

    parts: Parts
    reason: str


@dataclass(frozen=True)
class _Matched:
    """For each row of a table the photos that it may mean."""

    table: Table
    rows: list[Match]

    @cached_property
    def named(self) -> set[int]:
        """The photos that any row may mean."""
        return {photo for match in self.rows for photo in match.photos}

    @property
    def is_clear(self) -> bool:
        """Whether no row may mean several photos."""
        return all(len(match.photos) < 2 for match in self.rows)

    @cached_property
    def split(self) -> str:
        """The split in the table's name, which all rows of a list of one split have."""
        return next((row.split for row in self.table.rows()), "")


@dataclass(frozen=True)
class _Photos:
    """The photos that tables may be about: their paths, and the split that their folders say.

    Attributes:
        paths: those of the photos.
        split_of: the split that folders say.
        others: files that are left out whatever a table says of them, with the reason.
    """

    paths: PhotoPaths
    split_of: SplitOf
    others: Sequence[LeftOut] = ()

    @cached_property
    def _other_paths(self) -> PhotoPaths:
        return PhotoPaths([(number, other.parts) for number, other in enumerate(self.others)])

    def left_out(self, file: str, folder: Parts) -> str:
        """Why the file that a row names is left out, as a skip code; "" where there is no such file."""
        match = self._other_paths.find(parts_of(file), folder) if self.others and parts_of(file) else Match()
        return self.others[match.photos[0]].reason if match.photos else ""

    def split(self, photo: int) -> str:
        """The split that a photo's folders say."""
        return self.split_of(self.paths.paths[photo][:-1])


def placed_by_tables(
    tables: Sequence[Table],
    photos: Sequence[tuple[int, Parts]],
    split_of: SplitOf,
    has_classes: bool,
    others: Sequence[LeftOut] = (),
) -> TableLabels | None:
    """Reads tables for `photos` (index and path), or None where folders decide.

    Tables decide where they name most photos, or any where folders cannot be classes. One that gives all photos the
    same label never goes before folders that can.

    Args:
        tables: those with labels.
        photos: what they may be about.
        split_of: the split that a photo's folders say.
        has_classes: whether folders can be classes.
        others: files that are left out whatever a table says of them.

    Raises:
        RejectedError: a row of a table that decides is wrong; names the table, the row and what is wrong.
    """
    known = _Photos(PhotoPaths(photos), split_of, others)
    matched = [_matched(table, known) for table in tables]
    matched = _telling(matched if has_classes else [_numbered(table, known) for table in matched], has_classes)
    named = set[int]().union(*(table.named for table in matched))
    if photos and matched and not named and not has_classes:
        raise _names_nothing(matched[0], known)
    if not named or (2 * len(named) < len(photos) and has_classes):
        return None
    result = _all_read(matched, known)
    if all(photo in result.problems for photo in result.places):
        raise bad_table(result.used[0], 0, _no_label_left(result))
    result.warnings += _label_warnings(result)
    return result


def _names_nothing(matched: _Matched, known: _Photos) -> RejectedError:
    """The refusal of a table none of whose rows names a photo; what they name may be there and be no photo to read."""
    table, lost = matched.table, _row_numbers(matched)
    for number, file in lost:
        reason = known.left_out(file, table.folder)
        if reason:
            return bad_table(table.name, number, f"'{shown(file, _SHOWN)}': {skip_text(reason)}")
    return bad_table(table.name, 0, lost_rows(lost, len(table.files)))


def _telling(matched: list[_Matched], has_classes: bool) -> list[_Matched]:
    """The tables that tell photos apart; those that give all the same label count only where nothing else does."""
    several = [table for table in matched if table.table.classes > 1]
    return several if has_classes or any(table.named for table in several) else matched


def noted_by_tables(tables: Sequence[Table], photos: Sequence[tuple[int, Parts]], split_of: SplitOf) -> TableLabels:
    """What tables without labels say about `photos`: splits and groups.

    Only those that name half of them are used, and the lists of splits, unless these contradict each other.

    Raises:
        RejectedError: as `placed_by_tables`.
    """
    if not tables:
        return TableLabels()
    known = _Photos(PhotoPaths(photos), split_of)
    matched = [_matched(table, known) for table in tables]
    lists = [table for table in matched if table.table.of_split and table.is_clear]
    of_half = [table for table in matched if not table.table.of_split and 2 * len(table.named) >= len(photos)]
    if contradict([(table.split, table.named) for table in lists]):
        return replace(_all_read(of_half, known), against=[table.table.name for table in lists])
    result = _all_read([*of_half, *(lists[n] for n in telling([table.named for table in lists]))], known)
    result.used = list(dict.fromkeys([*result.used, *(table.table.name for table in lists)]))
    return result


def _all_read(matched: Sequence[_Matched], known: _Photos) -> TableLabels:
    result = TableLabels()
    for table in matched:
        if table.named:
            result.used.append(table.table.name)
            _read(table, known, result)
    return result


def _matched(table: Table, known: _Photos) -> _Matched:
    parts = [parts_of(file) for file in table.files]
    matches = [known.paths.find(path, table.folder) if path else Match() for path in parts]
    return _Matched(table, settled((_below_table(table, match, known) for match in matches), known.paths))


def _numbered(matched: _Matched, known: _Photos) -> _Matched:
    """A table none of whose rows names a photo, by the numbers in it: a spreadsheet makes 7 or 7.0 of 007."""
    by_number = replace(matched, rows=[known.paths.numbered(file) for file in matched.table.files])
    return by_number if by_number.is_clear and not matched.named else matched


def _below_table(table: Table, match: Match, known: _Photos) -> Match:
    """Of several photos those that lie below the table's folder, where there are such."""
    if len(match.photos) < 2 or not table.folder:
        return match
    inside = [photo for photo in match.photos if known.paths.paths[photo][: len(table.folder)] == table.folder]
    return replace(match, photos=tuple(inside or match.photos))


def _row_numbers(matched: _Matched) -> list[tuple[int, str]]:
    """The rows that name no photo that is there, with the files that they name."""
    rows = zip(matched.table.rows(), matched.rows, strict=True)
    return [(row.number, row.file) for row, match in rows if not match.photos]


def _read(matched: _Matched, known: _Photos, result: TableLabels) -> None:
    """Goes through a table's rows and notes what they say of photos; the first row about a photo counts."""
    table = matched.table
    lost: list[tuple[int, str]] = []
    ragged: list[int] = []
    for row, match in zip(table.rows(), matched.rows, strict=True):
        if not match.photos:
            if not known.left_out(row.file, table.folder):  # else it has its own reason
                lost.append((row.number, row.file))
            continue
        photo = _photo_of(table, row, match.photos, known)
        ragged += [row.number] if row.ragged else []
        _note_row(result, table, row, photo, known)
    result.missing += [shown(file, 255) for _number, file in lost]
    result.lost = result.lost or (f"'{shown(table.name, _SHOWN)}': {lost_rows(lost, len(table.files))}" if lost else "")
    if ragged:
        result.warnings.append(f"ragged_rows:{shown(table.name, _SHOWN)}, {ragged[0]}")


def _note_row(result: TableLabels, table: Table, row: Row, photo: int, known: _Photos) -> None:
    """Notes what a row says of a photo; what it says against an earlier row makes the photo one without a place."""
    if row.problem:
        result.problems.setdefault(photo, row.problem)
        return
    if row.split and table.name not in result.split_tables.setdefault(row.split, []):
        result.split_tables[row.split].append(table.name)
    if row.group and table.name not in result.group_tables:
        result.group_tables.append(table.name)
    split = row.split or (known.split(photo) if table.labelled else "")
    place = PhotoPlace(split, row.label, row.label, group=row.group)
    earlier = result.places.setdefault(photo, place)
    if earlier != place and result.problems.get(photo) != "conflicting_rows":
        result.problems[photo] = "conflicting_rows"
        if earlier.label != place.label and not any(w.startswith("several_rows:") for w in result.warnings):
            result.warnings.append(f"several_rows:{shown(row.file, _SHOWN)}")


def _photo_of(table: Table, row: Row, photos: Sequence[int], known: _Photos) -> int:
    """The photo that a row means: where there are several, the one written just so, or in the row's split or class."""
    paths = known.paths.paths
    tests: list[Callable[[int], bool]] = [
        lambda photo: paths[photo][-1] == parts_of(row.file)[-1],
        lambda photo: known.split(photo) == row.split != "",
        lambda photo: row.label != "" and row.label in paths[photo][:-1],
    ]
    for fits in tests:
        if len(photos) > 1:
            photos = [photo for photo in photos if fits(photo)] or photos
    if len(photos) > 1:
        first, second = ("/".join(paths[photo]) for photo in photos[:2])
        problem = _(
            "'{file}' may be any of several photos, such as '{first}' and '{second}'. Write their folders, too."
        )
        raise bad_table(
            table.name,
            row.number,
            problem.format(file=visible(row.file)[:_SHOWN], first=shown(first, _SHOWN), second=shown(second, _SHOWN)),
        )
    return photos[0]


def _no_label_left(result: TableLabels) -> str:
    """Why tables that name photos leave none with a label."""
    if {"conflicting_rows", "several_labels"} & set(result.problems.values()):
        return _("it says several labels for each photo, which is not supported yet. Decide for one label a photo.")
    return _("none of its rows says the label of a photo that is there.")


def _label_warnings(result: TableLabels) -> list[str]:
    """The warnings where labels seem to be several at once, which no photo can have yet."""
    labels = {place.label for photo, place in result.places.items() if photo not in result.problems}
    warnings = []
    if "several_labels" in result.problems.values():
        warnings.append(f"several_marks:{sum(code == 'several_labels' for code in result.problems.values())}")
    joined = joined_label(labels)
    if joined:
        warnings.append(f"several_labels:{shown(joined, _SHOWN)}")
    comma = comma_label(labels)
    if comma and not joined:
        warnings.append(f"comma_labels:{shown(comma, _SHOWN)}")
    return warnings
