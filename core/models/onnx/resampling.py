"""Pillow's resampling in ONNX: a triangle or a cubic filter as wide as the photo shrinks, as two products of matrices.

As in Pillow, weights are whole numbers of 22 bits behind the point, and each pass is rounded to 8 bits. In float64 all
of that is exact. ONNX's own Resize is not: values differ by 1 of 255 on up to a hundredth of the pixels.
Source: Pillow's `src/libImaging/Resample.c`.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from core.models.onnx.steps import Steps

_BITS = 2.0**22
_CUBIC = -0.5


@dataclass(frozen=True)
class Axis:
    """How one axis is resized; each a name in the graph, of (1,) float64.

    Attributes:
        size: pixels of the photo.
        start: where in the photo the result begins.
        scale: pixels of the photo for one of the result.
        skipped: pixels of the result that are left out at its beginning.
        count: pixels of the result.
    """

    size: str
    start: str
    scale: str
    skipped: str
    count: str

    @classmethod
    def whole(cls, steps: Steps, size: str, count: str) -> Axis:
        """All of an axis, at another length."""
        none = steps.real(0)
        return cls(size=size, start=none, scale=steps.op("Div", size, count), skipped=none, count=count)


class Resampling:
    """Writes resampling as steps.

    Args:
        steps: takes them.
        method: "bilinear" or "bicubic".
    """

    def __init__(self, steps: Steps, method: str) -> None:
        self._steps, self._is_cubic = steps, method == "bicubic"

    def resized(self, pixels: str, rows: Axis, columns: Axis) -> str:
        """Photos (n, h, 3, w), each row's reds before its greens and blues -> (n, 3, rows, columns) float64."""
        op = self._steps.op
        across = self._rounded(op("MatMul", self._steps.as_real(pixels), self._weights(columns, upright=False)))
        by_channel = op("Transpose", across, perm=[0, 2, 1, 3])
        return self._rounded(op("MatMul", self._weights(rows, upright=True), by_channel))

    def _rounded(self, sums: str) -> str:
        op, real = self._steps.op, self._steps.real
        halves = op("Floor", op("Div", op("Add", sums, real(_BITS / 2)), real(_BITS)))
        return op("Min", op("Max", halves, real(0)), real(255))

    def _weights(self, axis: Axis, upright: bool) -> str:
        """The shares of the photo's pixels in each of the result's, (count, size); (size, count) where not upright."""
        op, real = self._steps.op, self._steps.real
        places = op("Add", self._line(axis.count, 1 if upright else 0), op("Add", axis.skipped, real(0.5)))
        centres = op("Add", op("Mul", places, axis.scale), axis.start)
        pixels = op("Add", self._line(axis.size, 0 if upright else 1), real(0.5))
        apart = op("Abs", op("Div", op("Sub", pixels, centres), op("Max", axis.scale, real(1))))
        shares = self._filter(apart)
        total = op("ReduceSum", shares, self._steps.constant([1 if upright else 0], np.int64))
        wanted = op("Mul", op("Div", shares, total), real(_BITS))
        return op("Mul", op("Floor", op("Add", op("Abs", wanted), real(0.5))), op("Sign", wanted))

    def _line(self, length: str, new_axis: int) -> str:
        """0, 1, 2 ... as a row (1, length) or, with the new axis 1, as a column (length, 1)."""
        op, none = self._steps.op, self._steps.constant(0, np.int64)
        one = self._steps.constant(1, np.int64)
        end = op("Squeeze", self._steps.as_whole(length))
        numbers = self._steps.as_real(op("Range", none, end, one))
        return op("Unsqueeze", numbers, self._steps.constant([new_axis], np.int64))

    def _filter(self, d: str) -> str:
        """The filter at distances d."""
        op, real = self._steps.op, self._steps.real
        if not self._is_cubic:
            return op("Max", op("Sub", real(1), d), real(0))
        inner = op("Mul", op("Sub", op("Mul", d, real(_CUBIC + 2)), real(_CUBIC + 3)), op("Mul", d, d))
        outer = op("Sub", op("Mul", op("Add", op("Mul", op("Sub", d, real(5)), d), real(8)), d), real(4))
        tail = op("Where", op("Less", d, real(2)), op("Mul", outer, real(_CUBIC)), real(0))
        return op("Where", op("Less", d, real(1)), op("Add", inner, real(1)), tail)
