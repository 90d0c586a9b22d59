"""A group or a class in a file's name: "{group}_*" says that what is before the first "_" is the patient or video.

Patterns are compared by plain text search, piece by piece from the left, so that no pattern can take long.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from itertools import pairwise

from core.data.names import class_name, visible
from core.errors import DatasetError
from core.i18n import gettext as _

GROUP, CLASS = "{group}", "{class}"
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
    find = _finder(pattern, GROUP)
    return lambda name: visible(find(name)).strip()


def class_finder(pattern: str) -> Callable[[str], str]:
    """What finds the class in an entry's name, as `group_finder` does, with `{class}` in place of `{group}`.

    `{class}/*` is the folder that a photo lies in, `{class}/*/*` the one above; `{class}_*` begins the file's name.

    Raises:
        DatasetError: as `group_finder`.
    """
    if pattern.count(CLASS) != 1 or len(pattern) > _LONGEST:
        raise DatasetError(
            _("The pattern '{pattern}' has to have {sign} in it once, as in {sign}/* or {sign}_*.").format(
                pattern=visible(pattern)[:_LONGEST], sign=CLASS
            )
        )
    find = _finder(pattern, CLASS)
    return lambda name: class_name(find(name))


def _finder(pattern: str, sign: str) -> Callable[[str], str]:
    parts = [_tokens(part, pattern, sign) for part in pattern.split("/")]

    def find(name: str) -> str:
        folders = name.split("/")
        if len(folders) < len(parts):
            return ""
        meant = ""
        for tokens, text in zip(parts, folders[-len(parts) :], strict=True):
            part = _fitted(tokens, text, sign)
            if part is None:
                return ""
            meant = meant or part
        return meant

    return find


def _tokens(part: str, pattern: str, sign: str) -> list[str]:
    tokens = [token for token in re.split(rf"(\*|{re.escape(sign)})", part) if token]
    for token, following in pairwise(tokens):
        if token in ("*", sign) and following in ("*", sign):
            raise DatasetError(
                _(
                    "The pattern '{pattern}' has nothing between two signs, so it is not clear where the first ends."
                ).format(pattern=visible(pattern))
            )
    return tokens


def _fitted(tokens: list[str], text: str, sign: str) -> str | None:
    """What `sign` stands for in `text`, "" where the tokens have none, None where they do not fit."""
    at, meant, open_sign = 0, "", ""
    for number, token in enumerate(tokens):
        if token in ("*", sign):
            open_sign = token
            continue
        last = number == len(tokens) - 1
        start = (text.rfind(token) if last else text.find(token, at)) if open_sign else at
        if start < at or not text.startswith(token, start) or (last and start + len(token) != len(text)):
            return None
        if open_sign == sign:
            meant = text[at:start]
        at, open_sign = start + len(token), ""
    if open_sign == sign:
        meant = text[at:]
    elif not open_sign and at != len(text):
        return None
    return meant
