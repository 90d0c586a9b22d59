"""A preset's choices for a training, made where the photos are and right before it begins."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING

from core import paths
from core.backbones import choice
from core.backbones.registry import info
from core.errors import TrainingError
from core.i18n import gettext as _
from core.jobs.store import Job
from core.models.runs import find_runs
from core.progress import TO_COME, Phase, Plan, Report
from core.runs import FILE as RUN_FILE
from core.runs import LAST
from core.tasks.current import current_model
from core.tasks.requests import FinetuneRequest
from core.training.config import FinetuneConfig
from core.training.planning.presets import BUDGET_S, PresetPlan, decide

if TYPE_CHECKING:
    from core.data.dataset import Dataset


def config_for(dataset: Dataset, request: FinetuneRequest, out: Path, report: Report) -> FinetuneConfig:
    """How to train: what the request says, or what its preset decides, which is kept beside the run.

    A training that goes on, or is over, keeps what was decided when it began.

    Raises:
        TrainingError: the directory holds a training that was decided for something else.
        GraftError: the backbone or its weights are not here, or an image cannot be read.
    """
    if not request.preset:
        return request.config
    plan = PresetPlan.load(out)
    begun = any((out / name).exists() for name in (RUN_FILE, LAST))
    if plan is not None and begun and not _is_for(plan, dataset, request):
        raise TrainingError(
            _(
                "'{folder}' holds a training that was decided for other photos, another backbone, preset, budget or "
                "seed. Choose another directory, or delete that one."
            ).format(folder=out)
        )
    if plan is None or not _is_for(plan, dataset, request):
        plan = replace(_decided(dataset, request, report), fingerprint=dataset.fingerprint)
        out.mkdir(parents=True, exist_ok=True)
        if not begun:
            plan.save(out)
    return plan.config


def _is_for(plan: PresetPlan, dataset: Dataset, request: FinetuneRequest) -> bool:
    """Whether a plan was made for what is asked now, as far as an earlier Graft's plan tells that."""
    asked = (request.preset, request.budget_s or BUDGET_S[request.preset], request.config.seed)
    if (plan.preset, plan.budget_s, plan.config.seed) != asked:
        return False
    return (plan.backbone or request.config.backbone, plan.fingerprint or dataset.fingerprint) == (
        request.config.backbone,
        dataset.fingerprint,
    )


def asked_in(job: Job) -> FinetuneRequest:
    """What a job was asked for, with what a preset has decided meanwhile in the place of its config.

    Raises:
        JobError: another version of Graft made the request, and this one cannot read it.
    """
    request = FinetuneRequest.of(job.spec)
    plan = PresetPlan.load(Path(request.out or job.path / "run")) if request.preset else None
    return request if plan is None else replace(request, config=plan.config)


def backbone_for(dataset: Dataset, workspace: str) -> str:
    """The backbone to train where none is named: that of the comparison's recommendation, else the best ready one."""
    runs = [run for run in find_runs(paths.jobs(workspace)) if run.dataset_id == dataset.id]
    current = current_model(runs, dataset.fingerprint)
    if current is not None and info(current.run.backbone).trainable:
        return current.run.backbone
    return choice.best()


def _decided(dataset: Dataset, request: FinetuneRequest, report: Report) -> PresetPlan:
    """Looks at the photos, times a few batches of this very moment, and decides."""
    from core.training.planning.sight import look
    from core.training.planning.timing import time_modes

    started, seed = perf_counter(), request.config.seed
    parts = {"sight": (), "timing": (Phase("time/batches", 5.0),), "training": (TO_COME,)}
    plan = Plan(report, parts)
    sight = look(dataset, request.config.backbone, plan.begin("sight"), seed=seed)
    timing = plan.begin("timing")

    return decide(
        request.preset,
        request.budget_s or BUDGET_S[request.preset],
        request.config.backbone,
        replace(sight, spent_s=perf_counter() - started),
        lambda config: time_modes(dataset, [config], timing, anew=True)[0],
        seed=seed,
    )
