"""The verb that finds at which depth a backbone is most useful."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from core.i18n import gettext as _
from core.progress import Report, part
from core.tasks.common import dataset_of
from core.tasks.requests import DepthRequest
from core.tasks.results import Studied


def depth(job_dir: Path, request: DepthRequest, report: Report) -> Studied:
    """Probes a backbone after each of its stages, and suggests where to begin to fine-tune it.

    What it finds is kept as a `Depth` in `job_dir`.

    Raises:
        GraftError: the dataset or the backbone is wrong, or there are too few images.
    """
    from core.features.stages import stage_features
    from core.probing.comparison.shortlist import sample
    from core.probing.facts import DatasetFacts
    from core.probing.studies.depth import MOST_IMAGES, probe_depth

    config = request.config
    dataset = dataset_of(request, part(report, 0, 0, 100))
    few = sample(dataset, config.seed, request.images or MOST_IMAGES)
    stages = stage_features(few, request.backbone, report=part(report, 0, 60, 100))
    probed = probe_depth(stages, config, part(report, 60, 40, 100))
    whole, notes = len(dataset.split("train")), probed.notes
    if len(few.items) < whole:
        sampled = _("{n} of {whole} training images were looked at, chosen at random within each class.")
        notes = (sampled.format(n=len(few.items), whole=whole), *notes)
    replace(probed, notes=notes, dataset=DatasetFacts.of(dataset)).save(job_dir)
    return Studied(file=probed.FILE, dataset=dataset.id)
