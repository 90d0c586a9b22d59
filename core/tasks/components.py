"""The verb that counts how many principal components a probe needs."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from core.progress import Report, part
from core.tasks.common import dataset_of
from core.tasks.requests import ComponentsRequest
from core.tasks.results import Studied


def components(job_dir: Path, request: ComponentsRequest, report: Report) -> Studied:
    """Accuracy of a probe against the number of principal components of one backbone's features.

    What it finds is kept as `Components` in `job_dir`.

    Raises:
        GraftError: the dataset or the backbone is wrong, or there are too few images.
    """
    from core.features.extract import extract
    from core.probing.facts import DatasetFacts
    from core.probing.studies.components import probe_components

    dataset = dataset_of(request, part(report, 0, 0, 100))
    features = extract(dataset, request.backbone, report=part(report, 0, 60, 100))
    counted = probe_components(features, request.config, part(report, 60, 40, 100))
    replace(counted, dataset=DatasetFacts.of(dataset)).save(job_dir)
    return Studied(file=counted.FILE, dataset=dataset.id)
