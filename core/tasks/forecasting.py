"""The verbs that look ahead of a training: what it would take, and at which rate it would learn best."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from core.backbones.registry import info
from core.errors import ProbeError, TrainingError
from core.progress import Phase, Plan, Report
from core.tasks.base import BackboneRequest, PhotosRequest
from core.tasks.common import dataset_of
from core.tasks.results import Studied
from core.training.config import FinetuneConfig
from core.training.planning.forecast import Forecast, ModeTiming, to_time

if TYPE_CHECKING:
    from core.data.dataset import Dataset


@dataclass(frozen=True, kw_only=True)
class ForecastRequest(BackboneRequest):
    """Tell what each mode of fine-tuning a backbone would take, and what the probe reaches."""

    kind: ClassVar[str] = "forecast"


@dataclass(frozen=True, kw_only=True)
class LrRangeRequest(PhotosRequest):
    """Try learning rates on a copy of the network, and suggest one.

    Attributes:
        config: how to train; its own rate does not count.
    """

    kind: ClassVar[str] = "lr_range"
    config: FinetuneConfig


def lr_range(job_dir: Path, request: LrRangeRequest, report: Report) -> Studied:
    """Tries learning rates on a few steps; the test is kept in the job's directory.

    Raises:
        GraftError: the dataset or the backbone is wrong, or nothing can be learnt from the first step on.
    """
    from core.training.planning.range_test import range_test

    dataset = dataset_of(request, report)
    test = range_test(dataset, request.config, report)
    test.save(job_dir)
    return Studied(file=test.FILE, dataset=dataset.id)


def forecast(job_dir: Path, request: ForecastRequest, report: Report) -> Studied:
    """Fits the probe, and times a few batches in each mode; what is known of this machine is not timed again.

    Raises:
        GraftError: the dataset or the backbone is wrong, or an image cannot be read.
    """
    from time import perf_counter

    from core.evaluation.metrics import evaluate
    from core.features.extract import extract
    from core.features.phases import extracting
    from core.probing.probes.probe import ProbeConfig, fit_probe
    from core.training.planning.outlook import Extent

    dataset, fact = dataset_of(request, report), info(request.backbone)
    configs = to_time(request.backbone, len(fact.stages) if fact.trainable else 0)
    timing = Phase(f"time/{fact.name}", 2.0 * len(configs))
    plan = Plan(report, {"features": extracting(dataset, request.backbone), "timing": (timing,)})
    features = extract(dataset, request.backbone, report=plan.begin("features"))
    began, score = perf_counter(), None
    with contextlib.suppress(ProbeError):  # a class has too few photos for a probe
        score = evaluate(fit_probe(features, ProbeConfig()).predict(features.of("val"))).summary()
    probe_s = perf_counter() - began
    timed = _timed(dataset, configs, plan.begin("timing"))
    Forecast(
        backbone=request.backbone,
        accuracy=score.accuracy if score else None,
        interval=score.accuracy_ci if score else (0.0, 1.0),
        extent=Extent(**{split: len(dataset.split(split)) for split in ("train", "val", "test")}),
        probe_s=probe_s,
        modes=timed,
    ).save(job_dir)
    return Studied(file=Forecast.FILE, dataset=dataset.id)


def _timed(dataset: Dataset, configs: Sequence[FinetuneConfig], report: Report) -> tuple[ModeTiming, ...]:
    """The modes with their times, without those that the backbone cannot be trained in."""
    from core.training.planning.timing import time_modes

    rows = []
    plan = Plan(report, {str(number): () for number in range(len(configs))})
    for number, config in enumerate(configs):
        with contextlib.suppress(TrainingError):
            timing = time_modes(dataset, [config], plan.begin(str(number)))[0]
            rows.append(ModeTiming(mode=config.mode, last_stages=config.last_stages, timing=timing))
    return tuple(rows)
