"""A CSV or TSV beside the photos: which file has which label, split and group.

Only tables whose header is known are read (see `header.py`), and clear lists without one (see `headerless.py`). Whether
a table counts at all, and which photo a row means, is for `matching.py` to say.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, partial
from itertools import islice
from pathlib import PurePosixPath

from core.data.labels.tables.cells import DELIMITERS, MAX_CELL, NOTHING, SPACE, records, straightened
from core.data.labels.tables.header import Columns, cell_of, columns_of, is_yes, surplus
from core.data.labels.tables.headerless import PhotoNames, columns_without_header, file_column, is_number
from core.data.labels.tables.refusals import bad_table
from core.data.labels.vocabulary import split_name, split_word
from core.data.names import class_name, may_be_photo, visible
from core.i18n import gettext as _
from core.tables import as_meant

MAX_ROWS, MAX_COLUMNS = 500_000, 2_000
ENDINGS = (".csv", ".tsv")
TEXT_ENDINGS = (".txt", ".lst", ".list")
_HEADER_BYTES = 1 << 20
_MOST_TITLES = 10  # rows with titles and remarks above the header


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
        of_split: whether it is the list of one split, which its name says and its rows do not.
        text: what is in it; "" where its first row is no header.
    """

    name: str
    labelled: bool
    folder: tuple[str, ...]
    classes: int
    files: tuple[str, ...]
    rows: Callable[[], list[Row]]
    of_split: bool = False
    text: str = ""


def is_table(parts: Sequence[str]) -> bool:
    """Whether a file is a table, by its name."""
    return parts[-1].lower().endswith(ENDINGS)


def is_plain_text(parts: Sequence[str]) -> bool:
    """Whether a file is a text, which may be a table as well, by its name."""
    return parts[-1].lower().endswith(TEXT_ENDINGS)


def read_table(
    text: str, parts: tuple[str, ...], photos: PhotoNames | None = None, with_labels: bool = True
) -> Table | None:
    """Reads a file's text as a table; None where its header is none that is known.

    Args:
        text: what is in the file.
        parts: its path.
        photos: those that a list without a header may name; None where such lists do not count.
        with_labels: whether such a list may say what the photos are, and not only their split.
    """
    text = straightened(text)
    recognised = _recognised(text, parts, photos, with_labels)
    if recognised is None:
        return None
    delimiter, columns = recognised
    reading = _Reading("/".join(parts), text, delimiter, columns, _split_in(parts[-1]))
    files: list[str] = []
    labels: set[str] = set()  # of rows that are as wide as the header
    first_pieces: set[str] = set()  # of the labels of those that are wider
    joined: Counter[str] = Counter()  # their labels, if all that is more belongs to them
    for number, cells in reading.rows():
        if number > MAX_ROWS + 1:
            break  # reading the rows will say so, where it is this table that decides
        files.append(cell_of(cells, columns.file)[:MAX_CELL])
        label = _class(cell_of(cells, columns.label)[:MAX_CELL])
        if surplus(cells, columns):
            joined[_joined(cells, columns)] += 1
            first_pieces.add(label)
        else:
            labels.add(label)
    again = {label for label, times in joined.items() if times > 1 and labels and columns.label == columns.width - 1}
    reading = replace(reading, labels=frozenset((labels or first_pieces) - {""}), joined=frozenset(again))
    classes = len(columns.classes) or len(reading.labels | reading.joined)
    of_split = not columns.labelled and columns.split == columns.group == -1
    rows = partial(lambda reading: list(_rows(reading)), reading)
    kept = text if columns.header == 1 else ""
    return Table(reading.name, columns.labelled, parts[:-1], classes, tuple(files), rows, of_split, kept)


@dataclass(frozen=True)
class _Reading:
    """How a table's rows are to be read.

    Attributes:
        name: of the table.
        text: what is in it.
        delimiter: what stands between its cells.
        columns: where what is.
        split: that in the table's name.
        labels: those of rows that are as wide as the header, or of all rows where none is.
        joined: labels with commas that several wider rows have.
    """

    name: str
    text: str
    delimiter: str
    columns: Columns
    split: str
    labels: frozenset[str] = frozenset()
    joined: frozenset[str] = frozenset()

    def rows(self) -> Iterator[tuple[int, list[str]]]:
        """The rows with their numbers, without the header."""
        rows = _data(self.text, self.delimiter, self.columns)
        if not self._labels_hold_commas:
            return rows
        return ((number, _with_label_joined(cells, self.columns)) for number, cells in rows)

    @cached_property
    def _labels_hold_commas(self) -> bool:
        """Whether all rows are wider than the header, since no label with a comma in it stands in quotation marks."""
        rows = (cells for _number, cells in _data(self.text, self.delimiter, self.columns))
        return self.columns.label >= 0 and all(_label_holds_comma(cells, self.columns) for cells in rows)


