"""The verb that counts how many principal components a probe needs."""

from __future__ import annotations

from pathlib import Path

from core.paths import write_json
from core.progress import Report, part
from core.tasks.common import Result, dataset_of
from core.tasks.requests import ComponentsRequest

FILE = "components.json"


def components(job_dir: Path, request: ComponentsRequest, report: Report) -> Result:
    """Accuracy of a probe against the number of principal components of one backbone's features.

    The document is also in `components.json`.

    Raises:
        GraftError: the dataset or the backbone is wrong, or there are too few images.
    """
    from core.features.extract import extract
    from core.probing.studies.components import probe_components

    config = request.config
    dataset = dataset_of(request, part(report, 0, 0, 100))
    features = extract(dataset, request.backbone, report=part(report, 0, 60, 100))
    document: Result = probe_components(features, config, part(report, 60, 40, 100)).as_json()
    document |= {"seed": config.seed, "dataset": dataset.id, "dataset_name": dataset.name}
    document["warnings"] = list(dataset.warnings)
    write_json(job_dir / FILE, document)
    return document
