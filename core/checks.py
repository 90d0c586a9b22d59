"""Checks of a setting's value, each with a message that names the setting, the value and the remedy."""

from __future__ import annotations

import math
from collections.abc import Collection

from core.errors import GraftError
from core.i18n import gettext as _


def one_of(name: str, value: object, known: Collection[str], error: type[GraftError]) -> None:
    """Raises `error` where the value is none of those known."""
    if value not in known:
        raise error(
            _("{name} is {value!r}. Choose one of: {known}.").format(name=name, value=value, known=", ".join(known))
        )


def whole(name: str, value: object, low: float, high: float, error: type[GraftError]) -> int:
    """The value; raises `error` where it is no whole number from `low` to `high`."""
    if isinstance(value, int) and not isinstance(value, bool) and low <= value <= high:
        return value
    raise error(
        _("{name} is {value!r}. Choose a whole number from {low} to {high}.").format(
            name=name, value=value, low=int(low), high=int(high)
        )
    )


def real(name: str, value: object, low: float, high: float, error: type[GraftError]) -> float:
    """The value as a float; raises `error` where it is no number from `low` to `high`."""
    if isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value) and low <= value <= high:
        return float(value)
    raise error(
        _("{name} is {value!r}. Choose a number from {low:g} to {high:g}.").format(
            name=name, value=value, low=low, high=high
        )
    )


def yes_or_no(name: str, value: object, error: type[GraftError]) -> None:
    """Raises `error` where the value is neither true nor false."""
    if not isinstance(value, bool):
        raise error(_("{name} is true or false, not {value!r}.").format(name=name, value=value))
