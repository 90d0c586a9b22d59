"""A CSV or TSV beside the photos: which file has which label, split and group.

Only tables whose header is known are read: a file and a label column, or a file column followed by one column of 0 and
1 for each class; or a file column with a group or a split, where folders say what the photos are.
Whether a table counts at all, and which photo a row means, is for `matching.py` to say.
"""

from __future__ import annotations

import csv
import io
import re
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath

from core.data.labels.vocabulary import split_name, split_word
from core.data.messages import bad_table
from core.data.names import class_name, visible
from core.i18n import gettext as _
from core.tables import as_meant

MAX_ROWS, MAX_COLUMNS, MAX_CELL = 500_000, 2_000, 1_000
ENDINGS = (".csv", ".tsv")
_HEADER_BYTES = 1 << 20
_FILES = (
    "filename", "file_name", "file", "image_path", "img_path", "filepath", "file_path", "path", "image_name",
    "img_name", "image_file", "imagename", "image", "img", "image_id", "imageid", "img_id", "photo", "picture", "id",
)  # fmt: skip
_LABELS = (
    "label_name", "class_name", "classname", "category_name", "label", "labels", "class", "category", "target",
    "species", "diagnosis", "dx", "breed", "disease", "type", "tag", "y",
)  # fmt: skip
_SPLITS = ("split", "set", "subset", "partition", "fold", "data_set", "dataset")
# "patient_name" and "PatientID" name a group; "patient_age" and "plant_height" do not.
_GROUP = re.compile(
    "(group|patient|subject|plant|video|clip|sequence|case|individual|specimen|participant)s?"
    "(_?(id|ids|no|nr|num|number|name|code|key|index|uid))?|(lesion|site)_?(id|no|nr|number|name|code)"
)
_YES_NO = {"0", "1", "0.0", "1.0", ""}


@dataclass(frozen=True, slots=True)
class Row:
    """One row: its number as a spreadsheet shows it, and the words that are in it, each "" where there is none."""

    number: int
    file: str
    label: str
    split: str
    group: str


@dataclass(frozen=True)
class Table:
    """A table with a known header. `rows` raises RejectedError at the first row that cannot be used.

    Attributes:
        name: its path in the source, for display.
        labelled: whether it says what the photos are; else its rows' labels are "".
        folder: the folders it lies in.
        files: the file named in each row, in order.
        rows: reads the rows, in the same order.
    """

    name: str
    labelled: bool
    folder: tuple[str, ...]
    files: tuple[str, ...]
    rows: Callable[[], list[Row]]


@dataclass(frozen=True)
class _Columns:
    """Where what is, -1 where it is not: `classes` are the one-hot columns, where there is no label column."""

    file: int
    label: int
    split: int
    group: int
    classes: tuple[tuple[int, str], ...] = ()

    @property
    def labelled(self) -> bool:
        return self.label >= 0 or bool(self.classes)


def is_table(parts: Sequence[str]) -> bool:
    """Whether a file may be a table, by its name."""
    return parts[-1].lower().endswith(ENDINGS)


def read_table(content: bytes, parts: tuple[str, ...]) -> Table | None:
    """Reads a file's bytes as a table; None where its header is none that is known."""
    text = _decoded(content)
    recognised = _recognised(text)
    if recognised is None:
        return None
    name = "/".join(parts)
    delimiter, columns = recognised
    files: list[str] = []
    for number, cells in _records(text, delimiter):
        if number == 1:
            continue
        if number > MAX_ROWS + 1:
            break  # reading the rows will say so, where it is this table that decides
        files.append(_cell(cells, columns.file)[:MAX_CELL])
    split = _split_in(parts[-1])
    return Table(
        name, columns.labelled, parts[:-1], tuple(files), lambda: list(_rows(name, text, delimiter, columns, split))
    )


def _split_in(file: str) -> str:
    """The split in a table's own name, as in "train_labels.csv"; "" where there is none, or more than one."""
    named = split_name(PurePosixPath(file).stem)
    return named.split if named is not None else ""


