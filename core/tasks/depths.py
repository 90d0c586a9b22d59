"""The verb that finds at which depth a backbone is most useful."""

from __future__ import annotations

from pathlib import Path

from core.i18n import gettext as _
from core.paths import write_json
from core.progress import Report, part
from core.tasks.common import Result, dataset_of
from core.tasks.requests import DepthRequest

FILE = "depth.json"


def depth(job_dir: Path, request: DepthRequest, report: Report) -> Result:
    """Probes a backbone after each of its stages, and suggests where to begin to fine-tune it.

    The document is also in `depth.json`.

    Raises:
        GraftError: the dataset or the backbone is wrong, or there are too few images.
    """
    from core.features.stages import stage_features
    from core.probing.comparison.shortlist import sample
    from core.probing.studies.depth import MOST_IMAGES, probe_depth

    config = request.config
    dataset = dataset_of(request, part(report, 0, 0, 100))
    few = sample(dataset, config.seed, request.images or MOST_IMAGES)
    stages = stage_features(few, request.backbone, report=part(report, 0, 60, 100))
    document: Result = probe_depth(stages, config, part(report, 60, 40, 100)).as_json()
    whole = len(dataset.split("train"))
    if len(few.items) < whole:
        note = _("{n} of {whole} training images were looked at, chosen at random within each class.")
        document["notes"] = [note.format(n=len(few.items), whole=whole), *document["notes"]]
    document |= {"seed": config.seed, "dataset": dataset.id, "dataset_name": dataset.name}
    document["warnings"] = list(dataset.warnings)
    write_json(job_dir / FILE, document)
    return document
