"""What a fine-tuning is asked to do: one record for the form, the command line and the run.

This file never imports torch, so that a page can check a config while the user moves its sliders.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

from core.backbones.registry import canonical
from core.errors import TrainingError
from core.i18n import gettext as _
from core.training.augmentation import FILLS, KINDS, PRESETS, Augmentation, AugmentationKind, parse, preset_label

__all__ = [
    "FILLS",
    "KINDS",
    "MODES",
    "OPTIMIZERS",
    "PRESETS",
    "SCHEDULES",
    "Augmentation",
    "AugmentationKind",
    "FinetuneConfig",
    "is_instant",
    "mode_label",
    "optimizer_label",
    "parse",
    "preset_label",
    "schedule_label",
    "suggested_lr",
]

MODES = ("head", "last", "full")
OPTIMIZERS = ("adamw", "sgd")
SCHEDULES = ("cosine", "step", "none")
MOMENTUM = 0.9

_SUGGESTED_LR = {
    ("head", "adamw"): 1e-3,
    ("last", "adamw"): 3e-4,
    ("full", "adamw"): 3e-4,
    ("head", "sgd"): 3e-3,
    ("last", "sgd"): 3e-3,
    ("full", "sgd"): 2e-3,
}


def suggested_lr(mode: str, optimizer: str) -> float:
    """A learning rate to begin with, found on small sets of photos: the more is trained, the smaller.

    Raises:
        TrainingError: no such mode or optimizer.
    """
    _one_of("mode", mode, MODES)
    _one_of("optimizer", optimizer, OPTIMIZERS)
    return _SUGGESTED_LR[mode, optimizer]


def is_instant(config: FinetuneConfig) -> bool:
    """Whether each image goes through the network only once, so that epochs take no time.

    That is so where the backbone is frozen and its images are always the same.
    """
    return config.mode == "head" and not config.augmentation


def mode_label(mode: str) -> str:
    """What a mode is called, in the user's language."""
    return {"head": _("Head only"), "last": _("Last stages"), "full": _("Everything")}[mode]


def optimizer_label(optimizer: str) -> str:
    """What an optimizer is called, in the user's language."""
    return {"adamw": _("AdamW"), "sgd": _("SGD with momentum")}[optimizer]


def schedule_label(schedule: str) -> str:
    """What a learning-rate schedule is called, in the user's language."""
    return {"cosine": _("Cosine with warm-up"), "step": _("Step"), "none": _("Constant")}[schedule]


