"""What a table's first row says: where the file is, and where its label, split and group.

A header is known where it names a file and a label column, or a file column followed by one column of 0 and 1 for each
class; or a file column with a group or a split, where folders say what the photos are.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from core.data.labels.languages import FILE_COLUMNS, LABEL_COLUMNS, SPLIT_COLUMNS, plain
from core.data.labels.vocabulary import split_word
from core.data.names import may_be_photo

Cells = Sequence[str]

# Names of columns are compared in small letters and without what is between words; the first that is there is taken.
_FILES = (
    "filename", "file", "imagepath", "imgpath", "filepath", "path", "imagename", "imgname", "imagefile",
    "imagefilename", "imgfile", "fname", "relativepath", "relpath", "photoname", "photopath", "picturename", "image",
    "img", "imageid", "imgid", "photo", "photoid", "picture", "idcode", "imagecode", *FILE_COLUMNS, "name",
    "names", "id",
)  # fmt: skip
_FILE = re.compile(
    "(full|abs|absolute|rel|relative)?(image|img|photo|picture|pic|file|bild|datei|foto|imagen|archivo|fichier)s?"
    "(file|files|datei)?(name|names|path|paths|id|ids|url|urls|uri|link|pfad)?"
)
_LABELS = (
    "labelname", "classname", "categoryname", "label", "class", "category", "target", "classlabel", "truelabel",
    "groundtruth", "annotation", "species", "diagnosis", "dx", "breed", "disease", "findinglabels", "type", "tag",
    "classid", "labelid", "y", *LABEL_COLUMNS,
)  # fmt: skip
_LABEL = re.compile(".*(class|classes|label|labels|category|categories|klasse|kategorie|etikett|clase|classe)|.*tags")
_SPLITS = (
    "split", "set", "subset", "partition", "fold", "data_set", "dataset", "data_split", "split_name", "phase", "usage",
    *SPLIT_COLUMNS,
)  # fmt: skip
# "patient_name" and "PatientID" name a group; "patient_age" and "plant_height" do not.
_GROUP = re.compile(
    "(group|patient|subject|plant|video|clip|sequence|case|individual|specimen|participant)s?"
    "(_?(id|ids|no|nr|num|number|name|code|key|index|uid))?|(lesion|site)_?(id|no|nr|number|name|code)"
)
_YES, _NO = {"1", "1.0", "true", "yes"}, {"0", "0.0", "false", "no", ""}


@dataclass(frozen=True)
class Columns:
    """Where what is, -1 where it is not.

    Attributes:
        width: how many columns there are.
        file: the file's name.
        label: the class.
        split: the split.
        group: the group.
        classes: the one-hot columns and their classes, where there is no label column.
        header: the number of the row that names the columns, 1 for the first; 0 where none does.
    """

    width: int
    file: int
    label: int
    split: int
    group: int
    classes: tuple[tuple[int, str], ...] = ()
    header: int = 1

    @property
    def labelled(self) -> bool:
        """Whether they say what the photos are."""
        return self.label >= 0 or bool(self.classes)


def columns_of(header: Cells, rows: Callable[[], Iterable[Cells]]) -> Columns | None:
    """The columns that a header names, or None where it is none that is known.

    Args:
        header: the first row.
        rows: gives the others, from the first one, each time it is called.
    """
    header = _with_row_names(header, rows)
    words = [re.sub(r"[\W_]+", "_", plain(cell)).strip("_") for cell in header]
    flat = [word.replace("_", "") for word in words]
    file, label = _first(flat, _FILES, _FILE), _first(flat, _LABELS, _LABEL)
    split = _first(words, _SPLITS)
    if file < 0 and label >= 0:
        file = _named_by_endings(header, rows)
    if file < 0 or file == label:
        return None
    group = next((i for i, word in enumerate(words) if i not in (file, label, split) and _GROUP.fullmatch(word)), -1)
    named = [bool(split_word(cell_of(cells, split))) for cells in rows() if cell_of(cells, split)] if split >= 0 else []
    if label >= 0:
        # A column "fold" may number the folds of a cross-validation, and "dataset" may name where a photo comes from.
        other = not all(named) if words[split] == "fold" else words[split] != "split" and not any(named)
        return Columns(len(header), file, label, -1 if other else split, group)
    others = [i for i in range(len(header)) if i not in (file, split, group)]
    if file == 0 and len(others) >= 2 and _all_yes_no(rows(), others):
        return Columns(len(header), file, -1, split, group, tuple((i, header[i]) for i in others))
    split = split if all(named) else -1  # beside folders that say enough, "dataset" may mean anything
    return Columns(len(header), file, -1, split, group) if split >= 0 or group >= 0 else None


def cell_of(cells: Cells, column: int) -> str:
    """What stands in a column; "" where the row or the column is not there."""
    return cells[column].strip() if 0 <= column < len(cells) else ""


def is_yes(cell: str) -> bool:
    """Whether a cell in the column of a class says that a photo is of it."""
    return cell.casefold() in _YES


def surplus(cells: Cells, columns: Columns) -> list[str]:
    """What stands in a row behind the last column that the header has."""
    return [text for cell in cells[columns.width :] if (text := cell.strip())]


def _with_row_names(header: Cells, rows: Callable[[], Iterable[Cells]]) -> Cells:
    """The header with a column for numbers of rows that stand before the first one, as R writes them."""
    first = next(iter(rows()), [])
    numbered = (len(cells) == len(header) + 1 and cells[0].strip().isdecimal() for cells in rows())
    return ["", *header] if first and all(numbered) else header


def _named_by_endings(header: Cells, rows: Callable[[], Iterable[Cells]]) -> int:
    """The first column whose cells all end as photos' names do, whatever its heading; -1 where there is none."""
    possible = set(range(len(header))) if next(iter(rows()), None) else set()
    for cells in rows():
        possible = {column for column in possible if "." in (name := cell_of(cells, column)) and may_be_photo([name])}
        if not possible:
            break
    return min(possible, default=-1)


def _first(words: Sequence[str], known: Sequence[str], like: re.Pattern[str] | None = None) -> int:
    """The column of the first known name that is there, else the first that looks like one; -1 where none does."""
    for name in known:
        if name in words:
            return words.index(name)
    return next((n for n, word in enumerate(words) if like is not None and like.fullmatch(word)), -1)


def _all_yes_no(rows: Iterable[Cells], columns: Sequence[int]) -> bool:
    marks = [all(cell_of(cells, column).casefold() in _YES | _NO for column in columns) for cells in rows]
    return bool(marks) and all(marks)
