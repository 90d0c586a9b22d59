"""Which files of a source may be tables, and what is in them as text."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from core.data.encodings.guess import TABLES, Guess
from core.data.encodings.tables import read_together
from core.data.labels.files import File
from core.data.labels.tables.cells import tokens_of
from core.data.labels.tables.headerless import PhotoNames
from core.data.labels.tables.spreadsheets import is_read, is_spreadsheet, sheets_of
from core.data.labels.tables.table import Table, is_plain_text, is_table, read_table
from core.data.sources.source import BadEntry, PhotoSource

_MOST_TABLES = 50
MAX_TABLES_BYTES = 16 << 20  # text takes up to 8 times its bytes while it is read
_HEAD_BYTES, _HEAD_LINES = 1 << 16, 50


@dataclass
class TableFiles:
    """The tables of a source, and the files that seem to be tables and are none that can be used.

    Attributes:
        tables: those that are understood, by the index of their entry.
        unknown: the names of those whose first row names no columns that are known.
        unread: the names of spreadsheets that cannot be read.
        too_large: the name of the first that is too large to be read; "" for none.
        guess: how they were read where they do not say their encoding; None where that leaves no doubt.
    """

    tables: dict[int, Table] = field(default_factory=dict)
    unknown: list[str] = field(default_factory=list)
    unread: list[str] = field(default_factory=list)
    too_large: str = ""
    guess: Guess | None = None

    @property
    def unlabelled(self) -> str:
        """The first table that does not say what the photos are; "" where there is none."""
        of_known = (table.name for table in self.tables.values() if not table.labelled)
        return next((name for name in (*self.unknown, *of_known, self.too_large) if name), "")


def tables_in(
    source: PhotoSource, files: Sequence[File], photos: Sequence[File], encoding: str, lists: bool
) -> TableFiles:
    """Reads the tables in a source.

    Args:
        source: where they are.
        files: what may be a table.
        photos: what may be a photo.
        encoding: that of tables which do not say theirs; "" for what their letters say.
        lists: whether lists without a header may say labels; those of one split always count.

    Raises:
        DatasetError: they are not in the given encoding.
    """
    found = TableFiles()
    photo_names = PhotoNames(file.parts for file in photos)
    contents = list(_contents(source, _candidates(files, photo_names), photo_names, found))
    texts, reading = read_together([content for _file, content in contents], encoding)
    found.guess = Guess.of(reading, (content for _file, content in contents), TABLES)
    for (file, _content), text in zip(contents, texts, strict=True):
        table = read_table(text, file.parts, photo_names, lists)
        if table is not None:
            found.tables[file.index] = table
        elif not is_plain_text(file.parts) or _names_photos(text, photo_names, by_file=True):
            found.unknown.append(file.name)
    return found


def _candidates(files: Sequence[File], photo_names: PhotoNames) -> list[File]:
    """The files that may be tables by their names: tables before texts, those nearest to the top first."""
    tables = [file for file in files if not file.problem and (is_table(file.parts) or is_spreadsheet(file.parts))]
    texts = [file for file in files if not file.problem and is_plain_text(file.parts)]
    texts = [file for file in texts if file.parts[-1].rpartition(".")[0] not in photo_names]  # notes about one photo

    def nearest(file: File) -> tuple[int, int]:
        return len(file.parts), file.index

    return (sorted(tables, key=nearest) + sorted(texts, key=nearest))[:_MOST_TABLES]


def _contents(
    source: PhotoSource, candidates: Sequence[File], photo_names: PhotoNames, found: TableFiles
) -> Iterator[tuple[File, bytes]]:
    """The candidates that can be read, with their text in bytes."""
    left = MAX_TABLES_BYTES
    for file in candidates:
        if is_spreadsheet(file.parts) and not is_read(file.parts):
            found.unread.append(file.name)
            continue
        left -= source.entries[file.index].size
        if left < 0:
            found.too_large = "" if is_plain_text(file.parts) else file.name
            return
        try:
            content = source.read(file.index)
        except BadEntry:
            continue
        if is_spreadsheet(file.parts):
            sheets = sheets_of(content)
            if not sheets:
                found.unread.append(file.name)
                continue
            content = _best_sheet(sheets, file.parts).encode("utf-8-sig", "replace")
        if not is_plain_text(file.parts) or _names_photos(_head(content), photo_names):
            yield file, content


def _best_sheet(sheets: Sequence[str], parts: tuple[str, ...]) -> str:
    """The first sheet whose header is known, else the first."""
    return next((sheet for sheet in sheets if read_table(sheet, parts) is not None), sheets[0])


def _head(content: bytes) -> str:
    [text], _reading = read_together([content[:_HEAD_BYTES]])
    return text


def _names_photos(text: str, photo_names: PhotoNames, by_file: bool = False) -> bool:
    """Whether a text is about photos: several of its first lines name one, `by_file` with its ending or its folder."""
    lines = text[:_HEAD_BYTES].splitlines()[:_HEAD_LINES]
    named = [[token for token in tokens_of(line) if token in photo_names] for line in lines]
    return sum(any(not by_file or "." in token or "/" in token for token in tokens) for tokens in named) > 1