@dataclass(frozen=True)
class FinetuneConfig:
    """How a classifier is fitted to a dataset's training split.

    Attributes:
        backbone: the backbone's registered name.
        mode: what is trained: "head" (the new classifier alone), "last" (and the backbone's last stages) or "full".
        last_stages: how many stages of the backbone are trained in mode "last".
        epochs: passes over the training split, at most.
        lr: peak learning rate; None takes `suggested_lr(mode, optimizer)`, and is that number from then on.
        batch_size: images a step, at least 2.
        optimizer: "adamw" (Loshchilov and Hutter 2019) or "sgd" with a momentum of 0.9.
        schedule: "cosine" (to zero, after a linear warm-up), "step" (a tenth after each third of the epochs) or
            "none".
        warmup_epochs: epochs over which the cosine schedule rises from zero; may be a fraction.
        weight_decay: of weights alone; biases and normalisation layers have none.
        label_smoothing: the share of the target that is spread over all classes, 0 to below 1.
        patience: stops after this many epochs without a lower validation loss; 0 never stops early.
        seed: of everything random: the head's start, the order of images, augmentation, dropout.
        augmentation: how training images are changed.
        balance_classes: weighs each class's loss by the inverse of its number of images.

    Raises:
        TrainingError: a value is out of its range; the message gives the key, the value and the remedy.
        BackboneError: the backbone's name has a framing that there is not, or two sizes or framings.
    """

    run_kind: ClassVar[str] = "finetune"
    backbone: str
    mode: str = "head"
    last_stages: int = 1
    epochs: int = 10
    lr: float = None  # type: ignore[assignment]  # None is replaced below, so that readers always find a number
    batch_size: int = 32
    optimizer: str = "adamw"
    schedule: str = "cosine"
    warmup_epochs: float = 1.0
    weight_decay: float = 0.01
    label_smoothing: float = 0.0
    patience: int = 0
    seed: int = 0
    augmentation: Augmentation = field(default_factory=Augmentation)
    balance_classes: bool = False

    def __post_init__(self) -> None:
        if not isinstance(self.backbone, str) or not self.backbone:
            raise TrainingError(_("backbone is empty. Choose one from the list of backbones."))
        object.__setattr__(self, "backbone", canonical(self.backbone))
        _one_of("mode", self.mode, MODES)
        _one_of("optimizer", self.optimizer, OPTIMIZERS)
        _one_of("schedule", self.schedule, SCHEDULES)
        if self.lr is None:
            object.__setattr__(self, "lr", suggested_lr(self.mode, self.optimizer))
        for name in ("last_stages", "epochs", "batch_size", "patience", "seed"):
            _whole(name, getattr(self, name), *_RANGES[name])
        for name in ("lr", "warmup_epochs", "weight_decay", "label_smoothing"):
            object.__setattr__(self, name, _real(name, getattr(self, name), *_RANGES[name]))
        if not isinstance(self.augmentation, Augmentation):
            raise TrainingError(_("augmentation is an Augmentation, not {value!r}.").format(value=self.augmentation))
        if not isinstance(self.balance_classes, bool):
            raise TrainingError(
                _("balance_classes is true or false, not {value!r}.").format(value=self.balance_classes)
            )

    @property
    def method(self) -> str:
        """What is trained, which is how a run with this config was fitted."""
        return self.mode

    def to_json(self) -> dict[str, Any]:
        """Every field, as a job, a run and a bundle keep it and `from_json` reads it."""
        content = {f.name: getattr(self, f.name) for f in dataclasses.fields(self)}
        return {**content, "augmentation": self.augmentation.to_json()}

    @classmethod
    def from_json(cls, content: Mapping[str, Any]) -> FinetuneConfig:
        """From what `to_json` gave or a user wrote; what is missing or null has its default.

        Raises:
            TrainingError: an unknown key, no backbone, or a value out of its range.
        """
        known = [f.name for f in dataclasses.fields(cls)]
        for name in content:
            if name not in known:
                raise TrainingError(
                    _("A fine-tuning has no setting '{name}'. There are: {known}.").format(
                        name=name, known=", ".join(known)
                    )
                )
        settings = {name: value for name, value in content.items() if value is not None}
        augmentation = settings.get("augmentation")
        if isinstance(augmentation, Mapping):
            settings["augmentation"] = Augmentation.from_json(augmentation)
        elif isinstance(augmentation, str):
            settings["augmentation"] = parse(augmentation)
        return cls(**{"backbone": "", **settings})


_RANGES: Mapping[str, tuple[float, float]] = {
    "last_stages": (1, 100),
    "epochs": (1, 1000),
    "batch_size": (2, 1024),
    "patience": (0, 1000),
    "seed": (0, 2**31 - 1),
    "lr": (1e-7, 10.0),
    "warmup_epochs": (0.0, 100.0),
    "weight_decay": (0.0, 1.0),
    "label_smoothing": (0.0, 0.9),
}


def _one_of(name: str, value: object, known: tuple[str, ...]) -> None:
    if value not in known:
        raise TrainingError(
            _("{name} is {value!r}. Choose one of: {known}.").format(name=name, value=value, known=", ".join(known))
        )


def _whole(name: str, value: object, low: float, high: float) -> None:
    if not isinstance(value, int) or isinstance(value, bool) or not low <= value <= high:
        raise TrainingError(
            _("{name} is {value!r}. Choose a whole number from {low} to {high}.").format(
                name=name, value=value, low=int(low), high=int(high)
            )
        )


def _real(name: str, value: object, low: float, high: float) -> float:
    if isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value) and low <= value <= high:
        return float(value)
    raise TrainingError(
        _("{name} is {value!r}. Choose a number from {low:g} to {high:g}.").format(
            name=name, value=value, low=low, high=high
        )
    )
