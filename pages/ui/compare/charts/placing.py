"""Where the names beside dots go, so that they do not lie on one another: it knows boxes, and no results."""

from __future__ import annotations

from collections.abc import Sequence

_CHARACTER_PX, _LINE_PX = 6.6, 15.0
_MARGIN_PX = 10.0  # what is free to the right of a plot
_BEARABLE = 30.0  # square pixels of a name that may lie on something, or outside: less than half a character
# To the sides first: above and below a dot is its error bar.
_PLACES = {
    "middle right": (1, 0),
    "middle left": (-1, 0),
    "top right": (1, 1),
    "bottom right": (1, -1),
    "top left": (-1, 1),
    "bottom left": (-1, -1),
}
Box = tuple[float, float, float, float]


def text_positions(
    places: Sequence[tuple[float, float]],
    texts: Sequence[str],
    lines: Sequence[Box] = (),
    size_px: tuple[float, float] = (290.0, 300.0),
) -> list[str]:
    """A Plotly `textposition` for each text beside its dot, one after the other where the least is covered.

    A text that has no place free of dots and of the texts before it gets "": it is better left out than on another.

    Args:
        places: where each dot is, as shares (0 to 1) of the plot's width and height.
        texts: what stands beside each dot, the most important first.
        lines: lines that run across or up, each from (x, y) to (x, y) in the same shares; texts keep off them where
            they can.
        size_px: width and height of the plot to reckon with; a phone's, where it is tightest.
    """
    width, height = size_px
    dots = [(x * width, y * height) for x, y in places]
    taken: list[Box] = [(x - 9, y - 9, x + 9, y + 9) for x, y in dots]
    beside = [_around(line, width, height) for line in lines]
    chosen = []
    for (x, y), text in zip(dots, texts, strict=True):
        boxes = {name: _box(x, y, len(text) * _CHARACTER_PX, side) for name, side in _PLACES.items()}
        covered = {name: sum(_shared(box, t) for t in taken) + _outside(box, width) for name, box in boxes.items()}
        crossed = {name: sum(_shared(box, line) for line in beside) for name, box in boxes.items()}
        best = min(boxes, key=lambda name: (max(covered[name] - _BEARABLE, 0.0), crossed[name] + covered[name]))
        if covered[best] > _BEARABLE:
            chosen.append("")
            continue
        taken.append(boxes[best])
        chosen.append(best)
    return chosen


def _box(x: float, y: float, long: float, side: tuple[int, int]) -> Box:
    left = x + 12 if side[0] > 0 else x - 12 - long
    middle = y + side[1] * _LINE_PX
    return (left, middle - _LINE_PX / 2, left + long, middle + _LINE_PX / 2)


def _around(line: Box, width: float, height: float) -> Box:
    (left, right), (low, high) = sorted((line[0], line[2])), sorted((line[1], line[3]))
    return (left * width - 2, low * height - 2, right * width + 2, high * height + 2)


def _shared(a: Box, b: Box) -> float:
    """The area in square pixels that both boxes cover."""
    return max(min(a[2], b[2]) - max(a[0], b[0]), 0.0) * max(min(a[3], b[3]) - max(a[1], b[1]), 0.0)


def _outside(box: Box, width: float) -> float:
    """The area of the box that the plot's edge cuts off, which is worse than what another name covers."""
    return 10 * (max(-box[0], 0.0) + max(box[2] - width - _MARGIN_PX, 0.0)) * (box[3] - box[1])
