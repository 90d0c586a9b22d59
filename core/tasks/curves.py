"""The verb that tells what more images would bring."""

from __future__ import annotations

from pathlib import Path

from core.paths import write_json
from core.progress import Report, part
from core.tasks.common import Params, Result, dataset_of

FILE = "curve.json"


def learning_curve(job_dir: Path, params: Params, report: Report) -> Result:
    """Measures a probe's accuracy against the number of training images, and forecasts what more would bring.

    Params: workspace, dataset, backbone, config (of `ProbeConfig`), more (numbers of images more to forecast for; by
    default the next hundred and twice as many), target (an accuracy, 0 to 1, to tell the images for). The document,
    that of `curve --json`, is also in `curve.json`.

    Raises:
        GraftError: the dataset or the backbone is wrong, there are too few images, or a forecast would reach too far.
    """
    from core.features.extract import extract
    from core.probing.probes.probe import ProbeConfig
    from core.probing.studies.curve import learning_curve as measured
    from core.probing.studies.forecast import check_reach, check_target

    config = ProbeConfig.from_json(params.get("config") or {})
    more, target = [int(one) for one in params.get("more") or ()], params.get("target")
    dataset = dataset_of(params, part(report, 0, 0, 100))
    for one in more:
        check_reach(len(dataset.split("train")), one)
    if target is not None:
        check_target(target)
    features = extract(dataset, str(params["backbone"]), report=part(report, 0, 60, 100))
    curve = measured(features, config, part(report, 60, 40, 100))
    document: Result = curve.as_json(more, target)
    document |= {
        "config": config.to_json(),
        "dataset": dataset.id,
        "dataset_name": dataset.name,
        "warnings": list(dataset.warnings),
    }
    write_json(job_dir / FILE, document)
    return document
