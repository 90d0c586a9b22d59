"""What is known of where a model looks: a heat map, and by which method. No torch, and no pictures."""

from __future__ import annotations

import zipfile
import zlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from core.backbones.spec import BackboneInfo
from core.checks import one_of
from core.errors import ExplainError
from core.evaluation.predictions import packed, unpacked
from core.i18n import gettext as _
from core.paths import replacing
from core.versions import read_once

GRAD_CAM, HIRESCAM, OCCLUSION, INTEGRATED = "grad-cam", "hirescam", "occlusion", "integrated-gradients"
METHODS = (GRAD_CAM, HIRESCAM, OCCLUSION, INTEGRATED)
LAYERLESS = (OCCLUSION, INTEGRATED)
"""The methods that need nothing inside the network."""

CELLS = 16
"""Photos are hidden piece by piece: what a model sees of one is cut into so many rows and columns."""


ALL = 0.99
"""A model that sees so much of a photo sees all of it: sizes are rounded to pixels."""


def check_method(method: str) -> None:
    """Makes sure that there is such a method.

    Raises:
        ExplainError: there is not.
    """
    one_of("method", method, METHODS, ExplainError)


def methods_for(backbone: BackboneInfo) -> tuple[str, ...]:
    """The methods that suit a backbone; one without stages has no layer to look into."""
    return METHODS if all(part.stages for part in backbone.each) else LAYERLESS


def method_label(method: str) -> str:
    """A method's name in a list."""
    return {
        GRAD_CAM: _("Grad-CAM"),
        HIRESCAM: _("HiResCAM"),
        OCCLUSION: _("Occlusion"),
        INTEGRATED: _("Integrated gradients"),
    }[method]


@dataclass(frozen=True, eq=False)
class HeatMap:
    """How much each place of a photo speaks for a class.

    Attributes:
        method: one of `METHODS`.
        label: the class.
        values: (h, w) float32, at least 0, over the whole upright photo at a smaller size; 0 where the model does not
            look. Their unit is the method's own, so that one map is compared with itself alone.
        seen: what the model sees of the photo: left, top, right and bottom as shares of its width and height.

    Raises:
        ExplainError: the parts do not fit together.
    """

    method: str
    label: str
    values: NDArray[np.float32]
    seen: tuple[float, float, float, float] = (0.0, 0.0, 1.0, 1.0)

    def __post_init__(self) -> None:
        check_method(self.method)
        values = np.array(self.values, dtype=np.float32, order="C")
        if values.ndim != 2 or not values.size or not np.isfinite(values).all() or (values < 0).any():
            raise ExplainError(
                _("A heat map is a table of finite numbers of at least 0, not {shape}.").format(shape=values.shape)
            )
        left, top, right, bottom = self.seen
        if not (0 <= left < right <= 1 and 0 <= top < bottom <= 1):
            raise ExplainError(_("What a model sees of a photo is a box within it, not {box}.").format(box=self.seen))
        values.setflags(write=False)
        object.__setattr__(self, "values", values)

    @property
    def window(self) -> tuple[slice, slice]:
        """The rows and columns of `values` that the model sees, at least one of each."""
        (h, w), (left, top, right, bottom) = self.values.shape, self.seen
        return _span(top, bottom, h), _span(left, right, w)

    @property
    def scaled(self) -> NDArray[np.float32]:
        """(h, w) float32, 0 at the least and 1 at the most of what the model sees; all 0 where it is all the same."""
        inside = self.values[self.window]
        low, high = float(inside.min()), float(inside.max())
        scaled = np.zeros_like(self.values)
        if high > low:
            scaled[self.window] = (inside - low) / (high - low)
        return scaled

    def cells(self, n: int = CELLS) -> NDArray[np.float64]:
        """(n, n) float64: the means of what the model sees, cut into so many rows and columns."""
        return _means(_means(self.values[self.window].astype(np.float64), n).T, n).T

    @property
    def seen_area(self) -> float:
        """The share of the photo that the model sees, 0 to 1."""
        left, top, right, bottom = self.seen
        return (right - left) * (bottom - top)

    @property
    def sees_all(self) -> bool:
        """Whether the model sees all of the photo, but for a line of pixels."""
        return self.seen_area >= ALL

    @property
    def where(self) -> str:
        """Where it is hottest, and in what: a place in a part of a photo is not that place in the photo."""
        within = _("{place} of the photo") if self.sees_all else _("{place} of what the model sees")
        return within.format(place=self.place)

    @property
    def place(self) -> str:
        """Where what the model sees is hottest, in words for those who do not see it."""
        row, column = divmod(int(self.cells(3).argmax()), 3)
        names = (
            (_("at the upper left"), _("at the top"), _("at the upper right")),
            (_("at the left"), _("in the middle"), _("at the right")),
            (_("at the lower left"), _("at the bottom"), _("at the lower right")),
        )
        return names[row][column]

    def save(self, path: Path) -> None:
        """Replaces the file at `path` by this map, as `.npz` without pickle, whole or not at all."""
        with replacing(path) as file:
            names = packed([self.method, self.label])
            np.savez_compressed(file, values=self.values, seen=np.array(self.seen), names=names)

    @staticmethod
    @read_once(most=96)
    def load(path: Path) -> HeatMap:
        """The map in a file that `save` wrote.

        Raises:
            ExplainError: there is no such file, or it is damaged.
        """
        try:
            with path.open("rb") as file, np.load(file, allow_pickle=False) as content:
                method, label = unpacked(content["names"])
                left, top, right, bottom = content["seen"].tolist()
                return HeatMap(method, label, content["values"], (left, top, right, bottom))
        except (OSError, EOFError, KeyError, TypeError, ValueError, zipfile.BadZipFile, zlib.error) as why:
            raise ExplainError(
                _("The heat map '{name}' cannot be read. Draw it again.").format(name=path.name)
            ) from why


def _span(low: float, high: float, n: int) -> slice:
    first = min(round(low * n), n - 1)
    return slice(first, max(round(high * n), first + 1))


def _means(rows: NDArray[np.float64], n: int) -> NDArray[np.float64]:
    """The rows (h, w) as n rows (n, w), each the mean of those, or parts of those, that it covers."""
    sums = np.vstack([np.zeros(rows.shape[1]), np.cumsum(rows, axis=0)])
    edges = np.linspace(0, len(rows), n + 1)
    at = np.stack([np.interp(edges, np.arange(len(sums)), column) for column in sums.T], axis=1)
    return np.asarray(np.diff(at, axis=0) * n / len(rows))
