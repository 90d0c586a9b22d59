"""Presets: what to train and how, decided from what is measured of the photos and of this machine, with the reasons.

A preset keeps a budget of time: the epochs are decided before the first one begins, so that the learning rate's
schedule ends where the time does. How much of the backbone learns follows from how unlike its own data the photos are:
where a probe does as well after an earlier stage as after the last, what comes later is of another task (Yosinski et
al. 2014, "How transferable are features in deep neural networks?").

This file measures nothing (`core.training.planning.sight` does) and never imports torch.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from core.backbones.registry import chosen
from core.errors import GraftError, TrainingError
from core.i18n import gettext as _
from core.paths import read_json, write_json
from core.records import Record
from core.training.choices import suggested_views
from core.training.config import FinetuneConfig
from core.training.images.augmentation import Augmentation
from core.training.planning.outlook import Extent, Outlook, Timing, outlook
from core.training.planning.reasons import Choice

PRESETS = ("quick", "thorough")
BUDGET_S: Mapping[str, float] = {"quick": 120.0, "thorough": 1200.0}
LEAST_S, MOST_S = 10.0, 24 * 3600.0
FILE = "preset.json"

_MOST_EPOCHS: Mapping[str, int] = {"quick": 16, "thorough": 40}
LEAST_EPOCHS = 4
"""With fewer, less of the backbone learns instead: a schedule needs some epochs to rise and to fall."""
_HEAD_EPOCHS = 30
_SAFETY = 1.08
"""Of the time that is left, so much more is set aside than the batches say, as machines are not steady."""
_AS_WELL, _NEARLY = 0.01, 0.05
"""A stage is as good as the last where its probe is at most this much less accurate, and nearly where this much."""
_HARMFUL = 0.03
"""Mirrored photos that a probe gets right so much less often are others than they were."""
_FEW_STEPS, _BATCH, _SMALL_BATCH = 10, 32, 16
"""An epoch of fewer steps has smaller batches."""

_RECIPE = {
    "lr": 3e-4, "layer_decay": 0.8, "weight_decay": 0.02, "label_smoothing": 0.05, "mixup": 0.2,
    "augmentation": Augmentation(resized_crop=0.5, horizontal_flip=0.5, brightness=0.1, contrast=0.1, saturation=0.1),
}  # fmt: skip

TimingOf = Callable[[FinetuneConfig], Timing]


@dataclass(frozen=True, kw_only=True)
class Sight(Record):
    """What is measured of some photos with a backbone, before anything is trained.

    Attributes:
        extent: how many photos there are.
        stages: how many stages of the backbone can learn; 0 for a backbone that cannot be trained.
        input_px: the side of its input.
        accuracies: of a cross-validated probe after each stage, from input to output; () where it was not measured.
        plain: the accuracy of a probe on validation photos; None where a class has too few for one.
        upright: the same on those of them that are mirrored, before they are.
        mirrored: and after.
        small_px: a smaller input that shows small photos whole; 0 where there is none.
        small: the accuracy of a probe with it on the same photos.
        probe_s: how long the probe takes that training begins with.
        spent_s: how long all this took, which is of the budget.
    """

    extent: Extent
    stages: int
    input_px: int
    accuracies: tuple[float, ...] = ()
    plain: float | None = None
    upright: float | None = None
    mirrored: float | None = None
    small_px: int = 0
    small: float | None = None
    probe_s: float = 0.0
    spent_s: float = 0.0


@dataclass(frozen=True, kw_only=True)
class PresetPlan(Record):
    """What a preset makes of photos; it lies beside the run.

    Attributes:
        preset: its name.
        budget_s: the time that it may take.
        config: how to train.
        choices: why so.
        outlook: what the training will take.
        sight: what was measured.
        backbone: the name that was asked for; "" in a plan of an earlier Graft.
        fingerprint: of the photos that it was made for; "" in a plan of an earlier Graft.
    """

    preset: str
    budget_s: float
    config: FinetuneConfig
    choices: tuple[Choice, ...]
    outlook: Outlook
    sight: Sight
    backbone: str = ""
    fingerprint: str = ""

    def save(self, out: Path) -> None:
        """Keeps it in a run's directory."""
        write_json(out / FILE, self.to_json())

    @staticmethod
    def load(out: Path) -> PresetPlan | None:
        """The plan in a run's directory; None where there is none that can be read."""
        try:
            return PresetPlan.from_json(read_json(out / FILE))
        except (OSError, ValueError, GraftError):
            return None


