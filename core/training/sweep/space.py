"""What a sweep tries: a small space of settings around a good beginning.

This file knows neither torch nor how the next trial is chosen.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from core.backbones.registry import info
from core.errors import TrainingError
from core.i18n import gettext as _
from core.training.choices import suggested_lr
from core.training.config import FinetuneConfig
from core.training.images.augmentation import PRESETS

BACKBONE, DEPTH, RATE, AUGMENTATION = "backbone", "depth", "rate", "augmentation"
"""The names of the settings that are searched."""

DEPTHS = ("1", "2", "full")
"""How many of the last stages learn, or everything."""

RATES = (1 / 3, 3.0)
"""The least and the greatest learning rate, as multiples of the suggested one."""

AUGMENTATIONS = ("light", "standard", "strong")

_RECIPE: dict[str, Any] = {"label_smoothing": 0.05, "weight_decay": 0.02}


@dataclass(frozen=True)
class Space:
    """The settings among which a sweep searches.

    Attributes:
        backbones: their registered names; at least one.
        epochs: of a trial that goes on to the end.
        seed: of every trial's training.

    Raises:
        TrainingError: a backbone has nothing to train.
        BackboneError: a backbone is not known.
    """

    backbones: tuple[str, ...]
    epochs: int
    seed: int = 0

    def __post_init__(self) -> None:
        if not self.backbones:
            raise TrainingError(_("A sweep needs at least one backbone. Name some."))
        for name in self.backbones:
            fact = info(name)
            if not fact.trainable or not fact.stages:
                raise TrainingError(
                    _("'{name}' has nothing to train but the head. Leave it out of the sweep. {note}").format(
                        name=fact.name, note=fact.note
                    )
                )

    def beginnings(self) -> list[dict[str, Any]]:
        """What is tried first: each backbone with the usual settings."""
        usual = {DEPTH: "1", RATE: 1.0, AUGMENTATION: "standard"}
        return [{BACKBONE: name, **usual} for name in self.backbones]

    def config(self, settings: Mapping[str, Any]) -> FinetuneConfig:
        """How a trial trains with these settings; of a backbone with few stages all may be its last ones."""
        name, depth = str(settings[BACKBONE]), str(settings[DEPTH])
        stages = len(info(name).stages)
        last = stages if depth == "full" else int(depth)
        mode = "full" if last >= stages else "last"
        return FinetuneConfig(
            name,
            mode=mode,
            last_stages=last if mode == "last" else 1,
            epochs=self.epochs,
            lr=suggested_lr(mode, "adamw") * float(settings[RATE]),
            augmentation=PRESETS[str(settings[AUGMENTATION])],
            seed=self.seed,
            **_RECIPE,
        )
