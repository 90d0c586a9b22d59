"""What a preset decides from what was measured, worked out by hand."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from core.errors import TrainingError
from core.training.config import FinetuneConfig
from core.training.planning.outlook import Extent, Timing
from core.training.planning.presets import LEAST_EPOCHS, PresetPlan, Sight, decide

SIGHT = Sight(
    extent=Extent(train=400, val=50, test=50), stages=4, input_px=128, accuracies=(0.3, 0.5, 0.7, 0.7), plain=0.7,
    upright=0.7, mirrored=0.7, spent_s=10.0,
)  # fmt: skip


def timing(learn_s: float) -> Timing:
    return Timing(
        learn_s=learn_s, step_s=0.0, look_s=0.0, start_s=0.0, plain_s=0.0, decode_s=0.0, draw_s=0.0, weights=1000,
        learning=1000, saved_bytes=10,
    )  # fmt: skip


def made(sight: Sight = SIGHT, budget_s: float = 120.0, preset: str = "quick", learn_s: float = 0.025) -> PresetPlan:
    """A plan on a machine where an image takes `learn_s` when all learns, and half of it less for each frozen stage."""

    def timing_of(config: FinetuneConfig) -> Timing:
        return timing(learn_s if config.mode == "full" else learn_s / 2 ** (4 - config.last_stages))

    return decide(preset, budget_s, "graft_residual", sight, timing_of)


def reason(plan: PresetPlan, setting: str) -> str:
    return next(choice.reason for choice in plan.choices if choice.setting == setting)


@pytest.mark.parametrize(
    ("accuracies", "mode", "stages", "why"),
    [
        ((0.3, 0.5, 0.7, 0.7), "full", 1, "unlike"),
        ((0.3, 0.5, 0.67, 0.7), "last", 2, "near"),
        ((0.3, 0.5, 0.6, 0.7), "last", 1, "like"),
        ((), "last", 1, "unknown"),
    ],
)
def test_the_more_unlike_its_own_data_the_more_of_the_backbone_learns(
    accuracies: tuple[float, ...], mode: str, stages: int, why: str
) -> None:
    plan = made(replace(SIGHT, accuracies=accuracies))
    assert (plan.config.mode, plan.config.last_stages, reason(plan, "mode")) == (mode, stages, why)


def test_epochs_fill_the_budget_that_is_left():
    """400 images of 25 ms are 10 s an epoch; of 120 s, 10 s are over, and a share is set aside."""
    plan = made()
    assert plan.config.epochs == int((120 / 1.08 - 10) / 10) == plan.outlook.epochs
    assert reason(plan, "epochs") == "epochs_time"
    assert plan.sight.spent_s + plan.outlook.seconds <= 120


def test_with_more_time_than_epochs_bring_anything_there_are_no_more_of_them():
    plan = made(learn_s=0.001)
    assert (plan.config.epochs, reason(plan, "epochs")) == (16, "epochs_most")
    assert made(learn_s=0.001, preset="thorough", budget_s=1200).config.epochs == 40


def test_where_time_is_short_less_of_the_backbone_learns():
    plan = made(learn_s=0.12)
    assert (plan.config.mode, plan.config.last_stages, reason(plan, "mode")) == ("last", 3, "less_time")
    assert plan.config.epochs >= LEAST_EPOCHS


def test_where_it_saves_time_what_is_frozen_is_computed_once_for_each_of_a_few_views():
    def timing_of(_config: FinetuneConfig) -> Timing:
        return replace(timing(0.05), trunk_s=0.02, above=0.3, kept_bytes=1000)

    like = replace(SIGHT, accuracies=(0.3, 0.5, 0.6, 0.7))
    plan = decide("quick", 150.0, "graft_residual", like, timing_of)
    config = plan.config
    assert (config.mode, config.views, config.trunk_cache, plan.outlook.kept_views) == ("last", 4, "on", 4)
    assert reason(plan, "views") == "views_kept"
    assert config.epochs == int((150 / 1.08 - 10 - (4 * 400 + 50) * 0.02 - 4 * 50 * 0.005) / (0.015 * (400 + 100 / 3)))
    assert made(learn_s=0.12).config.trunk_cache == "auto"


def test_where_time_is_too_short_for_any_stage_the_head_alone_learns():
    plan = made(learn_s=10.0)
    assert plan.config.is_instant
    assert [choice.reason for choice in plan.choices] == ["size_own", "head_no_time"]


def test_a_backbone_that_cannot_be_trained_gets_a_head():
    assert reason(made(replace(SIGHT, stages=0, accuracies=())), "mode") == "head_untrainable"


def test_photos_of_which_mirrored_ones_look_like_others_are_not_mirrored():
    assert made(replace(SIGHT, mirrored=0.5)).config.augmentation.horizontal_flip is None
    assert made(replace(SIGHT, mirrored=0.69)).config.augmentation.horizontal_flip == 0.5
    assert reason(made(replace(SIGHT, mirrored=None)), "horizontal_flip") == "flip_unknown"


def test_small_photos_have_a_small_input_only_where_a_probe_is_as_good_with_it():
    assert made(replace(SIGHT, small_px=64, small=0.695)).config.backbone == "graft_residual@64"
    assert made(replace(SIGHT, small_px=64, small=0.6)).config.backbone == "graft_residual"


def test_few_photos_have_small_batches():
    assert made(replace(SIGHT, extent=Extent(train=100, val=50))).config.batch_size == 16
    assert made().config.batch_size == 32


def test_a_plan_says_each_of_its_reasons_and_is_kept(tmp_path: Path):
    for plan in (made(), made(learn_s=10.0), made(replace(SIGHT, mirrored=0.1, small_px=64, small=0.7))):
        assert all(choice.sentence and "{" not in choice.sentence for choice in plan.choices)
        plan.save(tmp_path)
        assert PresetPlan.load(tmp_path) == plan
    assert PresetPlan.load(tmp_path / "none") is None


@pytest.mark.parametrize(("preset", "budget_s"), [("fast", 120.0), ("quick", 1.0)])
def test_what_there_is_not_is_refused(preset: str, budget_s: float):
    with pytest.raises(TrainingError):
        made(preset=preset, budget_s=budget_s)
