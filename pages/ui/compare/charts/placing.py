"""Positions for the labels of dots with bars, so that they do not overlap. This file knows boxes, and no results."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

_CHARACTER_PX, _LINE_PX = 6.6, 15.0
_MARGIN_PX = 10.0  # free space to the right of a plot
_TOLERATED = 30.0  # square pixels of a label that may overlap or lie outside: less than half a character
_TOUCHED = 5.0  # square pixels of a label that a line may touch
_BESIDE = {
    "middle right": (1, 0),
    "middle left": (-1, 0),
    "top right": (1, 1),
    "bottom right": (1, -1),
    "top left": (-1, 1),
    "bottom left": (-1, -1),
}
AT_ENDS = ("top center", "bottom center")
"""The positions over and under a dot's bar; all others are beside the dot."""
Box = tuple[float, float, float, float]
Size = tuple[float, float]
SIZES_PX: tuple[Size, ...] = ((270, 255), (380, 255), (540, 255), (760, 255), (1070, 255))
"""The plot from a phone's width to a large screen's: what is beside a dot's name on one may strike it on another."""


@dataclass(frozen=True)
class Dot:
    """A dot with a bar, in shares (0 to 1) of the plot's width and height.

    Attributes:
        x: where it is.
        y: where it is.
        low: the lower end of its bar.
        high: the upper end.
        name: what it is called, line by line.
    """

    x: float
    y: float
    low: float
    high: float
    name: tuple[str, ...]


@dataclass(frozen=True)
class Label:
    """What stands beside a dot.

    Attributes:
        lines: its name, or a number.
        position: as Plotly's `textposition`, at the dot, or, for those in `AT_ENDS`, at an end of its bar.
        is_number: whether it is a number.
    """

    lines: tuple[str, ...]
    position: str
    is_number: bool = False


@dataclass(frozen=True)
class _Sheet:
    """A plot of one width with what is on it.

    Attributes:
        size_px: its width and height.
        lines: boxes around the lines, which may strike no label.
        occupied: boxes of dots and labels.
    """

    size_px: Size
    lines: Sequence[Box]
    occupied: list[Box]

    def cost(self, box: Box) -> tuple[float, float]:
        """How much of a label is on other labels and dots or outside, and how much on lines."""
        return _overlap(box, self.occupied) + _outside(box, self.size_px), _overlap(box, self.lines)


def labels_of(dots: Sequence[Dot], lines: Sequence[Box] = (), sizes_px: Sequence[Size] = SIZES_PX) -> list[Label]:
    """The label of each dot: one name after the other takes the position that covers least.

    Where every position of a name would cover a dot, an earlier name or a line, a number takes its place: 1, 2, …, from
    the left to the right.

    Args:
        dots: the most important first.
        lines: horizontal or vertical lines beside the bars, each from (x, y) to (x, y) in shares as of a dot.
        sizes_px: the widths and heights that the plot may have: a label stays the same at all of them.
    """
    sheets = [_sheet(dots, lines, size) for size in sizes_px]
    labels: dict[int, Label] = {}
    for at, dot in enumerate(dots):
        position, has_room = _best_position(dot, dot.name, sheets)
        if has_room:
            labels[at] = Label(dot.name, position)
            _occupy(dot, labels[at], sheets)
    without_room = sorted(set(range(len(dots))) - set(labels), key=lambda at: (dots[at].x, dots[at].y))
    for number, at in enumerate(without_room, start=1):
        position, _has_room = _best_position(dots[at], (str(number),), sheets)
        labels[at] = Label((str(number),), position, is_number=True)
        _occupy(dots[at], labels[at], sheets)
    return [labels[at] for at in range(len(dots))]


def _sheet(dots: Sequence[Dot], lines: Sequence[Box], size_px: Size) -> _Sheet:
    bars = [_around((dot.x, dot.low, dot.x, dot.high), size_px, (5, 2)) for dot in dots]
    others = [_around(line, size_px, (2, 2)) for line in lines]
    return _Sheet(size_px, [*bars, *others], [_around((dot.x, dot.y, dot.x, dot.y), size_px, (9, 9)) for dot in dots])


def _best_position(dot: Dot, text: Sequence[str], sheets: Sequence[_Sheet]) -> tuple[str, bool]:
    """The position where a text covers least on the sheet that is worst for it, and whether it has room on all."""
    boxes = [(sheet, _boxes(dot, text, sheet.size_px)) for sheet in sheets]
    costs = {name: [sheet.cost(on_sheet[name]) for sheet, on_sheet in boxes] for name in (*_BESIDE, *AT_ENDS)}
    best = min(costs, key=lambda name: (max(map(max, costs[name])), sum(map(sum, costs[name]))))
    return best, all(covered <= _TOLERATED and crossed <= _TOUCHED for covered, crossed in costs[best])


def _occupy(dot: Dot, label: Label, sheets: Sequence[_Sheet]) -> None:
    for sheet in sheets:
        sheet.occupied.append(_boxes(dot, label.lines, sheet.size_px)[label.position])


def _boxes(dot: Dot, text: Sequence[str], size_px: Size) -> dict[str, Box]:
    """The box of a text's lines in each position."""
    (width, height), length = size_px, max(map(len, text)) * _CHARACTER_PX
    x, half = dot.x * width, len(text) * _LINE_PX / 2
    boxes = {}
    for name, (side, step) in _BESIDE.items():
        left, middle = x + (12 if side > 0 else -12 - length), dot.y * height + step * (half + _LINE_PX / 2)
        boxes[name] = (left, middle - half, left + length, middle + half)
    for name, middle in zip(AT_ENDS, (dot.high * height + 3 + half, dot.low * height - 3 - half), strict=True):
        boxes[name] = (x - length / 2, middle - half, x + length / 2, middle + half)
    return boxes


def _around(line: Box, size_px: Size, air_px: tuple[float, float]) -> Box:
    """A line, given in shares, as a box in pixels with some air across and up."""
    (width, height), (across, up) = size_px, air_px
    (left, right), (low, high) = sorted((line[0], line[2])), sorted((line[1], line[3]))
    return (left * width - across, low * height - up, right * width + across, high * height + up)


def _overlap(box: Box, others: Sequence[Box]) -> float:
    """The area in square pixels that a box shares with others."""
    return sum(_shared(box, other) for other in others)


def _shared(a: Box, b: Box) -> float:
    """The area in square pixels that both boxes cover."""
    return max(min(a[2], b[2]) - max(a[0], b[0]), 0.0) * max(min(a[3], b[3]) - max(a[1], b[1]), 0.0)


def _outside(box: Box, size_px: Size) -> float:
    """The area of the box beyond the plot's edges, which counts ten times as much as an overlap."""
    width, height = size_px
    across = max(-box[0], 0.0) + max(box[2] - width - _MARGIN_PX, 0.0)
    up = max(-box[1], 0.0) + max(box[3] - height, 0.0)
    return 10 * (across * (box[3] - box[1]) + up * (box[2] - box[0]))
