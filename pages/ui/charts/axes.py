"""Axes of numbers, whose ticks are written as `core.numbers` writes numbers everywhere."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

from core.numbers import count, percent, signed_count, significant
from pages.ui.charts import base

_SHARES = (0.01, 0.02, 0.05, 0.1, 0.2, 0.25, 0.5)
_MOST_TICKS = 5
ANY, SMALL = ",~r", "~g"
"""d3's formats of an axis whose ticks are not known beforehand, and of one of very small numbers."""


def share_axis(title: str, values: Sequence[float], ends: tuple[float, float] | None = None) -> dict[str, Any]:
    """An axis of shares, from one of `ends` to the other; by default so much of it as holds `values` with some air."""
    low, high = ends or base.around(values)
    step = next((step for step in _SHARES if (high - low) / step <= _MOST_TICKS), _SHARES[-1])
    return _axis(title, (low, high), step, lambda share: percent(share, 0))


def count_axis(title: str, high: float) -> dict[str, Any]:
    """An axis of whole numbers from zero to `high`, the greatest, with some air for what is written beside it."""
    return _axis(title, (0, max(high, 1) * 1.12), max(_step(high), 1), lambda number: count(round(number)))


def points_axis(title: str, limit: float) -> dict[str, Any]:
    """An axis of differences in points, as far below zero as above it."""
    return _axis(title, (-limit, limit), _step(2 * limit), lambda number: signed_count(round(number)))


def moving_axis(title: str) -> dict[str, Any]:
    """An axis whose range the reader moves."""
    return {"title": {"text": title}, "tickformat": ANY}


def log_axis(title: str, low: float, high: float) -> dict[str, Any]:
    """A logarithmic axis from `low` to `high`, with some air and whole numbers written out.

    Args:
        title: what is measured.
        low: the least value, above zero.
        high: the greatest.
    """
    air = max((math.log10(high) - math.log10(low)) * 0.15, 0.3)
    start, end = math.log10(low) - air, math.log10(high) + air
    steps = (1, 2, 5) if end - start < 2.5 else (1,)
    ticks = [s * 10.0**e for e in range(math.floor(start), math.ceil(end) + 1) for s in steps]
    shown = [t for t in ticks if start <= math.log10(t) <= end]
    words = [significant(t) if t < 1 else count(round(t)) for t in shown]
    return {"title": {"text": title}, "type": "log", "range": [start, end], "tickvals": shown, "ticktext": words}


def _step(span: float) -> float:
    """A round number of which a handful fill the span."""
    power = 10.0 ** math.floor(math.log10(max(span, 1.0) / _MOST_TICKS))
    return next(power * factor for factor in (1, 2, 5, 10) if span / (power * factor) <= _MOST_TICKS)


def _axis(title: str, ends: tuple[float, float], step: float, in_words: Callable[[float], str]) -> dict[str, Any]:
    low, high = ends
    ticks = [round(n * step, 6) for n in range(math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9) + 1)]
    return {
        "title": {"text": title},
        "type": "linear",
        "range": (low, high),
        "tickvals": ticks,
        "ticktext": [in_words(tick) for tick in ticks],
        "tickangle": 0,
        "ticklabeloverflow": "allow",
        "automargin": True,
    }
