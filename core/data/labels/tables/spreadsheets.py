"""Lists of labels as Excel keeps them: each sheet as the text of a table."""

from __future__ import annotations

import csv
import io
import warnings
from collections.abc import Iterator, Sequence
from dataclasses import replace
from zipfile import BadZipFile

from core.data.limits import Limits
from core.data.sources.archive import OpenZip
from core.errors import RejectedError

_READ = (".xlsx", ".xlsm")
_NOT_READ = (".xls", ".xlsb", ".ods", ".fods", ".numbers")
_MOST_ROWS, _MOST_COLUMNS, _MOST_SHEETS = 200_000, 100, 10
_MOST_BYTES = 64 << 20  # unpacked


def is_spreadsheet(parts: Sequence[str]) -> bool:
    """Whether a file is a spreadsheet, by its name, that is read or not."""
    return parts[-1].lower().endswith(_READ + _NOT_READ)


def is_read(parts: Sequence[str]) -> bool:
    """Whether a spreadsheet is of a kind that is read, by its name."""
    return parts[-1].lower().endswith(_READ)


def sheets_of(content: bytes) -> list[str]:
    """The sheets of an Excel file that are not empty, each as CSV; none where it cannot be read."""
    from openpyxl.utils.exceptions import InvalidFileException

    try:
        OpenZip(io.BytesIO(content), replace(Limits(), max_total_bytes=_MOST_BYTES))
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # about styles and validations, which say nothing of labels
            return [text for text in _sheets(content) if text]
    except (RejectedError, InvalidFileException, BadZipFile, KeyError, ValueError, TypeError, SyntaxError):
        return []


def _sheets(content: bytes) -> Iterator[str]:
    from openpyxl import load_workbook

    book = load_workbook(io.BytesIO(content), read_only=True, data_only=True)
    for sheet in book.worksheets[:_MOST_SHEETS]:
        sheet.reset_dimensions()  # what a file says of its size may be wrong
        rows = [_row(cells) for cells in sheet.iter_rows(max_row=_MOST_ROWS, max_col=_MOST_COLUMNS, values_only=True)]
        while rows and not rows[-1]:
            rows.pop()
        out = io.StringIO()
        csv.writer(out, lineterminator="\n").writerows(rows)
        yield out.getvalue()


def _row(cells: Sequence[object]) -> list[str]:
    """The cells as text, without the empty ones at the end."""
    texts = ["" if cell is None else str(cell) for cell in cells]
    while texts and not texts[-1].strip():
        texts.pop()
    return texts
