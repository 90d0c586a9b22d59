"""The verbs that study one backbone: its learning curve, its depth, and how many components a probe needs.

Each keeps its record in the job's directory: a `LearningCurve`, a `Depth` or `Components`.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from core.i18n import gettext as _
from core.progress import Report, part
from core.tasks.common import dataset_of
from core.tasks.requests import ComponentsRequest, DepthRequest, LearningCurveRequest
from core.tasks.results import Studied

if TYPE_CHECKING:
    from core.data.dataset import Dataset
    from core.probing.studies.growth import LearningCurve
    from core.probing.studies.study import ProbeStudy


def learning_curve(job_dir: Path, request: LearningCurveRequest, report: Report) -> Studied:
    """Measures a probe's accuracy against the number of training images, and forecasts what more would bring.

    Raises:
        GraftError: the dataset or the backbone is wrong, there are too few images, or a forecast would reach too far.
    """
    from core.features.extract import extract
    from core.probing.studies import curve
    from core.probing.studies.forecast import check_reach, check_target

    dataset = dataset_of(request, part(report, 0, 0, 100))
    for count in request.more:
        check_reach(len(dataset.split("train")), count)
    if request.target is not None:
        check_target(request.target)
    features = extract(dataset, request.backbone, report=part(report, 0, 60, 100))
    return _keep(curve.learning_curve(features, request.config, part(report, 60, 40, 100)), dataset, job_dir)


def depth(job_dir: Path, request: DepthRequest, report: Report) -> Studied:
    """Probes a backbone after each of its stages, and suggests where to begin to fine-tune it.

    Raises:
        GraftError: the dataset or the backbone is wrong, or there are too few images.
    """
    from core.features.stages import stage_features
    from core.probing.comparison.shortlist import sample
    from core.probing.studies.depth import MOST_IMAGES, probe_depth

    dataset = dataset_of(request, part(report, 0, 0, 100))
    sampled = sample(dataset, request.config.seed, request.images or MOST_IMAGES)
    stages = stage_features(sampled, request.backbone, report=part(report, 0, 60, 100))
    probed = probe_depth(stages, request.config, part(report, 60, 40, 100))
    n, n_train = len(sampled.items), len(dataset.split("train"))
    if n < n_train:
        note = _("{n} of {whole} training images were looked at, chosen at random within each class.")
        probed = replace(probed, notes=(note.format(n=n, whole=n_train), *probed.notes))
    return _keep(probed, dataset, job_dir)


def components(job_dir: Path, request: ComponentsRequest, report: Report) -> Studied:
    """Measures a probe's accuracy against the number of principal components of one backbone's features.

    Raises:
        GraftError: the dataset or the backbone is wrong, or there are too few images.
    """
    from core.features.extract import extract
    from core.probing.studies.components import probe_components

    dataset = dataset_of(request, part(report, 0, 0, 100))
    features = extract(dataset, request.backbone, report=part(report, 0, 60, 100))
    return _keep(probe_components(features, request.config, part(report, 60, 40, 100)), dataset, job_dir)


def _keep(study: LearningCurve | ProbeStudy, dataset: Dataset, job_dir: Path) -> Studied:
    """Keeps a study with all facts of its dataset."""
    from core.probing.facts import DatasetFacts

    replace(study, dataset=DatasetFacts.of(dataset)).save(job_dir)
    return Studied(file=study.FILE, dataset=dataset.id)