def check(preset: str, budget_s: float) -> None:
    """Refuses a preset that there is not, and a budget that no training keeps.

    Raises:
        TrainingError: one of the two.
    """
    if preset not in PRESETS:
        raise TrainingError(
            _("There is no preset '{name}'. Choose from: {known}.").format(name=preset, known=", ".join(PRESETS))
        )
    if not LEAST_S <= budget_s <= MOST_S:
        raise TrainingError(
            _("The budget is {value:g} s. Choose from {least:g} to {most:g} s.").format(
                value=budget_s, least=LEAST_S, most=MOST_S
            )
        )


def preset_label(preset: str) -> str:
    """What a preset is called, in the user's language; "" is none."""
    return {"quick": _("Quick"), "thorough": _("Thorough"), "": _("By hand")}[preset]


def decide(
    preset: str, budget_s: float, backbone: str, sight: Sight, timing_of: TimingOf, *, seed: int = 0
) -> PresetPlan:
    """What to train, for how long, and why.

    Args:
        preset: one of `PRESETS`.
        budget_s: the seconds that all may take, what was measured included.
        backbone: a name of the registry.
        sight: what was measured.
        timing_of: times a few batches of a config, or knows their times.
        seed: of everything random.

    Raises:
        TrainingError: there is no such preset, or no such budget.
    """
    check(preset, budget_s)
    size, flip, batch = _size(sight, backbone), _flip(sight), _batch(sight)
    augmentation = _RECIPE["augmentation"]
    if flip.reason == "flip_harms" and isinstance(augmentation, Augmentation):
        augmentation = replace(augmentation, horizontal_flip=None)
    recipe = FinetuneConfig.from_json(
        {
            **_RECIPE,
            "backbone": chosen(backbone, input_px=sight.small_px) if size.reason == "size_small" else backbone,
            "augmentation": augmentation,
            "batch_size": int(batch.numbers["n"]),
            "seed": seed,
        }
    )
    config, seen, choices = _within(_MOST_EPOCHS[preset], budget_s, recipe, sight, timing_of)
    rest = () if config.is_instant else (flip, batch, Choice(setting="recipe", reason="recipe"))
    return PresetPlan(
        preset=preset,
        budget_s=budget_s,
        config=config,
        choices=(size, *choices, *rest),
        outlook=seen,
        sight=sight,
        backbone=backbone,
    )


def usual(backbone: str) -> FinetuneConfig:
    """What presets train by, with all of a backbone learning, before anything is known of photos."""
    return FinetuneConfig.from_json({**_RECIPE, "mode": "full", "backbone": backbone})


def depths(recipe: FinetuneConfig, stages: int) -> tuple[FinetuneConfig, ...]:
    """A config with the whole backbone learning, then with ever fewer of its last stages."""
    counts = range(stages - 1, 0, -1)
    return (in_mode(recipe, "full"), *(in_mode(recipe, "last", count) for count in counts))


def in_mode(config: FinetuneConfig, mode: str, last_stages: int = 1) -> FinetuneConfig:
    """The same with another part learning, from as many views as that wants."""
    return replace(config, mode=mode, last_stages=last_stages, views=suggested_views(mode))


