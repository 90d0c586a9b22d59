"""Labels that seem to be several in one: "cat dog", "cat|tree", "cat, dog"."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable

_SEPARATORS = ("|", ";", ",", "+", "&", "/", " and ", "_and_", " ")
_SURE = ("|", ";", ",")  # hardly ever part of a name


def joined_label(labels: Iterable[str]) -> str:
    """A label that is made of others, the longest first; "" where there is none.

    It is one where all its pieces, or two of them, are labels themselves; where the pieces stand apart by "|", ";" or
    ",", it is enough that they come again in other labels.
    """
    known = {label.casefold(): label for label in labels}
    for label in sorted(known, key=lambda label: (-len(label), label)):
        for separator in _SEPARATORS:
            pieces = _pieces(label, separator)
            if len(pieces) > 1 and sum(piece in known for piece in pieces) > 1:
                return known[label]
    for separator in _SURE:
        split = {label: _pieces(label, separator) for label in known}
        times = Counter(piece for pieces in split.values() for piece in set(pieces))
        again = [label for label, pieces in split.items() if len(pieces) > 1 and all(times[p] > 1 for p in pieces)]
        if again:
            return known[min(again)]
    return ""


def comma_label(labels: Iterable[str]) -> str:
    """A label with a comma in it, the first in the alphabet; "" where there is none."""
    return min((label for label in labels if "," in label), default="")


def _pieces(label: str, separator: str) -> list[str]:
    pieces = label.split(separator) if separator != " " else re.split(r"\s+", label)
    return [piece.strip() for piece in pieces if piece.strip()]
