"""Numbers as text, the same on every page, in every figure and table, and on the command line.

A share is a percentage with one decimal and a space before its sign, a difference of shares is in points with its sign,
an interval is "low to high" with one unit, thousands have a comma, and what is below zero has a true minus; what rounds
to zero has no sign at all.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from core.i18n import gettext as _

MINUS = "\N{MINUS SIGN}"


def count(n: int) -> str:
    """How many there are, such as "4,250"."""
    return decimal(n, 0)


def decimal(value: float, digits: int = 1) -> str:
    """A number with so many decimals, such as "1,234.5"."""
    return _minus(f"{_rounded(value, digits):,.{digits}f}")


def significant(value: float, digits: int = 4) -> str:
    """A number with so many significant digits, such as "0.02315" or "1e−5"."""
    return _minus(re.sub(r"e([+-])0", r"e\1", f"{value + 0.0:,.{digits}g}"))


def percent(share: float | None, digits: int = 1) -> str:
    """A share of one as a percentage, such as "93.4 %"; "" for None."""
    return "" if share is None else f"{decimal(100 * share, digits)} %"


def interval(ends: Sequence[float] | None) -> str:
    """An interval of shares, such as "90.1 to 95.7 %"; "" for None."""
    return _between(decimal(100 * ends[0]), percent(ends[1])) if ends else ""


def decimal_interval(ends: Sequence[float] | None, digits: int = 3) -> str:
    """An interval of numbers that are no shares, such as "0.132 to 0.241"; "" for None."""
    return _between(decimal(ends[0], digits), decimal(ends[1], digits)) if ends else ""


def plus_minus(share: float | None, deviation: float | None) -> str:
    """A share with its standard deviation, such as "93.4 ± 1.2 %"; "" for None."""
    return "" if share is None or deviation is None else f"{decimal(100 * share)} ± {percent(deviation)}"


def points(difference: float) -> str:
    """A difference of shares in points, such as "3.1" or "−0.4"."""
    return decimal(100 * difference)


def signed_points(difference: float) -> str:
    """A difference of shares in points with its sign, such as "+3.1" or "−0.4"."""
    shown = points(difference)
    return f"+{shown}" if _rounded(100 * difference, 1) > 0 else shown


def no_points(difference: float) -> bool:
    """Whether a difference of shares is shown as no points at all."""
    return _rounded(100 * difference, 1) == 0


def points_interval(ends: Sequence[float] | None) -> str:
    """An interval of a difference of shares in points, such as "−0.4 to +3.1"; "" for None."""
    return _between(signed_points(ends[0]), signed_points(ends[1])) if ends else ""


def points_lost(ends: Sequence[float]) -> str:
    """An interval of what is lost, in points without a plus, such as "−0.4 to 3.1"."""
    return _between(points(ends[0]), points(ends[1]))


def signed_count(n: int) -> str:
    """How many there are more or fewer, such as "+12" or "−3"."""
    return _minus(f"{n:+,}") if n else "0"


def megabytes(mb: float) -> str:
    """A size on disk, such as "12 kB", "0.4 MB" or "1,234 MB"."""
    return f"{decimal(1000 * mb, 0)} kB" if mb < 0.1 else f"{decimal(mb, 0 if mb >= 10 else 1)} MB"


def _between(low: str, high: str) -> str:
    """The one way in which intervals are written: a dash would be a minus for some."""
    return _("{low} to {high}").format(low=low, high=high)


def _rounded(value: float, digits: int) -> float:
    return round(value, digits) + 0.0  # −0.0 + 0.0 is 0.0


def _minus(text: str) -> str:
    return text.replace("-", MINUS)
