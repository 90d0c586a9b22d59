"""What a manifest says of how far a model's probabilities are from what they say."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from core.errors import BundleError
from core.i18n import gettext as _
from core.records import Record


@dataclass(frozen=True, kw_only=True)
class CalibrationError(Record):
    """An expected calibration error and the Brier score beside it, see `core.evaluation.calibration`.

    Attributes:
        error: itself, 0 to 1.
        interval: its 95 % interval, by a bootstrap over the photos.
        by_chance: below that it is with 95 % of the samples of a model whose probabilities are just right.
        brier: the Brier score, 0 to 2; None in bundles that were made before it was kept.
        brier_interval: its 95 % interval; None likewise.
    """

    error: float
    interval: tuple[float, float]
    by_chance: float
    brier: float | None = None
    brier_interval: tuple[float, float] | None = None

    @property
    def is_possible(self) -> bool:
        """Whether its numbers can be what they say they are."""
        return 0 <= self.error <= 1 and 0 <= (self.brier or 0.0) <= 2


@dataclass(frozen=True, kw_only=True)
class Calibration(Record):
    """The calibration of a model on the photos of one split.

    Attributes:
        n: how many photos.
        now: of the model as it is, in one view of each photo.
        before: before its scores were divided by its temperature; None where they were not.
    """

    n: int
    now: CalibrationError
    before: CalibrationError | None = None

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.n < 1 or not all(each.is_possible for each in (self.now, self.before or self.now)):
            raise BundleError(_("What a bundle says of its calibration is not as it should be. Export it again."))


Calibrations = Mapping[str, Calibration]
"""By split ("oof", "val", "test") how well calibrated a model is on it."""
