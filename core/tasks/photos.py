"""Verbs about photos: take them in, group them, check them, measure the effect of their edits, write them out."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from core.errors import Cancelled, GraftError
from core.i18n import gettext as _
from core.progress import Progress, Report, part
from core.tasks.common import dataset_of, drop_uploads
from core.tasks.requests import EditEffectRequest, HealthRequest, IngestRequest, PackRequest, RegroupRequest
from core.tasks.results import Checked, Packed, TakenIn

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


def health(_job_dir: Path, request: HealthRequest, report: Report) -> Checked:
    """Checks the photos; the report is kept beside the dataset.

    Raises:
        GraftError: the dataset or the backbone is missing.
    """
    from core.health.report import check

    dataset = dataset_of(request, part(report, 0, 0, 100))
    check(dataset, backbone=request.backbone, seed=request.seed, report=report)
    return Checked(dataset=dataset.id)


def edit_effect(_job_dir: Path, request: EditEffectRequest, report: Report) -> Effect:
    """Measures what a dataset's edits bring to a probe.

    Raises:
        GraftError: the dataset is missing, or too few photos are left to measure it.
    """
    from core.data.decisions import read_edits
    from core.data.library import original_dataset
    from core.features.extract import extract
    from core.health.effect import effect
    from core.health.report import default_backbone

    original = original_dataset(request.workspace, request.dataset)
    features = extract(original, request.backbone or default_backbone(), report=part(report, 0, 80, 100))
    report(Progress(80, 100, _("Fitting probes with and without the edits")))
    return effect(original, features, read_edits(original.root))


def pack(job_dir: Path, request: PackRequest, report: Report) -> Packed:
    """Writes the photos, as edited, as a zip that can be taken in again."""
    from core.data.pack import pack as write

    dataset = dataset_of(request, report)
    out = Path(request.out or job_dir / "photos.zip")
    write(dataset, out, report)
    return Packed(file=request.out or out.name, bytes=out.stat().st_size, images=len(dataset.items))


def _taken_in(dataset: Dataset) -> TakenIn:
    return TakenIn(dataset=dataset.id, name=dataset.name, images=dataset.images, classes=len(dataset.classes))
