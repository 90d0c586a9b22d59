"""The formats of numbers in the columns of tables: as `core.numbers` writes them, and still sorted as numbers.

A column of signed differences is text, as the browser's own formats know no true minus.
"""

from __future__ import annotations

from collections.abc import Iterable

from streamlit.column_config import NumberColumn, TextColumn
from streamlit.elements.lib.column_types import ColumnConfig

_NAMES_PX = 220


def counts(about: str | None = None) -> ColumnConfig:
    """Whole numbers, such as "4,250"."""
    return NumberColumn(format="%,d", help=about)


def decimals(digits: int = 1, about: str | None = None, *, unit: str = "") -> ColumnConfig:
    """Numbers with so many decimals, such as "1,234.5"."""
    return NumberColumn(format=f"%,.{digits}f {unit}".strip(), help=about)


def percents(about: str | None = None) -> ColumnConfig:
    """Percentages, such as "93.4 %": the values are `in_percent`."""
    return NumberColumn(format="%.1f %%", help=about)


def names(values: Iterable[str]) -> ColumnConfig:
    """Names, with room for the longest of them, as far as that leaves some for other columns."""
    return TextColumn(width=min(8 * max(map(len, values), default=0) + 16, _NAMES_PX))


def words() -> ColumnConfig:
    """Numbers that were written as text, such as intervals and differences: they stand to the right."""
    return TextColumn(alignment="right")


def in_percent(share: float | None) -> float | None:
    """A share of one as the number of a `percents` column."""
    return None if share is None else 100 * share


def in_millions(n: int) -> float | None:
    """How many there are, in millions; None for none at all."""
    return n / 1e6 if n else None
