"""The verbs that study one backbone: its learning curve, its depth, and how many components a probe needs.

Each keeps its record in the job's directory: a `LearningCurve`, a `Depth` or `Components`.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from core.backbones import registry
from core.i18n import gettext as _
from core.progress import Phase, Plan, Report
from core.tasks.common import dataset_of
from core.tasks.requests import ComponentsRequest, DepthRequest, LearningCurveRequest
from core.tasks.results import Studied

if TYPE_CHECKING:
    from core.data.dataset import Dataset
    from core.probing.probes.probe import ProbeConfig
    from core.probing.studies.growth import LearningCurve
    from core.probing.studies.study import ProbeStudy


_PARTS_AS_WHOLE, _WIDTHS_AS_WHOLE = 1.5, 3.0
"""How much more a study's fits on parts of the photos, or of the components, take than one on all of them."""


def learning_curve(job_dir: Path, request: LearningCurveRequest, report: Report) -> Studied:
    """Measures a probe's accuracy against the number of training images, and forecasts what more would bring.

    Raises:
        GraftError: the dataset or the backbone is wrong, there are too few images, or a forecast would reach too far.
    """
    from core.features.extract import extract
    from core.probing.studies import curve
    from core.probing.studies.forecast import check_reach, check_target

    dataset = dataset_of(request, report)
    for count in request.more:
        check_reach(len(dataset.split("train")), count)
    if request.target is not None:
        check_target(request.target)
    plan = Plan(report, _parts(dataset, request.backbone, request.config, _PARTS_AS_WHOLE))
    features = extract(dataset, request.backbone, report=plan.begin("features"))
    return _keep(curve.learning_curve(features, request.config, plan.begin("probes")), dataset, job_dir)


def depth(job_dir: Path, request: DepthRequest, report: Report) -> Studied:
    """Probes a backbone after each of its stages, and suggests where to begin to fine-tune it.

    Raises:
        GraftError: the dataset or the backbone is wrong, or there are too few images.
    """
    from core.features.phases import of_photos
    from core.features.stages import stage_features
    from core.probing.comparison.shortlist import sample
    from core.probing.studies.depth import MOST_IMAGES, probe_depth

    dataset = dataset_of(request, report)
    sampled = sample(dataset, request.config.seed, request.images or MOST_IMAGES)
    info = registry.info(request.backbone)
    parts = _parts(sampled, request.backbone, request.config, len(info.stages) / 2)
    plan = Plan(report, {**parts, "features": of_photos(info, len(sampled.items))})
    stages = stage_features(sampled, request.backbone, report=plan.begin("features"))
    probed = probe_depth(stages, request.config, plan.begin("probes"))
    n, n_train = len(sampled.items), len(dataset.split("train"))
    if n < n_train:
        note = _("{n} of {whole} training photos were looked at, chosen at random within each class.")
        probed = replace(probed, notes=(note.format(n=n, whole=n_train), *probed.notes))
    return _keep(probed, dataset, job_dir)


def components(job_dir: Path, request: ComponentsRequest, report: Report) -> Studied:
    """Measures a probe's accuracy against the number of principal components of one backbone's features.

    Raises:
        GraftError: the dataset or the backbone is wrong, or there are too few images.
    """
    from core.features.extract import extract
    from core.probing.studies.components import probe_components

    dataset = dataset_of(request, report)
    plan = Plan(report, _parts(dataset, request.backbone, request.config, _WIDTHS_AS_WHOLE))
    features = extract(dataset, request.backbone, report=plan.begin("features"))
    return _keep(probe_components(features, request.config, plan.begin("probes")), dataset, job_dir)


def _parts(dataset: Dataset, backbone: str, config: ProbeConfig, times: float) -> dict[str, tuple[Phase, ...]]:
    """The parts of a study that fits so many times as much as one cross-validation of the features."""
    from core.features.phases import extracting
    from core.probing.phases import Rows, cross_validating

    rows = Rows(backbone, len(dataset.split("train")), registry.info(backbone).feature_dim, len(dataset.classes))
    seconds = times * cross_validating(config, rows).seconds
    return {"features": extracting(dataset, backbone), "probes": (Phase(f"study/{times:g}/{backbone}", seconds),)}


def _keep(study: LearningCurve | ProbeStudy, dataset: Dataset, job_dir: Path) -> Studied:
    """Keeps a study with all facts of its dataset."""
    from core.probing.facts import DatasetFacts

    replace(study, dataset=DatasetFacts.of(dataset)).save(job_dir)
    return Studied(file=study.FILE, dataset=dataset.id)
