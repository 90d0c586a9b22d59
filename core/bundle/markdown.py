"""Names and words in Markdown that show as they are, whoever reads the card."""

from __future__ import annotations

import re

from core.data.names import visible

_MARKUP = re.compile(r"[\\`*_{}\[\]<>#|~$&]|^[-+]|(?<=^\d)[.)]|:(?=//)")


def code(name: str) -> str:
    """A name that a user gave, as Markdown that shows it as it is, on one line.

    As code, since that alone is literal wherever the card is read: sites make links, mentions, emoji and formulas of
    words after they have read the Markdown, whatever is escaped in them.
    """
    name = " ".join(visible(" ".join(name.split())).split())
    fence = "`" * (max(map(len, re.findall("`+", name)), default=0) + 1)
    air = " " if name.startswith("`") or name.endswith("`") else ""
    return f"{fence}{air}{name}{air}{fence}" if name else "–"


def code_in_a_table(name: str) -> str:
    """The same in a cell of a table, where a bar would begin the next one."""
    return code(name).replace("|", r"\|")


def literal(text: str) -> str:
    """Text of Graft's own as Markdown that shows it as it is, on one line."""
    return _MARKUP.sub(r"\\\g<0>", " ".join(text.split())) or "–"
