"""What comes of looking into photos: a small record of the job, and one of each photo."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from core.errors import JobError
from core.explaining.alike import Neighbour
from core.explaining.believed import Faithfulness
from core.i18n import gettext as _
from core.records import Record, read_records
from core.versions import read_once


@dataclass(frozen=True, kw_only=True)
class Explained(Record):
    """Photos that were explained.

    Attributes:
        file: the explanations, in the job's directory; `read_explanations` reads them.
        photos: how many were asked about.
        failed: how many of them could not be read.
    """

    file: str
    photos: int
    failed: int


@dataclass(frozen=True, kw_only=True)
class Explanation(Record):
    """Where a model looks in one photo.

    Attributes:
        photo: the photo's name.
        sha256: of its bytes; "" for one that is of no dataset.
        true: its class; "" where that is not known.
        label: the class that is explained.
        proba: the probability of each class, in the model's order.
        method: how the map was made.
        map: the file of the map, in the job's directory; `core.explaining.records.HeatMap` reads it.
        picture: the file of a picture of the whole photo.
        framed: the file of that with a frame around what the model sees of it; "" where it sees all.
        faithfulness: how far the map can be believed; None where it was not tested.
        alike: the training photos that the model finds most like it, the most alike first.
        error: why the photo could not be read; "" where it could.
    """

    photo: str
    sha256: str = ""
    true: str = ""
    label: str = ""
    proba: Mapping[str, float] = field(default_factory=dict)
    method: str = ""
    map: str = ""
    picture: str = ""
    framed: str = ""
    faithfulness: Faithfulness | None = None
    alike: tuple[Neighbour, ...] = ()
    error: str = ""

    @property
    def predicted(self) -> str:
        """The likeliest class, "" where there is none."""
        return max(self.proba, key=self.proba.__getitem__, default="")


@read_once(most=16)
def read_explanations(path: Path) -> tuple[Explanation, ...]:
    """The explanations in a file, in the order of the photos.

    Raises:
        JobError: the file is gone, or damaged.
    """
    return read_records(path, Explanation, JobError(_("These explanations cannot be read. Ask for them again.")))
