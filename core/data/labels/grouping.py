"""A group in a file's name: "{group}_*" says that everything before the first "_" is the patient, plant or video.

Patterns are compared by plain text search, piece by piece from the left, so that no pattern can take long.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from itertools import pairwise

from core.data.names import visible
from core.errors import DatasetError
from core.i18n import gettext as _

GROUP = "{group}"
_LONGEST = 200


def group_finder(pattern: str) -> Callable[[str], str]:
    """What finds the group in an entry's name: a function that gives "" where the name does not fit.

    `{group}` stands for the group and `*` for any text, each as short as possible, reading from the left; neither goes
    over a "/". A pattern without "/" is held against the file's name, one with k of them against the last k folders and
    the file's name. As in `{group}_*`, `*/patient{group}-*` or `{group}/*`.

    Raises:
        DatasetError: the pattern has not exactly one `{group}`, or nothing between two of its signs.
    """
    if pattern.count(GROUP) != 1 or len(pattern) > _LONGEST:
        raise DatasetError(
            _("The pattern '{pattern}' has to have {group} in it once, as in {group}_* or */patient{group}-*.").format(
                pattern=visible(pattern)[:_LONGEST], group=GROUP
            )
        )
    parts = [_tokens(part, pattern) for part in pattern.split("/")]

    def find(name: str) -> str:
        folders = name.split("/")
        if len(folders) < len(parts):
            return ""
        group = ""
        for tokens, text in zip(parts, folders[-len(parts) :], strict=True):
            part = _fitted(tokens, text)
            if part is None:
                return ""
            group = group or part
        return visible(group).strip()

    return find


def _tokens(part: str, pattern: str) -> list[str]:
    tokens = [token for token in re.split(r"(\*|\{group\})", part) if token]
    for token, following in pairwise(tokens):
        if token in ("*", GROUP) and following in ("*", GROUP):
            raise DatasetError(
                _(
                    "The pattern '{pattern}' has nothing between two signs, so it is not clear where the group ends."
                ).format(pattern=visible(pattern))
            )
    return tokens


def _fitted(tokens: list[str], text: str) -> str | None:
    """The group in `text`, "" where the tokens have none, None where it does not fit."""
    at, group, open_sign = 0, "", ""
    for number, token in enumerate(tokens):
        if token in ("*", GROUP):
            open_sign = token
            continue
        last = number == len(tokens) - 1
        start = (text.rfind(token) if last else text.find(token, at)) if open_sign else at
        if start < at or not text.startswith(token, start) or (last and start + len(token) != len(text)):
            return None
        if open_sign == GROUP:
            group = text[at:start]
        at, open_sign = start + len(token), ""
    if open_sign == GROUP:
        group = text[at:]
    elif not open_sign and at != len(text):
        return None
    return group
