"""What the command line says of presets: what they are asked for, and what they chose."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

from core.backbones.registry import chosen
from core.cli import inputs
from core.cli.frame import option_of
from core.errors import TrainingError
from core.i18n import gettext as _
from core.paths import DEFAULT_WORKSPACE
from core.progress import Report

if TYPE_CHECKING:
    from core.tasks.requests import FinetuneRequest
    from core.training.config import FinetuneConfig

_ITS_OWN = ("backbone", "seed")


def config(options: Mapping[str, Any], photos: inputs.PhotosFields, report: Report) -> FinetuneConfig:
    """What a preset begins with: a backbone and a seed. Where no backbone is named, the photos are taken in first.

    Raises:
        TrainingError: a setting is given that the preset decides, or there is no such preset or budget.
    """
    from core.tasks.presetting import backbone_for
    from core.training.config import FinetuneConfig
    from core.training.planning.presets import BUDGET_S, LEAST_S, check

    names = [f.name for f in fields(FinetuneConfig) if f.name not in _ITS_OWN]
    given = [name for name in ("config", *names) if options.get(name) is not None]
    if given:
        message = _("A preset decides '{name}' itself. Leave out {option}, or --preset.")
        raise TrainingError(message.format(name=given[0], option=option_of("finetune", given[0], options[given[0]])))
    preset, budget_s = options["preset"], options["budget_s"]
    check(preset, BUDGET_S.get(preset, LEAST_S) if budget_s is None else budget_s)
    name = options["backbone"] or backbone_for(inputs.taken_in(photos, report), DEFAULT_WORKSPACE)
    return FinetuneConfig(
        chosen(name, options["framing"], options["input_px"]), seed=options["seed"] if options["seed"] else 0
    )


def decided(request: FinetuneRequest) -> FinetuneConfig | None:
    """How a training goes: what the request says, or what its preset has decided already; None where it has not."""
    from core.training.planning.presets import PresetPlan

    if not request.preset:
        return request.config
    plan = PresetPlan.load(Path(request.out))
    is_same = plan is not None and (plan.preset, plan.config.seed) == (request.preset, request.config.seed)
    return plan.config if plan is not None and is_same else None


def plan_of(run: Path) -> dict[str, Any] | None:
    """What a preset chose for a run, as JSON; None for a run without one."""
    from core.training.planning.presets import PresetPlan

    plan = PresetPlan.load(run)
    return plan.to_json() if plan else None


def show(run: Path) -> None:
    """Prints what a preset chose for a run, a sentence each, and how the time compares with what was forecast."""
    from core.cli.show import lines
    from core.training.planning.presets import PresetPlan, preset_label

    if plan := PresetPlan.load(run):
        title = _("{preset}, within {budget:.0f} s:").format(preset=preset_label(plan.preset), budget=plan.budget_s)
        lines(title, *(f"- {choice.sentence}" for choice in plan.choices))
