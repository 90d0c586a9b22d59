"""Positions for the labels of dots, so that they do not overlap. This file knows boxes, and no results."""

from __future__ import annotations

from collections.abc import Sequence

_CHARACTER_PX, _LINE_PX = 6.6, 15.0
_MARGIN_PX = 10.0  # free space to the right of a plot
_TOLERATED = 30.0  # square pixels of a label that may overlap or lie outside: less than half a character
# The sides come first, as a dot's error bar is above and below it.
_OFFSETS = {
    "middle right": (1, 0),
    "middle left": (-1, 0),
    "top right": (1, 1),
    "bottom right": (1, -1),
    "top left": (-1, 1),
    "bottom left": (-1, -1),
}
Box = tuple[float, float, float, float]


def text_positions(
    dots_at: Sequence[tuple[float, float]],
    texts: Sequence[str],
    lines: Sequence[Box] = (),
    size_px: tuple[float, float] = (290.0, 260.0),
) -> list[str]:
    """A Plotly `textposition` for each text beside its dot: one after the other takes the position that covers least.

    A text for which every position would cover a dot, an earlier text or a line gets "", and is left out.

    Args:
        dots_at: the position of each dot, as shares (0 to 1) of the plot's width and height.
        texts: the label of each dot, the most important first.
        lines: horizontal or vertical lines, each from (x, y) to (x, y) in the same shares, which strike no text.
        size_px: the assumed width and height of the plot; a phone's by default, where there is the least room.
    """
    width, height = size_px
    dots = [(x * width, y * height) for x, y in dots_at]
    occupied: list[Box] = [(x - 9, y - 9, x + 9, y + 9) for x, y in dots]
    line_boxes = [_around(line, width, height) for line in lines]
    positions = []
    for (x, y), text in zip(dots, texts, strict=True):
        boxes = {name: _box(x, y, len(text) * _CHARACTER_PX, offset) for name, offset in _OFFSETS.items()}
        covered = {name: _overlap(box, occupied) + _outside(box, width) for name, box in boxes.items()}
        crossed = {name: _overlap(box, line_boxes) for name, box in boxes.items()}
        best = min(boxes, key=lambda name: (max(covered[name], crossed[name]), covered[name] + crossed[name]))
        if max(covered[best], crossed[best]) > _TOLERATED:
            positions.append("")
            continue
        occupied.append(boxes[best])
        positions.append(best)
    return positions


def _box(x: float, y: float, length: float, side: tuple[int, int]) -> Box:
    left = x + 12 if side[0] > 0 else x - 12 - length
    middle = y + side[1] * _LINE_PX
    return (left, middle - _LINE_PX / 2, left + length, middle + _LINE_PX / 2)


def _around(line: Box, width: float, height: float) -> Box:
    (left, right), (low, high) = sorted((line[0], line[2])), sorted((line[1], line[3]))
    return (left * width - 2, low * height - 2, right * width + 2, high * height + 2)


def _overlap(box: Box, others: Sequence[Box]) -> float:
    """The area in square pixels that a box shares with others."""
    return sum(_shared(box, other) for other in others)


def _shared(a: Box, b: Box) -> float:
    """The area in square pixels that both boxes cover."""
    return max(min(a[2], b[2]) - max(a[0], b[0]), 0.0) * max(min(a[3], b[3]) - max(a[1], b[1]), 0.0)


def _outside(box: Box, width: float) -> float:
    """The area of the box beyond the plot's edge, which counts ten times as much as an overlap."""
    return 10 * (max(-box[0], 0.0) + max(box[2] - width - _MARGIN_PX, 0.0)) * (box[3] - box[1])
