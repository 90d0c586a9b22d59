"""A table's text as rows of cells, whatever stands around them and between them."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator

MAX_CELL = 1_000
DELIMITERS = (",", ";", "\t", "|")
SPACE = " "
"""What stands between the cells of a list in a .txt file, beside the usual delimiters."""
NOTHING = "\x1f"
"""What stands in no text, so that a line is one cell."""

_SAMPLE_LINES, _SAMPLE_CHARACTERS = 200, 1 << 16
_EDGE = r"(?=[ ]*(?:[,;\t|\r\n]|$))"
_QUOTED = tuple(
    re.compile(rf"(^|[,;\t|])([ ]*){opening}({inner}*){closing}{_EDGE}", re.MULTILINE)
    for opening, inner, closing in (
        ("'", r"(?:[^'\r\n]|'')", "'"),
        ("[“”„«»]", r"[^“”„«»\r\n]", "[“”«»]"),
        ("[‘’‚]", r"[^‘‚\r\n]", "’"),
        ("`", r"[^`\r\n]", "`"),
    )
)


def straightened(text: str) -> str:
    """The text with its cells in the usual quotation marks, where most lines have others, as in 'cat' or “cat”."""
    lines = [line for line in text[:_SAMPLE_CHARACTERS].splitlines()[:_SAMPLE_LINES] if line.strip()]
    for quoted in _QUOTED:
        if lines and 2 * sum(quoted.search(line) is not None for line in lines) >= len(lines):
            return quoted.sub(_straight, text)
    return text


def _straight(cell: re.Match[str]) -> str:
    inner = cell[3].replace("''", "'").replace('"', '""')
    return f'{cell[1]}{cell[2]}"{inner}"'


def tokens_of(line: str) -> list[str]:
    """What stands between delimiters in a line, and between these and spaces, without quotation marks."""
    tokens = [*re.split(r"[,;\t| ]+", line), *re.split(r"[,;\t|]+", line)]
    return [token.strip(" '\"“”") for token in tokens]


def records(text: str, delimiter: str) -> Iterator[tuple[int, list[str]]]:
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
