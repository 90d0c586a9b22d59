"""The points of a learning curve as they are drawn: those that were measured, and those of its laws."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from core.evaluation.intervals import Interval
from core.probing.studies.power_law import MOST, PowerLaws, spread
from core.records import Record

_STEPS = 60  # points of a drawn law


@dataclass(frozen=True, kw_only=True)
class CurvePoint(Record):
    """What was measured at one size; one of the `points` of `curve --json`.

    Attributes:
        images: how many images probes were fitted on, on the average of the folds.
        per_class: the same by the number of classes.
        accuracy: the mean over the folds.
        interval: its 95 % t interval, by `standard_error`.
        macro_f1: of all folds' predictions together.
        fold_accuracy: in each fold, repeat after repeat.
        fold_macro_f1: likewise.
    """

    images: float
    per_class: float
    accuracy: float
    interval: Interval
    macro_f1: float
    fold_accuracy: tuple[float, ...]
    fold_macro_f1: tuple[float, ...]


@dataclass(frozen=True, kw_only=True)
class BandPoint(Record):
    """The laws at one number of training images; one of the points of `band` in `curve --json`.

    Attributes:
        images: how many.
        accuracy: the median over the laws.
        interval: the middle 95 %.
    """

    images: float
    accuracy: float
    interval: Interval


def band_points(laws: PowerLaws, least: float, now: int) -> tuple[BandPoint, ...]:
    """The laws as points to draw, from the smallest size to `MOST` times the data."""
    points = []
    for images in np.unique(np.append(np.geomspace(least, MOST * now, _STEPS), now)):
        accuracy = 1 - laws.error(float(images))
        low, high = spread(accuracy)
        points.append(
            BandPoint(
                images=round(float(images), 2),
                accuracy=round(float(np.median(accuracy)), 5),
                interval=(round(low, 5), round(high, 5)),
            )
        )
    return tuple(points)