def _data(text: str, delimiter: str, columns: Columns) -> Iterator[tuple[int, list[str]]]:
    """The rows below the header, where there is one."""
    return (row for row in records(text, delimiter) if row[0] > columns.header)


def _label_holds_comma(cells: Sequence[str], columns: Columns) -> bool:
    """Whether a row is wider than the header by pieces of its label: words, with numbers, splits or a file behind."""
    pieces, behind = _around_label(cells, columns)
    fits = all(is_number(cell) or split_word(cell) or ("." in cell and may_be_photo([cell])) for cell in behind)
    return len(pieces) > 1 and fits and not any(map(is_number, pieces[1:]))


def _with_label_joined(cells: Sequence[str], columns: Columns) -> list[str]:
    """A row that is wider than the header with the pieces of its label as one cell."""
    pieces, behind = _around_label(cells, columns)
    return [*cells[: columns.label], ", ".join(pieces), *behind]


def _around_label(cells: Sequence[str], columns: Columns) -> tuple[list[str], list[str]]:
    """The pieces of a label that takes all the cells which the header does not explain, and the cells behind them."""
    texts = [cell.strip() for cell in cells]
    while len(texts) > columns.width and not texts[-1]:
        texts.pop()
    end = len(texts) - columns.width + columns.label + 1
    return texts[columns.label : end], texts[end:]


def _joined(cells: Sequence[str], columns: Columns) -> str:
    """The label of a row that is wider than the header, if it is what stands at its end."""
    return _class(", ".join([cell_of(cells, columns.label), *surplus(cells, columns)])[:MAX_CELL])


def _split_in(file: str) -> str:
    """The split in a table's own name, as in "train_labels.csv"; "" where there is none, or more than one."""
    named = split_name(PurePosixPath(file).stem)
    return named.split if named is not None else ""


def _recognised(
    text: str, parts: Sequence[str], photos: PhotoNames | None, with_labels: bool
) -> tuple[str, Columns] | None:
    """The delimiter and the columns, or None where no delimiter gives a header that is known, or a clear list."""
    delimiters = (*DELIMITERS, SPACE) if is_plain_text(parts) else DELIMITERS
    for delimiter in delimiters:
        for number, header in _headers(text, delimiter):
            columns = columns_of(header, partial(_below, text, delimiter, number))
            if columns is not None:
                return delimiter, replace(columns, header=number)
    return _list_in(text, parts, photos, with_labels) if photos is not None else None


def _list_in(text: str, parts: Sequence[str], photos: PhotoNames, with_labels: bool) -> tuple[str, Columns] | None:
    """The delimiter and the columns of a list: one that says labels, or one whose own name says a split."""
    delimiters = (*DELIMITERS, SPACE) if is_plain_text(parts) else DELIMITERS
    ways = [columns_without_header] if with_labels else []
    ways += [file_column] if _split_in(parts[-1]) else []
    for columns_in in ways:
        for delimiter in (*delimiters, NOTHING):
            columns = columns_in(partial(_cells, text, delimiter), photos)
            if columns is not None:
                return delimiter, columns
    return None


def _cells(text: str, delimiter: str) -> Iterator[list[str]]:
    """The cells of all rows."""
    return (cells for _number, cells in records(text, delimiter))


def _headers(text: str, delimiter: str) -> Iterator[tuple[int, list[str]]]:
    """The rows that may name the columns, with their numbers: the first, or the one below titles and remarks."""
    for number, cells in islice(records(text[:_HEADER_BYTES], delimiter), _MOST_TITLES + 1):
        if 2 <= len(cells) <= MAX_COLUMNS:
            yield number, cells
        is_title = cells[0].lstrip().startswith("#") or sum(bool(cell.strip()) for cell in cells) < 2
        if not is_title:
            return


def _below(text: str, delimiter: str, header: int) -> Iterator[list[str]]:
    """The cells of the rows below the header, which has this number."""
    return (cells for number, cells in records(text, delimiter) if number > header)


def _rows(reading: _Reading) -> Iterator[Row]:
    name, columns = reading.name, reading.columns
    for number, cells in reading.rows():
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
        ragged = bool(surplus(cells, columns)) and label not in reading.joined
        yield Row(number, file, label, split or reading.split, visible(as_meant(group)), problem, ragged)


def _label(cells: Sequence[str], reading: _Reading) -> tuple[str, str]:
    """The class that a row says; or "" and the skip code where it says none, or not clearly."""
    columns = reading.columns
    if columns.classes:
        marked = [label for index, label in columns.classes if is_yes(cell_of(cells, index))]
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
    if more and label not in reading.labels and _joined(cells, columns) in reading.joined:
        return _joined(cells, columns), ""
    return (label, "") if not more or label in reading.labels else ("", "ragged_row")


def _class(text: str) -> str:
    """A cell or a heading as a class, as it was before it was made harmless for a spreadsheet."""
    return class_name(as_meant(text))
