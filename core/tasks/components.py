"""The verb that counts how many principal components a probe needs."""

from __future__ import annotations

from pathlib import Path

from core.paths import write_json
from core.progress import Report, part
from core.tasks.common import Params, Result, dataset_of

FILE = "components.json"


def components(job_dir: Path, params: Params, report: Report) -> Result:
    """Accuracy of a probe against the number of principal components of one backbone's features.

    Params: workspace, dataset, backbone, config (of `ProbeConfig`). The document is also in `components.json`.

    Raises:
        GraftError: the dataset or the backbone is wrong, or there are too few images.
    """
    from core.features.extract import extract
    from core.probing.probes.probe import ProbeConfig
    from core.probing.studies.components import probe_components

    config = ProbeConfig.from_json(params.get("config") or {})
    dataset = dataset_of(params, part(report, 0, 0, 100))
    features = extract(dataset, str(params["backbone"]), report=part(report, 0, 60, 100))
    document: Result = probe_components(features, config, part(report, 60, 40, 100)).as_json()
    document |= {"seed": config.seed, "dataset": dataset.id, "dataset_name": dataset.name}
    document["warnings"] = list(dataset.warnings)
    write_json(job_dir / FILE, document)
    return document
