"""Where in a photo the squares lie that a model sees of it, and which of their pixels are of which part of the photo.

Everything about places in a photo is said here once, for all framings and for backbones side by side, each of which
has a square of its own. No torch.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from core.backbones.names import CENTRE, WHOLE
from core.backbones.spec import Preprocessing

Box = tuple[float, float, float, float]
"""Left, top, right, bottom in pixels of the upright photo; a square that is padded goes beyond it."""

MAP_PX = 256
"""The long side of a heat map."""


@dataclass(frozen=True)
class Sight:
    """What a model sees of one photo.

    Attributes:
        size: the upright photo's width and height in pixels.
        boxes: where each backbone's square lies in it.
        sides: the side of each square in pixels.
    """

    size: tuple[int, int]
    boxes: tuple[Box, ...]
    sides: tuple[int, ...]

    @classmethod
    def of(cls, size: tuple[int, int], preprocessing: Preprocessing) -> Sight:
        """What is seen of a photo of this size, as `core.backbones.preprocess.crop` cuts it."""
        views = preprocessing.views
        return cls(size, tuple(_box(size, view) for view in views), tuple(view.crop_px for view in views))

    @property
    def seen(self) -> Box:
        """The smallest box that holds all that is seen, within the photo, in its pixels."""
        lefts, tops, rights, bottoms = zip(*self.boxes, strict=True)
        width, height = self.size
        return max(min(lefts), 0.0), max(min(tops), 0.0), min(max(rights), width), min(max(bottoms), height)

    @property
    def seen_share(self) -> Box:
        """The same as shares of the photo's width and height."""
        (left, top, right, bottom), (width, height) = self.seen, self.size
        return left / width, top / height, min(right / width, 1.0), min(bottom / height, 1.0)

    @property
    def map_shape(self) -> tuple[int, int]:
        """The rows and columns of a heat map over the photo."""
        share = min(1.0, MAP_PX / max(self.size))
        return max(1, round(self.size[1] * share)), max(1, round(self.size[0] * share))

    def cells(self, n: int) -> NDArray[np.int64]:
        """(pixels,): for each pixel of the squares, row by row and one square after the other, its cell of the photo.

        Args:
            n: what is seen is cut into so many rows and columns; cells are numbered row by row.

        Returns:
            The numbers; -1 for padding, which is no part of the photo.
        """
        of_each = [_cells(box, side, self.seen, n).ravel() for box, side in zip(self.boxes, self.sides, strict=True)]
        return np.concatenate(of_each)

    def laid(self, grids: Sequence[NDArray[np.floating]]) -> NDArray[np.float32]:
        """Maps over the squares as one over the photo, in which they add up.

        Args:
            grids: for each square (h, w): how much each of its places has of something that adds up.

        Returns:
            (h, w) of `map_shape`, float32: how much each place of the photo has; 0 outside.
        """
        total = np.zeros(self.map_shape, dtype=np.float32)
        for grid, box in zip(grids, self.boxes, strict=True):
            total += _laid(np.asarray(grid, dtype=np.float32), box, self.size, self.map_shape)
        return total


def _box(size: tuple[int, int], view: Preprocessing) -> Box:
    width, height = size
    if view.framing == CENTRE:
        scaled = [int(view.resize_px * side / min(size)) for side in size]
        starts = [round((side - view.crop_px) / 2) for side in scaled]
    elif view.framing == WHOLE:
        scaled = [max(1, round(side / max(size) * view.crop_px)) for side in size]
        starts = [-round((view.crop_px - side) / 2) for side in scaled]
    else:
        return 0.0, 0.0, float(width), float(height)
    (left, top), (x, y) = starts, (width / scaled[0], height / scaled[1])
    return left * x, top * y, (left + view.crop_px) * x, (top + view.crop_px) * y


def _cells(box: Box, side: int, seen: Box, n: int) -> NDArray[np.int64]:
    """(side, side): the cell of each pixel of a square."""
    columns, rows = (_along(box[axis], box[axis + 2], side, seen[axis], seen[axis + 2], n) for axis in (0, 1))
    is_padding = (rows[:, None] < 0) | (columns[None, :] < 0)
    return np.where(is_padding, -1, rows[:, None] * n + columns[None, :])


def _along(start: float, end: float, side: int, first: float, last: float, n: int) -> NDArray[np.int64]:
    """(side,): which of the n parts between `first` and `last` the middle of each pixel is in; -1 outside."""
    middles = start + (np.arange(side) + 0.5) * (end - start) / side
    parts = np.floor((middles - first) / (last - first) * n).astype(np.int64)
    is_outside = (middles < first) | (middles > last)
    return np.where(is_outside, -1, np.clip(parts, 0, n - 1))


def _laid(grid: NDArray[np.float32], box: Box, size: tuple[int, int], shape: tuple[int, int]) -> NDArray[np.float32]:
    """A square's map over the photo, between its places interpolated."""
    (left, top, right, bottom), (rows, columns), (h, w) = box, grid.shape, shape
    x, y = columns / (right - left), rows / (bottom - top)  # places of the map a pixel of the photo
    step_x, step_y = size[0] / w * x, size[1] / h * y
    across = (step_x, 0.0, -left * x, 0.0, step_y, -top * y)
    laid = Image.fromarray(grid).transform((w, h), Image.Transform.AFFINE, across, Image.Resampling.BILINEAR)
    return np.asarray(laid, dtype=np.float32) * np.float32(step_x * step_y)
