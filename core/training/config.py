"""What a fine-tuning is asked to do: one record for the form, the command line and the run.

This file never imports torch, so that a page can check a config while the user moves its sliders.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

from core.backbones.registry import canonical
from core.checks import one_of, real, whole, yes_or_no
from core.errors import TrainingError
from core.i18n import gettext as _
from core.training.choices import (
    ENOUGH_FOR_STATISTICS,
    FROZEN_BELOW,
    HEAD_STARTS,
    MODES,
    OPTIMIZERS,
    SCHEDULES,
    STATISTICS,
    TRUNK_CACHES,
    suggested_lr,
    suggested_views,
)
from core.training.images.augmentation import Augmentation, parse


@dataclass(frozen=True)
class FinetuneConfig:
    """How a classifier is fitted to a dataset's training split.

    Attributes:
        backbone: the backbone's registered name.
        mode: what is trained: "head" (the new classifier alone), and of the backbone "norms" (norm layers' scales and
            shifts, and all biases), "lora" (low-rank factors beside the weights of a transformer), "last" (its last
            stages) or "full".
        last_stages: how many stages of the backbone are trained in mode "last".
        lora_rank: the rank of the factors in mode "lora".
        head_start: "probe" (the solution of a probe on the frozen features, so that training begins where the probe
            ends: LP-FT, Kumar et al. 2022) or "zero".
        epochs: passes over the training split, at most.
        restarts: epochs after which schedule, optimizer and moving average begin anew; what extending a training adds.
        lr: peak learning rate; None takes `suggested_lr(mode, optimizer)`, and is that number from then on.
        layer_decay: each stage of the backbone learns at this share of the rate of the stage after it (Clark et al.
            2020); 1 for one rate.
        unfreeze_epochs: each stage begins to learn so many epochs after the stage after it (Howard and Ruder 2018);
            0 begins with all at once.
        batch_size: images a step, at least 2.
        optimizer: "adamw" (Loshchilov and Hutter 2019) or "sgd" with a momentum of 0.9.
        schedule: "cosine" (to zero, after a linear warm-up), "onecycle", "step" (a tenth after each third of the
            epochs), "plateau" (a half after two epochs without a lower validation loss) or "none".
        warmup_epochs: epochs over which the cosine schedule rises from zero; may be a fraction.
        weight_decay: of weights alone; biases and normalisation layers have none.
        clip_norm: the greatest norm of a step's gradient; 0 for any.
        label_smoothing: the share of the target that is spread over all classes, 0 to below 1.
        focal_gamma: how much less what is right already counts in the loss (Lin et al. 2017); 0 for as much.
        dropout: the share of the features that the head does not see at a step, 0 to 0.9.
        mixup: alpha of mixup (Zhang et al. 2018): photos of a batch are mixed in pairs, the more the greater it is; 0
            for none. Where the backbone or its first stages are frozen, what these make of the photos is mixed.
        cutmix: alpha of CutMix (Yun et al. 2019): a box of each photo is of another one; 0 for none. With `mixup`, each
            batch goes by one of the two.
        batch_norm: whether batch normalisation keeps the statistics it came with ("frozen") or takes those of the new
            photos ("learnt"); "auto" freezes them below 5,000 training photos.
        ema: the decay, a step, of a moving average of the weights, which is judged beside them; 0 for none.
        average: after the last epoch, whether averages of weights are tried, too: between the start and the best
            (WiSE-FT, Wortsman et al. 2022) and of the last checkpoints (greedy soup).
        calibrate: whether the model's scores are divided by a temperature at the end, fitted on the validation images,
            where that makes it as sure as it is right (Guo et al. 2017).
        patience: stops after this many epochs without a better one; 0 never stops early.
        seed: of everything random: the order of images, augmentation, dropout.
        augmentation: how training images are changed.
        views: how many different views an image has, through which the epochs cycle; 0 for a new one each epoch. None
            takes `suggested_views(mode)`, and is that number from then on.
        trunk_cache: whether what is frozen is computed once for each view and kept on the disk meanwhile ("on") or in
            every epoch ("off"); "auto" keeps it where views come again and that is estimated to be quicker.
        balance_classes: weighs each class's loss by the inverse of its number of images.
        balanced_sampling: draws each class equally often in an epoch, which has as many images as there are.

    Raises:
        TrainingError: a value is out of its range; the message gives the key, the value and the remedy.
        BackboneError: the backbone's name has a framing that there is not, or two sizes or framings.
    """

    run_kind: ClassVar[str] = "finetune"
    backbone: str
    mode: str = "head"
    last_stages: int = 1
    lora_rank: int = 8
    head_start: str = "probe"
    epochs: int = 10
    restarts: tuple[int, ...] = ()
    lr: float = None  # type: ignore[assignment]  # None is replaced below, so that readers always find a number
    layer_decay: float = 0.8
    unfreeze_epochs: int = 0
    batch_size: int = 32
    optimizer: str = "adamw"
    schedule: str = "cosine"
    warmup_epochs: float = 1.0
    weight_decay: float = 0.01
    clip_norm: float = 1.0
    label_smoothing: float = 0.0
    focal_gamma: float = 0.0
    dropout: float = 0.0
    mixup: float = 0.0
    cutmix: float = 0.0
    batch_norm: str = "auto"
    ema: float = 0.99
    average: bool = True
    calibrate: bool = True
    patience: int = 0
    seed: int = 0
    augmentation: Augmentation = field(default_factory=Augmentation)
    views: int = None  # type: ignore[assignment]  # as with `lr`
    trunk_cache: str = "auto"
    balance_classes: bool = False
    balanced_sampling: bool = False

    def __post_init__(self) -> None:
        if not isinstance(self.backbone, str) or not self.backbone:
            raise TrainingError(_("backbone is empty. Choose one from the list of backbones."))
        object.__setattr__(self, "backbone", canonical(self.backbone))
        for name, known in _CHOICES.items():
            one_of(name, getattr(self, name), known, TrainingError)
        if self.lr is None:
            object.__setattr__(self, "lr", suggested_lr(self.mode, self.optimizer))
        if self.views is None:
            object.__setattr__(self, "views", suggested_views(self.mode))
        for name, (least, most) in _WHOLE.items():
            whole(name, getattr(self, name), least, most, TrainingError)
        for name, (low, high) in _REAL.items():
            object.__setattr__(self, name, real(name, getattr(self, name), low, high, TrainingError))
        for name in ("average", "calibrate", "balance_classes", "balanced_sampling"):
            yes_or_no(name, getattr(self, name), TrainingError)
        if self.balance_classes and self.balanced_sampling:
            raise TrainingError(
                _("balance_classes and balanced_sampling are both on. Choose one of them: each alone evens classes.")
            )
        if not isinstance(self.augmentation, Augmentation):
            raise TrainingError(_("augmentation is an Augmentation, not {value!r}.").format(value=self.augmentation))
        object.__setattr__(self, "restarts", _restarts(self.restarts, self.epochs))

    @property
    def method(self) -> str:
        """What is trained, which is how a run with this config was fitted."""
        return self.mode

    @property
    def is_instant(self) -> bool:
        """Whether each image goes through the network only once, so that epochs take no time.

        That is so where the backbone is frozen and its images are always the same.
        """
        return self.mode == "head" and not self.augmentation

    @property
    def drawn_views(self) -> int:
        """How many different views of an image the epochs show."""
        return min(self.views or self.epochs, self.epochs) if self.augmentation else 1

    @property
    def may_keep_trunk(self) -> bool:
        """Whether what is frozen may be computed once for all epochs, as far as the settings go."""
        if self.is_instant or self.mode not in FROZEN_BELOW or self.trunk_cache == "off":
            return False
        return self.trunk_cache == "on" or self.drawn_views < self.epochs

    def freezes_statistics(self, n_train: int) -> bool:
        """Whether batch normalisation keeps the statistics it came with, given so many training photos."""
        return self.batch_norm == "frozen" or (self.batch_norm == "auto" and n_train < ENOUGH_FOR_STATISTICS)

    def extended(self, epochs: int, after: int | None = None) -> FinetuneConfig:
        """The config with so many more epochs, for which the schedule and the optimizer begin anew.

        Args:
            epochs: how many more.
            after: how many epochs there were, where training stopped early; None for all that there could be.

        Raises:
            TrainingError: there are too many, or none.
        """
        whole("epochs", epochs, *_WHOLE["epochs"], TrainingError)
        done = self.epochs if after is None else after
        return dataclasses.replace(self, epochs=done + epochs, restarts=(*self.restarts, done))

    def to_json(self) -> dict[str, Any]:
        """Every field, as a job, a run and a bundle keep it and `from_json` reads it."""
        content = {f.name: getattr(self, f.name) for f in dataclasses.fields(self)}
        return {**content, "augmentation": self.augmentation.to_json(), "restarts": list(self.restarts)}

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


def settings_in(text: str) -> dict[str, Any]:
    """The settings that a JSON text holds: those of a config, or of the record of a run.

    They are not checked yet: `FinetuneConfig.from_json` does that.

    Raises:
        TrainingError: it is no JSON, or holds no settings.
    """
    try:
        content = json.loads(text)
    except (ValueError, RecursionError) as problem:
        message = _("The settings are no JSON ({reason}). Give them as Graft writes them.")
        raise TrainingError(message.format(reason=problem)) from problem
    settings = content.get("config", content) if isinstance(content, dict) else content
    if not isinstance(settings, dict):
        raise TrainingError(_("The settings are no JSON object with a name for each. Give one, as in run.json."))
    return settings


_CHOICES: Mapping[str, tuple[str, ...]] = {
    "mode": MODES,
    "head_start": HEAD_STARTS,
    "optimizer": OPTIMIZERS,
    "schedule": SCHEDULES,
    "batch_norm": STATISTICS,
    "trunk_cache": TRUNK_CACHES,
}
_WHOLE: Mapping[str, tuple[int, int]] = {
    "last_stages": (1, 100),
    "lora_rank": (1, 64),
    "epochs": (1, 1000),
    "unfreeze_epochs": (0, 100),
    "batch_size": (2, 1024),
    "patience": (0, 1000),
    "seed": (0, 2**31 - 1),
    "views": (0, 1000),
}
_REAL: Mapping[str, tuple[float, float]] = {
    "lr": (1e-7, 10.0),
    "layer_decay": (0.1, 1.0),
    "warmup_epochs": (0.0, 100.0),
    "weight_decay": (0.0, 1.0),
    "clip_norm": (0.0, 1e6),
    "label_smoothing": (0.0, 0.9),
    "focal_gamma": (0.0, 10.0),
    "dropout": (0.0, 0.9),
    "mixup": (0.0, 10.0),
    "cutmix": (0.0, 10.0),
    "ema": (0.0, 0.9999),
}


def _restarts(value: object, epochs: int) -> tuple[int, ...]:
    """The restarts as a tuple, once they are known to be epochs in their order, each within the training."""
    given = tuple(value) if isinstance(value, list | tuple) else (0,)
    whole_numbers = all(isinstance(epoch, int) and not isinstance(epoch, bool) for epoch in given)
    if not whole_numbers or list(given) != sorted({*given} - {0}) or (given and given[-1] >= epochs):
        raise TrainingError(
            _("restarts is {value!r}. Choose rising whole numbers from 1 to below epochs, {epochs}.").format(
                value=value, epochs=epochs
            )
        )
    return given
