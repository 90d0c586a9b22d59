"""What all figures share: colours, literal names, axes over names, and the plain layout."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from itertools import takewhile
from typing import Any

import plotly.graph_objects as go

from core.i18n import gettext as _
from core.numbers import interval
from pages.ui.text import one_line, shortened

BLUE, ORANGE, GREEN = "#0072B2", "#D55E00", "#009E73"
# Okabe and Ito's colours (https://jfly.uni-koeln.de/color/); those of theirs that vanish on white or on black are
# replaced by near ones with a contrast of 3 to 1 on both.
PALETTE = (BLUE, ORANGE, GREEN, "#C4699B", "#B8860B", "#3D95CE", "#7E5FB8", "#808080")
SYMBOLS = ("circle", "diamond", "square", "cross", "triangle-up", "star")
GREY = PALETTE[-1]
CLEAR = "rgba(0,0,0,0)"
ACROSS = 14  # names that stand side by side on a phone, each turned by a quarter
SPLIT_COLORS = {"train": BLUE, "val": "#B8860B", "test": "#C4699B"}

_MARKUP = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;", "$": "&#36;"})


def literal(text: str) -> str:
    """`text` so that Plotly shows its very characters: its labels are partly markup, and `$…$` is a formula."""
    return one_line(text).translate(_MARKUP)


def short(name: str, most: int = 22) -> str:
    """`name` literally in its `lines`."""
    return "<br>".join(map(literal, lines(name, most)))


def lines(name: str, most: int = 22) -> list[str]:
    """`name` on a line, its middle left out where it is longer than `most` characters (names differ at both ends).

    Where several stand side by side in it, `a + b`, and it is longer than that, each has a line of its own.
    """
    if len(name) <= most:
        return [one_line(name)]
    first, *others = name.split(" + ")
    return [shortened(line, most) for line in (first, *(f"+ {other}" for other in others))]


def short_names(names: Sequence[str], most: int = 22) -> list[str]:
    """Names literally in their `lines`; of those that would look the same then, the part that tells them apart."""
    alike: dict[str, set[str]] = {}
    for name in names:
        alike.setdefault(short(name, most), set()).add(name)
    return [short(_telling(name, alike[short(name, most)]), most) for name in names]


def _telling(name: str, alike: Collection[str]) -> str:
    """A name among others without the words at both ends that are the same in all; itself where it is alone."""
    if len(alike) < 2:
        return name
    words = [each.split(" ") for each in alike]
    begin = _same(words)
    end = _same([each[begin:][::-1] for each in words])
    telling = name.split(" ")
    return f"…{' '.join(telling[begin : len(telling) - end])}…" if begin + end else name


def _same(lists: Sequence[Sequence[str]]) -> int:
    """How many first words all lists have in common, leaving each at least one."""
    return sum(
        1 for _word in takewhile(lambda at: len(set(at)) == 1, zip(*(each[:-1] for each in lists), strict=False))
    )


def hover_name(name: str) -> str:
    """`name` literally for a hover text, which does not wrap: so much of it as fits."""
    return literal(shortened(name, 60))


def interval_words(ci: Sequence[float] | None) -> str:
    """A 95 % interval in words, "" where there is none."""
    return _("95 % interval {ci}").format(ci=interval((ci[0], ci[1]))) if ci else ""


def words(*parts: str) -> str:
    """A hover text: the parts that are not empty, one a line."""
    return "<br>".join(p for p in parts if p)


def class_style(index: int) -> tuple[str, str]:
    """The colour and the symbol of class number `index`: 48 classes in all before a pair comes again."""
    return PALETTE[index % len(PALETTE)], SYMBOLS[index // len(PALETTE) % len(SYMBOLS)]


def names_axis(names: Sequence[str], *, upwards: bool = False, most: int = 22, ticks: int = 50) -> dict[str, Any]:
    """An axis with `names` at 0, 1, …: as numbers, or Plotly would read the class "10" as ten and merge equal names.

    Args:
        names: the names in order.
        upwards: the first at the bottom (of a y axis), or on the left (of an x axis).
        most: characters of a name that are shown.
        ticks: how many names there is room for; of more, every second (third, …) is shown.
    """
    n = len(names)
    every = -(-n // ticks) if n else 1
    shown, texts = range(0, n, every), short_names(names, most)
    ends = (-0.5, max(n, 1) - 0.5)
    return {
        "type": "linear",
        "tickmode": "array",
        "tickvals": list(shown),
        "ticktext": [texts[i] for i in shown],
        "range": ends if upwards else ends[::-1],
        "showgrid": False,
        "zeroline": False,
        "ticklabeloverflow": "allow",
        "automargin": True,
    }


def error_bars(
    values: Sequence[float], intervals: Sequence[Sequence[float] | None], color: str = BLUE
) -> dict[str, Any]:
    """Error bars from each value to both ends of its interval; a value without an interval has none.

    Args:
        values: (n,) where the dots are.
        intervals: (n,) the low and the high end for each, or None.
        color: of the bars.
    """
    ends = [interval or (value, value) for value, interval in zip(values, intervals, strict=True)]
    return {
        "type": "data",
        "symmetric": False,
        "array": [max(high - value, 0.0) for value, (_low, high) in zip(values, ends, strict=True)],
        "arrayminus": [max(value - low, 0.0) for value, (low, _high) in zip(values, ends, strict=True)],
        "color": color,
        "thickness": 1.5,
        "width": 4,
    }


def rows_height(n: int, each_px: int = 26, around_px: int = 80, most_px: int = 900) -> int:
    """The height in pixels of a figure with `n` rows; Plotly draws nothing legible below 150."""
    return min(max(around_px + each_px * n, 150), most_px)


def around(values: Sequence[float], least: float = 0.02) -> tuple[float, float]:
    """The part of 0 to 1 that holds `values` with some air, for dots (bars start at zero)."""
    if not values:
        return (0.0, 1.0)
    low, high = min(values), max(values)
    air = max((high - low) * 0.15, least)
    return (max(low - air, -0.02), min(high + air, 1.02))


def figure(*traces: Any, height: int, **layout: Any) -> go.Figure:
    """The traces in Graft's plain layout; `layout` adds to it or replaces it."""
    plain: dict[str, Any] = {
        "height": height,
        "margin": {"l": 8, "r": 12, "t": 12, "b": 8},
        "paper_bgcolor": CLEAR,
        "plot_bgcolor": CLEAR,
        "showlegend": False,
        "hovermode": "closest",
        "dragmode": False,  # a finger on a figure scrolls the page
        "legend": legend(),
        "uirevision": "kept",  # a figure that is drawn anew with more data keeps the reader's zoom
    }
    return go.Figure(list(traces), {**plain, **layout})


def legend() -> dict[str, Any]:
    """A legend in lines above the plot, which leaves a phone's width to the plot."""
    return {"orientation": "h", "x": 0, "xanchor": "left", "y": 1.02, "yanchor": "bottom", "title": {"text": ""}}


def legend_below() -> dict[str, Any]:
    """A legend in lines under the plot, where there are several, or long ones."""
    return {**legend(), "yref": "container", "y": 0, "yanchor": "bottom"}
