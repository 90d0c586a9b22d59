"""Tables as downloads: CSV that spreadsheets open, in which no cell is a formula, whatever the names in it are."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

# Where a spreadsheet may see a cell begin: at the front, and after what some of them take for the end of a cell (those
# of much of Europe split at ";" even inside our quotes). The wide forms count as the plain ones where those are typed.
_FORMULA = re.compile(r"^(?=[\t\r\n])|(?:^|(?<=[;\t\r\n]))(?=\s*[=+\-@＝＋－＠])")
_MADE_HARMLESS = re.compile(r"^'(?=[\t\r\n])|(?:^|(?<=[;\t\r\n]))'(?=\s*[=+\-@＝＋－＠])")
BOM = "\ufeff"
"""A byte order mark: without it Excel takes UTF-8 for the letters of its system."""

Table = tuple[Sequence[str], Iterable[Sequence[object]]]
"""The headings of the columns, and the rows."""


def as_csv(headings: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """A table as CSV after a `BOM`; words are made `harmless`, numbers stay numbers, None is an empty cell."""
    out = io.StringIO()
    out.write(BOM)
    table = csv.writer(out)
    table.writerow([harmless(heading) for heading in headings])
    table.writerows([harmless(cell) if isinstance(cell, str) else cell for cell in row] for row in rows)
    return out.getvalue()


def flat(records: Sequence[Mapping[str, Any]]) -> tuple[list[str], list[list[object]]]:
    """Headings and rows of records that share their keys, as in our JSON documents.

    An interval (a key that ends in "ci" or "interval") becomes two columns, its low and its high end; any other list is
    written into one cell.
    """
    headings: dict[str, None] = {}
    rows = []
    for record in records:
        cells: dict[str, object] = {}
        for key, value in record.items():
            if key.endswith(("ci", "interval")):
                cells[f"{key}_low"], cells[f"{key}_high"] = value if value else (None, None)
            else:
                cells[key] = " ".join(map(str, value)) if isinstance(value, list | tuple) else value
        headings |= dict.fromkeys(cells)
        rows.append(cells)
    return list(headings), [[cells.get(heading) for heading in headings] for cells in rows]


def harmless(cell: str) -> str:
    """`cell` with an apostrophe before what a spreadsheet would run as a formula.

    See https://owasp.org/www-community/attacks/CSV_Injection for what begins one.
    """
    return _FORMULA.sub("'", cell)


def as_meant(cell: str) -> str:
    """A cell as it was before it was made `harmless`, and every other cell as it is."""
    meant = _MADE_HARMLESS.sub("", cell)
    return meant if harmless(meant) == cell else cell
