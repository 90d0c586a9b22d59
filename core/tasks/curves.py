"""The verb that tells what more images would bring."""

from __future__ import annotations

from pathlib import Path

from core.paths import write_json
from core.progress import Report, part
from core.tasks.common import Result, dataset_of
from core.tasks.requests import LearningCurveRequest

FILE = "curve.json"


def learning_curve(job_dir: Path, request: LearningCurveRequest, report: Report) -> Result:
    """Measures a probe's accuracy against the number of training images, and forecasts what more would bring.

    The document, that of `curve --json`, is also in `curve.json`.

    Raises:
        GraftError: the dataset or the backbone is wrong, there are too few images, or a forecast would reach too far.
    """
    from core.features.extract import extract
    from core.probing.studies.curve import learning_curve as measured
    from core.probing.studies.forecast import check_reach, check_target

    dataset = dataset_of(request, part(report, 0, 0, 100))
    for count in request.more:
        check_reach(len(dataset.split("train")), count)
    if request.target is not None:
        check_target(request.target)
    features = extract(dataset, request.backbone, report=part(report, 0, 60, 100))
    curve = measured(features, request.config, part(report, 60, 40, 100))
    document: Result = curve.as_json(request.more, request.target)
    document |= {
        "config": request.config.to_json(),
        "dataset": dataset.id,
        "dataset_name": dataset.name,
        "warnings": list(dataset.warnings),
    }
    write_json(job_dir / FILE, document)
    return document
