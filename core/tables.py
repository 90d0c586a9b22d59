"""Tables to take along: CSV in which no cell is a formula, whatever the names in it are."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Sequence

# Where a spreadsheet may see a cell begin: at the front, and after what some of them take for the end of a cell (those
# of much of Europe split at ";" even inside our quotes). The wide forms count as the plain ones where those are typed.
_FORMULA = re.compile(r"^(?=[\t\r\n])|(?:^|(?<=[;\t\r\n]))(?=\s*[=+\-@＝＋－＠])")


def as_csv(headings: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """A table as CSV; words are neutralised by `harmless`, numbers stay numbers, None is an empty cell."""
    out = io.StringIO()
    table = csv.writer(out)
    table.writerow([harmless(heading) for heading in headings])
    table.writerows([harmless(cell) if isinstance(cell, str) else cell for cell in row] for row in rows)
    return out.getvalue()


def harmless(cell: str) -> str:
    """`cell` with an apostrophe before what a spreadsheet would run as a formula.

    See https://owasp.org/www-community/attacks/CSV_Injection for what begins one.
    """
    return _FORMULA.sub("'", cell)
