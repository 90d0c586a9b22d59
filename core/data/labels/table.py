"""A CSV or TSV beside the photos: which file has which label, split and group.

Only tables whose header is known are read (see `header.py`). Whether a table counts at all, and which photo a row
means, is for `matching.py` to say.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import PurePosixPath

from core.data.labels.header import Columns, cell_of, columns_of, surplus
from core.data.labels.refusals import bad_table
from core.data.labels.vocabulary import split_name, split_word
from core.data.names import class_name, visible
from core.i18n import gettext as _
from core.tables import as_meant

MAX_ROWS, MAX_COLUMNS, MAX_CELL = 500_000, 2_000, 1_000
ENDINGS = (".csv", ".tsv")
_HEADER_BYTES = 1 << 20
_DELIMITERS = (",", ";", "\t", "|")


@dataclass(frozen=True, slots=True)
class Row:
    """One row.

    Attributes:
        number: as a spreadsheet shows it.
        file: the file's name.
        label: the class; "" where the table says none.
        split: the split; "" where there is none.
        group: the group; "" where there is none.
        problem: the skip code where the row does not say what the photo is; "" for all others.
        ragged: whether it has more cells than the header.
    """

    number: int
    file: str
    label: str
    split: str
    group: str
    problem: str = ""
    ragged: bool = False


@dataclass(frozen=True)
class Table:
    """A table with a known header. `rows` raises RejectedError at the first row that cannot be used.

    Attributes:
        name: its path in the source, for display.
        labelled: whether it says what the photos are; else its rows' labels are "".
        folder: the folders it lies in.
        classes: how many labels its well-written rows hold.
        files: the file named in each row, in order.
        rows: reads the rows, in the same order.
    """

    name: str
    labelled: bool
    folder: tuple[str, ...]
    classes: int
    files: tuple[str, ...]
    rows: Callable[[], list[Row]]


def is_table(parts: Sequence[str]) -> bool:
    """Whether a file may be a table, by its name."""
    return parts[-1].lower().endswith(ENDINGS)


def read_table(text: str, parts: tuple[str, ...]) -> Table | None:
    """Reads a file's text as a table; None where its header is none that is known."""
    recognised = _recognised(text)
    if recognised is None:
        return None
    name = "/".join(parts)
    delimiter, columns = recognised
    files: list[str] = []
    labels: set[str] = set()  # of rows that are as wide as the header
    for number, cells in _records(text, delimiter):
        if number == 1:
            continue
        if number > MAX_ROWS + 1:
            break  # reading the rows will say so, where it is this table that decides
        files.append(cell_of(cells, columns.file)[:MAX_CELL])
        if not surplus(cells, columns):
            labels.add(_class(cell_of(cells, columns.label)[:MAX_CELL]))
    reading = _Reading(name, text, delimiter, columns, _split_in(parts[-1]), labels - {""})
    classes = len(columns.classes) or len(reading.labels)
    return Table(name, columns.labelled, parts[:-1], classes, tuple(files), lambda: list(_rows(reading)))


@dataclass(frozen=True)
class _Reading:
    """How a table's rows are to be read: its text and columns, the split in its name, and its well-written labels."""

    name: str
    text: str
    delimiter: str
    columns: Columns
    split: str
    labels: set[str]


def _split_in(file: str) -> str:
    """The split in a table's own name, as in "train_labels.csv"; "" where there is none, or more than one."""
    named = split_name(PurePosixPath(file).stem)
    return named.split if named is not None else ""


def _records(text: str, delimiter: str) -> Iterator[tuple[int, list[str]]]:
    """The rows that are not empty, with their numbers; a quote that is never closed ends them."""
    start = text.index("\n") + 1 if text[:5].casefold() == "sep=" + delimiter and "\n" in text else 0
    reader = csv.reader(io.StringIO(text[start:], newline=""), delimiter=delimiter, skipinitialspace=True)
    number = 0
    while True:
        number += 1
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error:  # a cell of more than 128 KiB
            cells = ["x" * (MAX_CELL + 1)]
        if any(cell.strip() for cell in cells):
            yield number, cells
        elif number == 1:
            return


def _recognised(text: str) -> tuple[str, Columns] | None:
    """The delimiter and the columns, or None where no delimiter gives a header that is known."""
    for delimiter in _DELIMITERS:
        header = next((cells for _number, cells in _records(text[:_HEADER_BYTES], delimiter)), [])
        if 2 <= len(header) <= MAX_COLUMNS and (columns := columns_of(header, partial(_below, text, delimiter))):
            return delimiter, columns
    return None


def _below(text: str, delimiter: str) -> Iterator[list[str]]:
    """The cells of the rows below the header."""
    return (cells for number, cells in _records(text, delimiter) if number > 1)


def _rows(reading: _Reading) -> Iterator[Row]:
    name, columns = reading.name, reading.columns
    for number, cells in _records(reading.text, reading.delimiter):
        if number == 1:
            continue
        if number > MAX_ROWS + 1:
            raise bad_table(name, 0, _("it has more than {rows} rows. Split the photos up.").format(rows=MAX_ROWS))
        wanted = [columns.file, columns.label, columns.split, columns.group]
        file, label, word, group = (cell_of(cells, column) for column in wanted)
        if any(len(cell) > MAX_CELL for cell in (file, label, word, group)) or len(cells) > MAX_COLUMNS:
            raise bad_table(name, number, _("it is too long. Shorten it, or close its quotation marks."))
        if not file:
            raise bad_table(name, number, _("the file's name is missing."))
        label, problem = _label(cells, reading)
        split = split_word(word)
        if word and not split and not surplus(cells, columns):
            problem_text = _(
                "'{word}' is no split. Write train, val or test, or leave it empty (valid, validation, training, dev, "
                "testing, eval and the like are known, too; numbers are not)."
            )
            raise bad_table(name, number, problem_text.format(word=visible(word)[:80]))
        ragged = bool(surplus(cells, columns))
        yield Row(number, file, label, split or reading.split, visible(as_meant(group)), problem, ragged)


def _label(cells: Sequence[str], reading: _Reading) -> tuple[str, str]:
    """The class that a row says; or "" and the skip code where it says none, or not clearly."""
    columns = reading.columns
    if columns.classes:
        marked = [label for index, label in columns.classes if cell_of(cells, index).startswith("1")]
        if len(marked) > 1:
            return "", "several_labels"
        label = _class(marked[0]) if marked else ""
    else:
        label = _class(cell_of(cells, columns.label))
    if not columns.labelled or (label and columns.classes):
        return label, ""
    if not label:
        return "", "no_label"
    more = surplus(cells, columns)
    known = all(_class(text) in reading.labels for text in (label, *more))
    if more and known and columns.label == columns.width - 1:
        return "", "several_labels"
    return (label, "") if not more or label in reading.labels else ("", "ragged_row")


def _class(text: str) -> str:
    """A cell or a heading as a class, as it was before it was made harmless for a spreadsheet."""
    return class_name(as_meant(text))
