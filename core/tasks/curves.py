"""The verb that tells what more images would bring."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from core.progress import Report, part
from core.tasks.common import dataset_of
from core.tasks.requests import LearningCurveRequest
from core.tasks.results import Studied


def learning_curve(job_dir: Path, request: LearningCurveRequest, report: Report) -> Studied:
    """Measures a probe's accuracy against the number of training images, and forecasts what more would bring.

    The curve is kept as a `LearningCurve` in `job_dir`.

    Raises:
        GraftError: the dataset or the backbone is wrong, there are too few images, or a forecast would reach too far.
    """
    from core.features.extract import extract
    from core.probing.facts import DatasetFacts
    from core.probing.studies.curve import learning_curve as measured
    from core.probing.studies.forecast import check_reach, check_target

    dataset = dataset_of(request, part(report, 0, 0, 100))
    for count in request.more:
        check_reach(len(dataset.split("train")), count)
    if request.target is not None:
        check_target(request.target)
    features = extract(dataset, request.backbone, report=part(report, 0, 60, 100))
    curve = measured(features, request.config, part(report, 60, 40, 100))
    replace(curve, dataset=DatasetFacts.of(dataset)).save(job_dir)
    return Studied(file=curve.FILE, dataset=dataset.id)
