"""The results of the verbs: one small frozen record each, which is the `result` in a job's `status.json`.

What is large is in a file in the job's directory, which the record names.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self, TypeVar

from core.errors import GraftError, JobError, RecordError
from core.i18n import gettext as _
from core.jobs.spec import JobSpec
from core.jobs.status import JobStatus
from core.paths import read_json, write_json
from core.records import Readable, Record
from core.strangers.record import ExpectedAlarms
from core.versions import read_once


@dataclass(frozen=True, kw_only=True)
class TakenIn(Record):
    """The dataset of photos that were taken in, or put in other groups.

    Attributes:
        dataset: its id.
        name: what the user calls it.
        images: how many it has.
        classes: how many classes.
    """

    dataset: str
    name: str
    images: int
    classes: int


@dataclass(frozen=True, kw_only=True)
class HealthChecked(Record):
    """A health report, which is kept beside the dataset with this id."""

    dataset: str


@dataclass(frozen=True, kw_only=True)
class Packed(Record):
    """Photos as a zip.

    Attributes:
        file: the zip, in the job's directory where it is no path.
        bytes: its size.
        images: how many photos are in it.
        edits: how many edits the table held that the request named; 0 where it named none.
    """

    file: str
    bytes: int
    images: int
    edits: int = 0


@dataclass(frozen=True, kw_only=True)
class Compared(Record):
    """Backbones that were compared; `core.probing.comparison.record` reads the comparison.

    Attributes:
        file: what makes the job's directory a comparison.
        dataset: the id of the dataset that it is about.
        best: the most accurate backbone.
        accuracy: its accuracy, 0 to 1.
    """

    file: str
    dataset: str
    best: str
    accuracy: float

    @classmethod
    def from_json(cls, content: Mapping[str, Any]) -> Self:
        """The record in a JSON object, in whose place earlier versions of Graft kept the whole comparison."""
        rows = content.get("results") if "best" not in content else None
        if rows:
            try:
                best = max(rows, key=lambda row: float(row["accuracy_mean"]))
                facts = {"file": "comparison.json", "best": best["backbone"], "accuracy": best["accuracy_mean"]}
            except (KeyError, TypeError, ValueError) as problem:
                raise RecordError(
                    _("'{name}' cannot be read ({reason}).").format(name="results", reason=problem)
                ) from None
            content = {**content, **facts}
        return super().from_json(content)


@dataclass(frozen=True, kw_only=True)
class Studied(Record):
    """A study of one backbone (`core.probing.studies`).

    Attributes:
        file: its record, in the job's directory.
        dataset: the id of the dataset that it is about.
    """

    file: str
    dataset: str


@dataclass(frozen=True, kw_only=True)
class Finetuned(Record):
    """A fine-tuned run; its scores are in the run's own record.

    Attributes:
        run: its directory, below the job's where it is no absolute path.
        dataset: the id of the dataset that it was fitted to.
        warnings: codes for what is doubtful about those photos.
    """

    run: str
    dataset: str
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Exported(Record):
    """A run as a bundle.

    Attributes:
        file: the zip, in the job's directory where it is no path.
        bytes: its size.
        backbone: the run's backbone.
    """

    file: str
    bytes: int
    backbone: str


@dataclass(frozen=True, kw_only=True)
class Learnt(Record):
    """A run that knows strangers now; how well it does is kept with it.

    Attributes:
        run: its directory, as it was named.
    """

    run: str


@dataclass(frozen=True, kw_only=True)
class Predicted(Record):
    """Images that were classified.

    Attributes:
        file: the answers, in the job's directory; `read_answers` reads them.
        images: how many were asked about.
        failed: how many of them could not be read.
        left_out: how many other files in folders and zips were not asked about.
        expected: how many photos of the classes are expected to be taken for none of them; None where none ever is.
    """

    file: str
    images: int
    failed: int
    left_out: int = 0
    expected: ExpectedAlarms | None = None


@dataclass(frozen=True, kw_only=True)
class PreviewRow(Record):
    """One photo as it is, then as training may see it.

    Attributes:
        label: its class.
        files: the pictures' files in the job's directory.
        photo: its sha256; "" where an earlier version of Graft drew them.
    """

    label: str
    files: tuple[str, ...]
    photo: str = ""


@dataclass(frozen=True, kw_only=True)
class Previewed(Record):
    """A few images as training may see them."""

    rows: tuple[PreviewRow, ...]


@dataclass(frozen=True, kw_only=True)
class Mapped(Record):
    """A two-dimensional map of a backbone's features.

    Attributes:
        file: its points, in the job's directory; `MapPoints.load` reads them.
        note: what to know about it, "" for nothing.
    """

    file: str
    note: str = ""


@dataclass(frozen=True)
class MapPoints:
    """The points of a map; all fields have one entry a photo.

    Attributes:
        ids: the photos' sha256.
        xy: their positions.
        split: the photos' splits.
        neighbours: the sha256 of the photos that the backbone finds most like each, the most alike first.
        cosines: how alike those are, -1 to 1.
    """

    ids: list[str]
    xy: list[list[float]]
    split: list[str]
    neighbours: list[list[str]]
    cosines: list[list[float]]

    def save(self, path: Path) -> None:
        """Writes the points to a file."""
        write_json(path, vars(self))

    @staticmethod
    @read_once(most=8)
    def load(path: Path) -> MapPoints:
        """The points in a file.

        Raises:
            JobError: it is gone, or damaged.
        """
        try:
            return MapPoints(**read_json(path))
        except (OSError, TypeError, ValueError) as problem:
            raise JobError(_("The points of this map cannot be read. Draw it again.")) from problem


@dataclass(frozen=True, kw_only=True)
class OfDataset(Record):
    """What the results of all verbs about photos have in common: the dataset's id, "" for results of others."""

    dataset: str = ""


Kind = TypeVar("Kind", bound=Readable)


def result_of(status: JobStatus, kind: type[Kind]) -> Kind:
    """The result of a job that is done.

    Raises:
        JobError: another version of Graft wrote it, and this one cannot read it.
    """
    try:
        return kind.from_json(status.result or {})
    except GraftError as problem:
        raise JobError(_("Another version of Graft wrote what came of this job. Run it again.")) from problem


def dataset_id_of(spec: JobSpec, status: JobStatus) -> str:
    """The id of the dataset that a job works on; "" for a job about a sample until it is done."""
    return spec.dataset_id or result_of(status, OfDataset).dataset