def _decoded(content: bytes) -> str:
    if content[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return content.decode("utf-16", "replace")
    for encoding in ("utf-8-sig", "cp1252"):
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            continue
    return content.decode("latin-1")


def _records(text: str, delimiter: str) -> Iterator[tuple[int, list[str]]]:
    """The rows that are not empty, with their numbers; a quote that is never closed ends them."""
    start = text.index("\n") + 1 if text[:5].casefold() == "sep=" + delimiter and "\n" in text else 0
    reader = csv.reader(io.StringIO(text[start:], newline=""), delimiter=delimiter)
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


def _recognised(text: str) -> tuple[str, _Columns] | None:
    """The delimiter and the columns, or None where no delimiter gives a header that is known."""
    for delimiter in (",", ";", "\t"):
        header = next((cells for _number, cells in _records(text[:_HEADER_BYTES], delimiter)), [])
        if 2 <= len(header) <= MAX_COLUMNS and (columns := _columns(header, text, delimiter)):
            return delimiter, columns
    return None


def _columns(header: Sequence[str], text: str, delimiter: str) -> _Columns | None:
    words = [re.sub(r"[^a-z0-9]+", "_", unicodedata.normalize("NFKC", cell).casefold()).strip("_") for cell in header]
    place = {word: index for index, word in reversed(list(enumerate(words)))}
    file, label, split = (_first(place, known) for known in (_FILES, _LABELS, _SPLITS))
    if file < 0:
        return None
    group = next((i for i, word in enumerate(words) if i not in (file, label, split) and _GROUP.fullmatch(word)), -1)
    splits = split >= 0 and _all(text, delimiter, split, lambda word: not word or bool(split_word(word)))
    if split >= 0 and words[split] == "fold" and not splits:
        split = -1  # numbers of a cross-validation
    if label >= 0:
        return _Columns(file, label, split, group)
    others = [i for i in range(len(header)) if i not in (file, split, group)]
    if file == 0 and len(others) >= 2 and _all_yes_no(text, delimiter, others):
        return _Columns(file, -1, split, group, tuple((i, header[i]) for i in others))
    split = split if splits else -1  # beside folders that say enough, "dataset" may mean anything
    return _Columns(file, -1, split, group) if split >= 0 or group >= 0 else None


def _first(place: dict[str, int], known: Sequence[str]) -> int:
    return next((place[word] for word in known if word in place), -1)


def _all(text: str, delimiter: str, column: int, fits: Callable[[str], bool]) -> bool:
    return all(fits(_cell(cells, column)) for number, cells in _records(text, delimiter) if number > 1)


def _all_yes_no(text: str, delimiter: str, columns: Sequence[int]) -> bool:
    rows = [number for number, cells in _records(text, delimiter) if number > 1 and _yes_no(cells, columns)]
    return bool(rows) and len(rows) == sum(number > 1 for number, _cells in _records(text, delimiter))


def _yes_no(cells: Sequence[str], columns: Sequence[int]) -> bool:
    return all(_cell(cells, column) in _YES_NO for column in columns)


def _cell(cells: Sequence[str], column: int) -> str:
    return cells[column].strip() if 0 <= column < len(cells) else ""


def _rows(name: str, text: str, delimiter: str, columns: _Columns, split: str) -> Iterator[Row]:
    for number, cells in _records(text, delimiter):
        if number == 1:
            continue
        if number > MAX_ROWS + 1:
            raise bad_table(name, 0, _("it has more than {rows} rows. Split the photos up.").format(rows=MAX_ROWS))
        wanted = [columns.file, columns.label, columns.split, columns.group]
        file, label, word, group = (_cell(cells, column) for column in wanted)
        if any(len(cell) > MAX_CELL for cell in (file, label, word, group)) or len(cells) > MAX_COLUMNS:
            raise bad_table(name, number, _("it is too long. Shorten it, or close its quotation marks."))
        if not file:
            raise bad_table(name, number, _("the file's name is missing."))
        if columns.classes:
            label = _one_hot(name, number, cells, columns)
        if columns.labelled and not class_name(label):
            raise bad_table(name, number, _("the label of '{file}' is missing.").format(file=visible(file)))
        if word and not split_word(word):
            problem = _(
                "'{word}' is no split. Write train, val or test, or leave it empty (valid, validation, training, dev, "
                "testing, eval and the like are known, too; numbers are not)."
            )
            raise bad_table(name, number, problem.format(word=visible(word)[:80]))
        split_of_row = split_word(word) or split
        yield Row(number, file, class_name(as_meant(label)), split_of_row, visible(as_meant(group)))


def _one_hot(name: str, number: int, cells: Sequence[str], columns: _Columns) -> str:
    marked = [label for index, label in columns.classes if _cell(cells, index).startswith("1")]
    if len(marked) > 1:
        problem = _("it marks {count} classes. Each photo can have one.").format(count=len(marked))
        raise bad_table(name, number, problem)
    return marked[0] if marked else ""
