"""Verbs about photos: take them in, group them, check them, measure the effect of their edits, write them out."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from core.errors import Cancelled, GraftError
from core.i18n import gettext as _
from core.progress import Phase, Plan, Progress, Report
from core.tasks.base import EditedRequest
from core.tasks.common import dataset_of, drop_uploads, edits_of, original_of
from core.tasks.requests import EditEffectRequest, HealthRequest, IngestRequest, PackRequest, RegroupRequest
from core.tasks.results import HealthChecked, Packed, TakenIn

if TYPE_CHECKING:
    from core.data.dataset import Dataset
    from core.health.effect import Effect


def ingest(_job_dir: Path, request: IngestRequest, report: Report) -> TakenIn:
    """Takes photos in; an upload is removed at the end, unless the job is cancelled and can be resumed.

    One whose names or tables do not say their encoding stays for a while, so that it can be read otherwise.

    Raises:
        GraftError: there is nothing to take in, or it is refused.
    """
    from core.data import ingest as data
    from core.data.origin import read_origin

    try:
        dataset = data.ingest(
            request.source,
            request.workspace,
            name=request.name or None,
            seed=request.seed,
            group_pattern=request.group_pattern,
            class_pattern=request.class_pattern,
            encoding=request.encoding,
            report=report,
        )
    except Cancelled:
        raise
    except GraftError:
        drop_uploads(request, [request.source])
        raise
    if read_origin(dataset.root) is None:
        drop_uploads(request, [request.source])
    return _taken_in(dataset)


def regroup(_job_dir: Path, request: RegroupRequest, report: Report) -> TakenIn:
    """Puts the same photos in groups or classes by their names, with splits made anew, as another dataset.

    Raises:
        GraftError: the dataset is missing, or the pattern fits none of its names.
    """
    from core.data.regroup import regroup as make

    dataset = dataset_of(request, report)
    made = make(request.workspace, dataset, request.pattern, request.seed, report, class_pattern=request.class_pattern)
    return _taken_in(made)


def health(job_dir: Path, request: HealthRequest, report: Report) -> HealthChecked:
    """Checks the photos; the report is kept beside the dataset, or with the job where nothing can be written there.

    Raises:
        GraftError: the dataset, its edits or the backbone is missing.
    """
    from core.health.report import check

    dataset, _edits = _edited(request, report)
    check(dataset, backbone=request.backbone, seed=request.seed, report=report, spare=job_dir)
    return HealthChecked(dataset=dataset.id)


def edit_effect(_job_dir: Path, request: EditEffectRequest, report: Report) -> Effect:
    """Measures what a dataset's edits bring to a probe.

    Raises:
        GraftError: the dataset or its edits are missing, or too few photos are left to measure it.
    """
    from core.backbones.choice import best
    from core.features.extract import extract
    from core.features.phases import extracting
    from core.health.effect import effect

    original = original_of(request, report)
    edits = edits_of(request, original)
    backbone = request.backbone or best()
    fitting = Phase("effect", 0.2 + 1e-3 * len(original.items))
    plan = Plan(report, {"features": extracting(original, backbone), "effect": (fitting,)})
    features = extract(original, backbone, report=plan.begin("features"))
    plan.begin("effect")(Progress(0, 1, _("Fitting probes with and without the edits")))
    return effect(original, features, edits)


def pack(job_dir: Path, request: PackRequest, report: Report) -> Packed:
    """Writes the photos, as edited, as a zip that can be taken in again.

    Raises:
        GraftError: the dataset or its edits are missing, or the zip cannot be written.
    """
    from core.data.pack import pack as write

    dataset, edits = _edited(request, report)
    out = Path(request.out or job_dir / "photos.zip")
    write(dataset, out, report)
    return Packed(file=request.out or out.name, bytes=out.stat().st_size, images=len(dataset.items), edits=edits)


def _edited(request: EditedRequest, report: Report) -> tuple[Dataset, int]:
    """The photos with the edits of the table that the request names, and how many; else with those kept with them."""
    from core.data.edits import edited

    if not request.edits:
        return dataset_of(request, report), 0
    original = original_of(request, report)
    edits = edits_of(request, original)
    return edited(original, edits), len(edits)


def _taken_in(dataset: Dataset) -> TakenIn:
    return TakenIn(dataset=dataset.id, name=dataset.name, images=dataset.images, classes=len(dataset.classes))
