"""What was measured of where a model looks over many photos. No torch."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from core.errors import ExplainError
from core.evaluation.intervals import Interval, wilson
from core.evaluation.pairwise.difference import paired_interval
from core.explaining.records import CELLS
from core.i18n import gettext as _
from core.numbers import count, interval, percent, points, points_lost
from core.probing.studies.study import Study
from core.records import Record

BORDER = 2
"""How many of the `CELLS` rows and columns on each side of what a model sees of a photo are its border."""

BORDER_SHARE = 1 - (1 - 2 * BORDER / CELLS) ** 2
"""How much of what a model sees is border. So much attention is there if it is alike everywhere."""

CLEARLY = 0.1
"""A photo has clearly more attention on its border than that by chance if it is more by so much."""


def border_cells() -> NDArray[np.bool_]:
    """(CELLS, CELLS) bool: which cells are the border."""
    cells = np.ones((CELLS, CELLS), dtype=bool)
    cells[BORDER:-BORDER, BORDER:-BORDER] = False
    return cells


class _OfPhotos:
    """What n photos of which so many are right say of a model; for records that have both numbers."""

    n: int
    right: int

    @property
    def accuracy(self) -> float:
        """The share that is right."""
        return self.right / self.n

    @property
    def accuracy_ci(self) -> Interval:
        """Its 95 % interval."""
        return wilson(self.right, self.n)


@dataclass(frozen=True, kw_only=True)
class ClassAttention(Record):
    """Where a model looks when it says one class.

    Attributes:
        label: the class.
        n: how many photos it said it of.
        border: the mean share of its attention that is on the border.
        cells: `CELLS` rows of `CELLS` values, 0 to 1: the mean of the photos' maps.
    """

    label: str
    n: int
    border: float
    cells: tuple[tuple[float, ...], ...]


@dataclass(frozen=True, kw_only=True)
class PhotoAttention(Record):
    """A photo with much of the attention on its border.

    Attributes:
        photo: its name.
        sha256: of its bytes.
        true: its class.
        predicted: the class that the model says.
        border: the share of the attention that is on the border.
        map: the file of its heat map, beside the record.
        picture: the file of a picture of it.
    """

    photo: str
    sha256: str
    true: str
    predicted: str
    border: float
    map: str
    picture: str


@dataclass(frozen=True, kw_only=True)
class Hidden(_OfPhotos, Record):
    """How many photos a model still knows when a part of each is hidden.

    Attributes:
        n: how many photos there are.
        right: how many are right.
        lost: how many are right only where nothing is hidden.
        won: how many are right only where the part is hidden.
    """

    n: int
    right: int
    lost: int
    won: int

    def __post_init__(self) -> None:
        super().__post_init__()
        if not (self.n > 0 and min(self.right, self.lost, self.won) >= 0 and max(self.right, self.lost) <= self.n):
            raise ExplainError(_("What was measured with a part of each photo hidden is damaged. Measure it again."))

    @property
    def drop(self) -> float:
        """How much accuracy is lost by hiding the part."""
        return (self.lost - self.won) / self.n

    @property
    def drop_ci(self) -> Interval:
        """The 95 % interval of that, of the same photos."""
        return paired_interval(self.lost, self.won, self.n)


@dataclass(frozen=True, kw_only=True)
class Attention(_OfPhotos, Record, Study):
    """Where a model looks over a sample of a split.

    Attributes:
        backbone: the model's.
        dataset: the id of the photos.
        split: which of them.
        method: how the maps were made.
        n: how many photos were looked at.
        of: how many the split has.
        right: how many the model knows.
        largest: how many are of the largest class.
        border_mean: the mean share of the attention that is on the border.
        border_sd: the standard deviation of that share among photos.
        border: what hiding the border of each photo costs.
        centre: what hiding all but the border costs.
        classes: where it looks when it says each class; those that it never says are left out.
        photos: those with most of the attention on the border, the most first.
    """

    FILE: ClassVar[str] = "attention.json"

    backbone: str
    dataset: str
    split: str
    method: str
    n: int
    of: int
    right: int
    largest: int
    border_mean: float
    border_sd: float
    border: Hidden
    centre: Hidden
    classes: tuple[ClassAttention, ...]
    photos: tuple[PhotoAttention, ...] = ()

    @property
    def guessing(self) -> float:
        """How often always saying the largest class would be right."""
        return self.largest / self.n

    @property
    def knows_classes(self) -> bool:
        """Whether the model, shown whole photos, is right more often than by guessing, beyond chance."""
        return self.accuracy_ci[0] > self.guessing

    @property
    def border_gives_away(self) -> bool:
        """Whether the border alone tells classes apart beyond chance."""
        return self.centre.accuracy_ci[0] > self.guessing

    @property
    def photos_at_border(self) -> tuple[PhotoAttention, ...]:
        """Those of `photos` with clearly more of the attention on the border than there is of it."""
        return tuple(photo for photo in self.photos if photo.border >= BORDER_SHARE + CLEARLY)

    @property
    def on_border(self) -> str:
        """How much of the attention is on the border, beside how much is to be expected there."""
        return _("On average {mean} of the attention is on the border, which is {area} of what the model sees.").format(
            mean=percent(self.border_mean, 0), area=percent(BORDER_SHARE, 0)
        )

    @property
    def verdict(self) -> str:
        """Whether there may be a shortcut at the border, by what, in sentences."""
        facts = {
            "alone": percent(self.centre.accuracy),
            "ci": interval(self.centre.accuracy_ci),
            "guessing": percent(self.guessing),
            "whole": percent(self.accuracy),
            "whole_ci": interval(self.accuracy_ci),
            "n": count(self.n),
        }
        if self.border_gives_away:
            judged = _(
                "From the border alone, with the centre of each photo hidden, the model is still right for {alone} "
                "({ci}); always saying the commonest class, for {guessing}. Something there gives classes away: "
                "subjects that reach the edge, or a background, a frame or a mark that goes with a class."
            )
        elif not self.knows_classes:
            judged = _(
                "Whether there is a shortcut at the border cannot be told: also with nothing hidden the model is right "
                "for {whole} ({whole_ci}) of {n} photos, not surely more than by always saying the commonest class "
                "({guessing})."
            )
        else:
            judged = _(
                "From the border alone, with the centre of each photo hidden, the model is right for {alone} ({ci}), "
                "not surely more than by always saying the commonest class ({guessing}): no shortcut at the border was "
                "shown on {n} photos. With nothing hidden it is right for {whole} ({whole_ci})."
            )
        return f"{judged.format(**facts)} {self._costs}"

    @property
    def _costs(self) -> str:
        return _(
            "Hiding the border costs {border} points ({border_ci}), hiding the centre {centre} ({centre_ci})."
        ).format(
            border=points(self.border.drop),
            border_ci=points_lost(self.border.drop_ci),
            centre=points(self.centre.drop),
            centre_ci=points_lost(self.centre.drop_ci),
        )

    def as_json(self) -> dict[str, object]:
        """The record with what is computed from it, as the command line prints it."""
        hidden = {
            name: {
                "accuracy": part.accuracy,
                "accuracy_ci": part.accuracy_ci,
                "drop": part.drop,
                "drop_ci": part.drop_ci,
            }
            for name, part in (("border_hidden", self.border), ("centre_hidden", self.centre))
        }
        computed = {"accuracy": self.accuracy, "accuracy_ci": self.accuracy_ci, "guessing": self.guessing}
        judged = {"knows_classes": self.knows_classes, "border_gives_away": self.border_gives_away}
        return {**self.to_json(), **computed, **judged, **hidden, "border_area": BORDER_SHARE, "verdict": self.verdict}