def _within(
    most: int, budget_s: float, recipe: FinetuneConfig, sight: Sight, timing_of: TimingOf
) -> tuple[FinetuneConfig, Outlook, tuple[Choice, ...]]:
    """The most of the backbone that the photos ask for and that the time allows, and for how many epochs."""
    wanted, count = _wanted(sight)
    asked = depths(recipe, sight.stages)[sight.stages - count :] if count else ()
    until_s = budget_s / _SAFETY - sight.spent_s
    for config in asked:
        seen = _longest(most, until_s, config, sight, timing_of(config))
        if seen is not None:
            depth = wanted if config is asked[0] else _less(config.last_stages)
            length = Choice(
                setting="epochs",
                reason="epochs_most" if seen.epochs == most else "epochs_time",
                numbers={"epochs": seen.epochs, "epoch_s": seen.epoch_s, "budget_s": budget_s},
            )
            views = Choice(setting="views", reason="views_kept", numbers={"views": seen.kept_views})
            cache = "on" if seen.kept_views else config.trunk_cache
            choices = (depth, length, views) if seen.kept_views else (depth, length)
            return replace(config, epochs=seen.epochs, trunk_cache=cache), seen, choices
    head = FinetuneConfig(recipe.backbone, epochs=_HEAD_EPOCHS, seed=recipe.seed, batch_size=recipe.batch_size)
    if count:
        wanted = Choice(setting="mode", reason="head_no_time", numbers={"least": LEAST_EPOCHS})
    return head, outlook(timing_of(head), head, sight.extent, sight.probe_s), (replace(wanted, backbone=head.backbone),)


def _longest(most: int, until_s: float, config: FinetuneConfig, sight: Sight, timing: Timing) -> Outlook | None:
    """What the training takes with the most epochs that end in time; None where those are too few."""
    for epochs in range(most, LEAST_EPOCHS - 1, -1):
        seen = outlook(timing, replace(config, epochs=epochs), sight.extent, sight.probe_s)
        if seen.seconds <= until_s:
            return seen
    return None


def _less(stages: int) -> Choice:
    return Choice(setting="mode", reason="less_time", numbers={"stages": stages})


def _wanted(sight: Sight) -> tuple[Choice, int]:
    """How much of the backbone the photos ask for: why, and how many of its last stages; 0 for the head alone."""
    if not sight.stages:
        return Choice(setting="mode", reason="head_untrainable"), 0
    *earlier, last = sight.accuracies or (0.0,)
    if not earlier:
        return Choice(setting="mode", reason="unknown"), 1
    reason, count = _depth(earlier, last, sight.stages)
    numbers = {"earlier": max(earlier), "last": last, "stages": count}
    return Choice(setting="mode", reason=reason, numbers=numbers), count


def _depth(earlier: Sequence[float], last: float, stages: int) -> tuple[str, int]:
    if max(earlier) >= last - _AS_WELL:
        return "unlike", stages
    return ("near", max(stages // 2, 1)) if max(earlier) >= last - _NEARLY else ("like", 1)


def _size(sight: Sight, backbone: str) -> Choice:
    if sight.small is not None and sight.plain is not None and sight.small >= sight.plain - _AS_WELL:
        numbers = {"px": sight.small_px, "own": sight.input_px, "small": sight.small, "plain": sight.plain}
        return Choice(setting="input_px", reason="size_small", numbers=numbers, backbone=backbone)
    return Choice(setting="input_px", reason="size_own", numbers={"px": sight.input_px}, backbone=backbone)


def _flip(sight: Sight) -> Choice:
    """Whether photos may be mirrored: not where a probe takes mirrored ones for others."""
    if sight.upright is None or sight.mirrored is None:
        return Choice(setting="horizontal_flip", reason="flip_unknown")
    harms = sight.mirrored < sight.upright - max(_HARMFUL, 2 / max(sight.extent.val, 1))
    numbers = {"plain": sight.upright, "mirrored": sight.mirrored}
    return Choice(setting="horizontal_flip", reason="flip_harms" if harms else "flip_safe", numbers=numbers)


def _batch(sight: Sight) -> Choice:
    few = sight.extent.train < _FEW_STEPS * _BATCH
    numbers = {"n": _SMALL_BATCH if few else _BATCH, "photos": sight.extent.train}
    return Choice(setting="batch_size", reason="batch_small" if few else "batch_usual", numbers=numbers)
