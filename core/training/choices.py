"""What a fine-tuning can be: its modes, optimizers and schedules, what they are called, and the rates they begin with.

This file never imports torch.
"""

from __future__ import annotations

from core.checks import one_of
from core.errors import TrainingError
from core.i18n import gettext as _

MODES = ("head", "norms", "lora", "last", "full")
LIGHT = ("norms", "lora")
"""The modes in which a few numbers of the whole backbone learn."""
FROZEN_BELOW = ("head", "last")
"""The modes in which what an image goes through first never changes."""
OPTIMIZERS = ("adamw", "sgd")
SCHEDULES = ("cosine", "onecycle", "step", "plateau", "none")
HEAD_STARTS = ("probe", "zero")
STATISTICS = ("auto", "frozen", "learnt")
TRUNK_CACHES = ("auto", "on", "off")
MOMENTUM = 0.9
_VIEWS = 4
ENOUGH_FOR_STATISTICS = 5000
"""Training photos from which batch normalisation may learn statistics of its own, with `batch_norm` "auto"."""

_SUGGESTED_LR = {
    ("head", "adamw"): 1e-3,
    ("norms", "adamw"): 1e-3,
    ("lora", "adamw"): 1e-3,
    ("last", "adamw"): 3e-4,
    ("full", "adamw"): 3e-4,
    ("head", "sgd"): 3e-3,
    ("norms", "sgd"): 1e-2,
    ("lora", "sgd"): 1e-2,
    ("last", "sgd"): 3e-3,
    ("full", "sgd"): 2e-3,
}


def suggested_lr(mode: str, optimizer: str) -> float:
    """A learning rate to begin with, found on small sets of photos: the more is trained, the smaller.

    Raises:
        TrainingError: no such mode or optimizer.
    """
    one_of("mode", mode, MODES, TrainingError)
    one_of("optimizer", optimizer, OPTIMIZERS, TrainingError)
    return _SUGGESTED_LR[mode, optimizer]


def suggested_views(mode: str) -> int:
    """How many different views an image has; 0 for a new one each epoch.

    A few suffice where the first stages are frozen, and what these make of each need be computed only once.
    """
    return _VIEWS if mode in FROZEN_BELOW else 0


def mode_label(mode: str) -> str:
    """What a mode is called, in the user's language."""
    labels = {
        "head": _("Head only"),
        "norms": _("Norms and biases"),
        "lora": _("Low-rank (LoRA)"),
        "last": _("Last stages"),
        "full": _("Everything"),
    }
    return labels[mode]


def optimizer_label(optimizer: str) -> str:
    """What an optimizer is called, in the user's language."""
    return {"adamw": _("AdamW"), "sgd": _("SGD with momentum")}[optimizer]


def schedule_label(schedule: str) -> str:
    """What a learning-rate schedule is called, in the user's language."""
    labels = {
        "cosine": _("Cosine with warm-up"),
        "onecycle": _("One cycle"),
        "step": _("Step"),
        "plateau": _("Reduce on plateau"),
        "none": _("Constant"),
    }
    return labels[schedule]


def head_start_label(start: str) -> str:
    """What a start of the head is called, in the user's language."""
    return {"probe": _("The probe's solution"), "zero": _("Zero")}[start]


def statistics_label(choice: str) -> str:
    """What a way with the statistics of batch normalisation is called, in the user's language."""
    return {"auto": _("Frozen with few photos"), "frozen": _("Frozen"), "learnt": _("Learnt")}[choice]


def trunk_cache_label(choice: str) -> str:
    """What a way with the activations of what is frozen is called, in the user's language."""
    return {"auto": _("Kept where that is quicker"), "on": _("Kept"), "off": _("Computed anew")}[choice]
