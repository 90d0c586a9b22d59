"""The health report itself: one record of everything that is known of a dataset's health, as `health.json` holds it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

from core.errors import GraftError
from core.health.composition import Balance, Sizes
from core.health.duplicates import Duplicates
from core.health.labels import LabelCheck
from core.health.leaks import Leak
from core.health.quality import Quality
from core.health.shortcuts import Shortcut
from core.i18n import gettext as _
from core.records import Record

SCHEMA = 2


@dataclass(frozen=True, kw_only=True)
class HealthReport(Record):
    """What was found when a dataset's photos were checked.

    Attributes:
        dataset: the dataset's id.
        dataset_name: what the user calls it.
        fingerprint: of the photos as they were checked; those that were edited since have another one.
        images: how many photos were checked.
        balance: how many there are of each class.
        sizes: how large they are, by split.
        duplicates: alike photos.
        groups_apart: the user's groups that lie on both sides of the line between training and the other splits.
        quality: photos that show little.
        labels: photos that are perhaps in the wrong class; None where they are too few to tell.
        shortcuts: what probes get that cannot see the subject; none where the photos are too few to tell.
        leaks: what the leaks between the data's own splits are worth.
        notes: what could not be looked at, and why.
        backbone: whose features judged the labels.
        seed: of folds and draws.
        seconds: how long the check took.
    """

    dataset: str
    dataset_name: str
    fingerprint: str
    images: int
    balance: Balance
    sizes: Mapping[str, Sizes]
    duplicates: Duplicates
    groups_apart: tuple[str, ...]
    quality: Quality
    labels: LabelCheck | None = None
    shortcuts: tuple[Shortcut, ...]
    leaks: tuple[Leak, ...]
    notes: tuple[str, ...]
    backbone: str
    seed: int
    seconds: float

    def to_json(self) -> dict[str, Any]:
        """A JSON object with the schema's number and every field."""
        return {"schema": SCHEMA, **super().to_json()}

    @classmethod
    def from_json(cls, content: Mapping[str, Any]) -> Self:
        """The report in what `to_json` gave.

        Raises:
            GraftError: another version wrote it, or a field is missing or wrong.
        """
        report = super().from_json(content)
        if content.get("schema") != SCHEMA:
            raise GraftError(_("Another version of Graft wrote this health report. Check the photos again."))
        return report
