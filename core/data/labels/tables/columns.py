"""A table of the user's about photos that are taken in already: its other columns, by photo."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import PurePosixPath

from core.data.dataset import Item
from core.data.labels.tables.cells import DELIMITERS, MAX_CELL, records, straightened
from core.data.names import visible
from core.errors import DatasetError
from core.i18n import gettext as _

MOST_COLUMNS = 20
"""More columns are not looked at: each is one more thing that may differ by chance."""

Columns = Mapping[str, Mapping[str, str]]
"""For each heading the cells, by the photos' sha256."""


def columns_by_photo(text: str, items: Sequence[Item]) -> Columns:
    """The columns of a table with a header, for the photos that its rows name.

    The column that names the photos is the one whose cells name most of them: by path, by file name, or by file name
    without its ending.

    Args:
        text: the table, as CSV, TSV or with semicolons.
        items: the photos.

    Raises:
        DatasetError: it is no table with a header, or none of its columns names a photo.
    """
    straight = straightened(text)
    known = _known(items)
    for delimiter in DELIMITERS:
        rows = [cells for _number, cells in records(straight, delimiter)]
        if len(rows) < 2 or len(rows[0]) < 2:
            continue
        header, *below = rows
        naming = max(range(len(header)), key=lambda at: sum(cell in known for cell in _cells(below, at)))
        if any(cell in known for cell in _cells(below, naming)):
            return _by_photo(header, below, naming, known)
    raise DatasetError(
        _("No column of this table names a photo that is here. Give a CSV file with a header and the photos' names.")
    )


def _by_photo(
    header: Sequence[str], below: Sequence[Sequence[str]], naming: int, known: Mapping[str, Sequence[str]]
) -> Columns:
    columns: dict[str, dict[str, str]] = {}
    others = [at for at in range(len(header)) if at != naming][:MOST_COLUMNS]
    for at in others:
        heading = visible(header[at].strip())[:MAX_CELL] or _("column {n}").format(n=at + 1)
        for name, cell in zip(_cells(below, naming), _cells(below, at), strict=True):
            for sha256 in known.get(name, ()):
                columns.setdefault(heading, {}).setdefault(sha256, visible(cell)[:MAX_CELL])
    return columns


def _cells(rows: Sequence[Sequence[str]], at: int) -> Iterator[str]:
    return (row[at].strip() if at < len(row) else "" for row in rows)


def _known(items: Sequence[Item]) -> dict[str, list[str]]:
    """The photos by each name that a table may give them; a short name that several have names none."""
    by_path: dict[str, set[str]] = {}
    short: dict[str, set[str]] = {}
    for item in items:
        path = PurePosixPath(item.name)
        by_path.setdefault(item.name, set()).add(item.sha256)
        for name in (path.name, path.stem):
            short.setdefault(name, set()).add(item.sha256)
    clear = {name: sha256s for name, sha256s in short.items() if len(sha256s) == 1}
    return {name: sorted(sha256s) for name, sha256s in {**clear, **by_path}.items()}
