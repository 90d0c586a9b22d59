"""Verbs about photos: take them in, group them, check them, judge their edits, write them out."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

from core.errors import Cancelled, GraftError
from core.i18n import gettext as _
from core.progress import Progress, Report, part
from core.tasks.common import Params, Result, dataset_of, drop_uploads, workspace_of

if TYPE_CHECKING:
    from core.data.dataset import Dataset


def ingest(_job_dir: Path, params: Params, report: Report) -> Result:
    """Takes photos in. Params: source, workspace, name, seed, group_pattern (see `core.data.labels.grouping`),
    delete_source (an upload's file, removed at the end)."""
    from core.data import ingest as data

    source = str(params["source"])
    try:
        dataset = data.ingest(
            source,
            workspace_of(params),
            name=params.get("name"),
            seed=int(params.get("seed", 0)),
            group_pattern=str(params.get("group_pattern") or ""),
            report=report,
        )
    except Cancelled:
        raise  # the upload stays, so that the job can be resumed
    except GraftError:
        drop_uploads(params, source)
        raise
    drop_uploads(params, source)
    return _taken_in(dataset)


def regroup(_job_dir: Path, params: Params, report: Report) -> Result:
    """The same photos in groups by their names, with splits made anew. Params: workspace, dataset, pattern, seed."""
    from core.data.regroup import regroup as make

    dataset = dataset_of(params, report)
    return _taken_in(make(workspace_of(params), dataset, str(params["pattern"]), int(params.get("seed", 0)), report))


def health(_job_dir: Path, params: Params, report: Report) -> Result:
    """Checks the photos; the report is kept beside the dataset. Params: workspace, dataset, backbone, seed.

    The result holds the dataset's id and how many findings of each weight there are.
    """
    from core.health.report import check
    from core.health.words import findings

    dataset = dataset_of(params, part(report, 0, 0, 100))
    document = check(dataset, backbone=str(params.get("backbone", "")), seed=int(params.get("seed", 0)), report=report)
    weights = Counter(finding.weight for finding in findings(document))
    return {"dataset": dataset.id, "fingerprint": dataset.fingerprint, "findings": dict(weights)}


def edit_effect(_job_dir: Path, params: Params, report: Report) -> Result:
    """What the edits of a dataset bring to a probe. Params: workspace, dataset (an id), backbone.

    The result is `core.health.effect.Effect` as a JSON object, with the backbone and the edited dataset's fingerprint.
    """
    from core.data.edits import read_edits
    from core.data.library import open_dataset, original_dataset
    from core.features.extract import extract
    from core.health.effect import effect
    from core.health.report import default_backbone

    named = str(params["dataset"])
    original, changed = original_dataset(workspace_of(params), named), open_dataset(workspace_of(params), named)
    backbone = str(params.get("backbone") or default_backbone())
    features = extract(original, backbone, report=part(report, 0, 80, 100))
    report(Progress(80, 100, _("Fitting probes with and without the edits")))
    found = effect(original, features, read_edits(original.root))
    return {**found.as_json(), "backbone": backbone, "fingerprint": changed.fingerprint}


def pack(job_dir: Path, params: Params, report: Report) -> Result:
    """Writes the photos, as edited, as a zip that can be taken in again. Params: workspace, dataset, out."""
    from core.data.pack import pack as write

    dataset = dataset_of(params, report)
    out = Path(params.get("out") or job_dir / "photos.zip")
    write(dataset, out, report)
    return {"file": str(params.get("out") or out.name), "bytes": out.stat().st_size, "images": len(dataset.items)}


def _taken_in(dataset: Dataset) -> Result:
    return {
        "dataset": dataset.id,
        "name": dataset.name,
        "images": dataset.images,
        "classes": len(dataset.classes),
        "splits": dict(dataset.split_counts),
        "made_splits": list(dataset.made_splits),
        "skipped": len(dataset.skipped),
        "ignored": dataset.ignored,
        "warnings": list(dataset.warnings),
    }
