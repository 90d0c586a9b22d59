"""The verb that measures how bright and sharp photos are, so that predictions can be cut into slices by it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from core.progress import Phase, Plan, Report
from core.records import Record
from core.tasks.base import PhotosRequest
from core.tasks.common import dataset_of


@dataclass(frozen=True, kw_only=True)
class LooksRequest(PhotosRequest):
    """Measure how bright, how rich in contrast and how sharp photos are."""

    kind: ClassVar[str] = "looks"


@dataclass(frozen=True, kw_only=True)
class Looked(Record):
    """Photos that were measured; the measures are kept beside the dataset (`core.health.looks`).

    Attributes:
        dataset: its id.
        images: how many photos are known.
    """

    dataset: str
    images: int


def looks(_job_dir: Path, request: LooksRequest, report: Report) -> Looked:
    """Measures the photos that are not known yet.

    Raises:
        GraftError: the dataset is missing.
    """
    from core.health.looks import measure

    dataset = dataset_of(request, report)
    plan = Plan(report, {"looks": (Phase("looks", seconds_for(len(dataset.items))),)})
    return Looked(dataset=dataset.id, images=len(measure(dataset, plan.begin("looks"))))


def seconds_for(n: int) -> float:
    """About how long n photos take."""
    return 0.2 + 0.006 * n
