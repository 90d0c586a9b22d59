"""The bytes of tables as text: where a mark says the encoding, where UTF-8 is beyond doubt, and the rest together."""

from __future__ import annotations

import codecs
from collections.abc import Sequence

from core.data.encodings.deciding import UTF_8, Reading, decided

_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF32_LE, "utf-32"), (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"),
)  # fmt: skip
_UNMISTAKABLE = 8  # so many characters of several bytes are valid UTF-8 by chance in no other encoding
_HEAD_BYTES = 1 << 12


def read_together(contents: Sequence[bytes], named: str = "") -> tuple[list[str], Reading]:
    """The tables as text, and how those are read that do not say it.

    Args:
        contents: the bytes of each table.
        named: the encoding that the user names; "" for none.
    """
    stated = [_stated(content) for content in contents]
    reading = decided((c for c, encoding in zip(contents, stated, strict=True) if not encoding), named)
    return [
        content.decode(encoding, "replace") if encoding else reading.text(content)
        for content, encoding in zip(contents, stated, strict=True)
    ], reading


def _stated(content: bytes) -> str:
    """The encoding that leaves no doubt, "" where there is none."""
    for mark, encoding in _MARKS:
        if content.startswith(mark):
            return encoding
    zeros = [content[first:_HEAD_BYTES:2].count(0) for first in (0, 1)]
    if 4 * max(zeros) > len(content[:_HEAD_BYTES]):  # every other byte of Latin text in UTF-16
        return "utf-16-le" if zeros[1] > zeros[0] else "utf-16-be"
    try:
        text = content.decode()
    except UnicodeDecodeError:
        return ""
    return UTF_8 if text.isascii() or sum(not c.isascii() for c in text) >= _UNMISTAKABLE else ""
