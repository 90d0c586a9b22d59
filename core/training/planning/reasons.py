"""Why a preset chose what it chose: code words and numbers in a record, and sentences made from them.

This file never imports torch.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from core.backbones.names import called
from core.i18n import gettext as _
from core.numbers import percent
from core.records import Record


@dataclass(frozen=True, kw_only=True)
class Choice(Record):
    """One thing that a preset has chosen.

    Attributes:
        setting: what is chosen, such as "mode".
        reason: why, as a code word; `sentence` says it.
        numbers: what the reason rests on.
        backbone: the name of the backbone that it is about; "" for none.
    """

    setting: str
    reason: str
    numbers: Mapping[str, float] = field(default_factory=dict)
    backbone: str = ""

    @property
    def sentence(self) -> str:
        """The choice and its reason, in the user's language; "" for a reason of another version of Graft."""
        words = _sentences().get(self.reason, "")
        return words.format(backbone=called(self.backbone), **_shown(self.numbers))


def _shown(numbers: Mapping[str, float]) -> Mapping[str, str]:
    """Numbers as they are written: what is a share as a percentage, all others as whole numbers."""
    shares = {"last", "earlier", "plain", "mirrored", "small"}
    return {name: percent(value) if name in shares else f"{value:.0f}" for name, value in numbers.items()}


def _sentences() -> Mapping[str, str]:
    return {
        "size_own": _("The input is {px} px, as {backbone} was trained."),
        "size_small": _(
            "The input is {px} px: the photos are small, and a probe is right about as often with it ({small}) as with "
            "{own} px ({plain}), in less time."
        ),
        "unlike": _(
            "All of the backbone learns: a probe after an earlier stage ({earlier}) does as well as after the last "
            "({last}), so the photos are unlike those that it was trained on."
        ),
        "near": _(
            "The last {stages} stages learn: a probe after an earlier stage ({earlier}) does nearly as well as after "
            "the last ({last})."
        ),
        "like": _(
            "The last stage learns: a probe does best after it ({last}, before it {earlier}), so what the backbone "
            "sees already suits the photos."
        ),
        "unknown": _("The last stage learns: there is no probe of each stage to go by."),
        "less_time": _("The time is too short for as much as the photos ask for: the last {stages} stages learn."),
        "head_no_time": _("Only the head learns: the time is too short for {least} epochs of even the last stage."),
        "head_untrainable": _("Only the head learns: {backbone} cannot be trained."),
        "epochs_time": _("{epochs} epochs of about {epoch_s} s each fit into the {budget_s} s."),
        "epochs_most": _("{epochs} epochs, the most that this preset takes."),
        "views_kept": _(
            "Each photo has {views} views, through which the epochs go in turns, so that what the frozen stages make "
            "of each is computed only once."
        ),
        "flip_safe": _(
            "Photos are mirrored: a probe gets mirrored ones right as often ({mirrored}) as those that are not "
            "({plain})."
        ),
        "flip_harms": _(
            "Photos are not mirrored: a probe gets mirrored ones right less often ({mirrored}) than those that are not "
            "({plain}), so left and right seem to matter."
        ),
        "flip_unknown": _("Photos are mirrored, as nothing says that left and right matter."),
        "batch_small": _("Batches have {n} photos, as {photos} give too few steps an epoch with more."),
        "batch_usual": _("Batches have {n} photos."),
        "recipe": _(
            "The rest is what did well on several sets of photos: a random part of each photo with slightly other "
            "colours, mixup of 0.2, label smoothing of 0.05, and rates that fall by a fifth with each earlier stage."
        ),
    }  # fmt: skip
