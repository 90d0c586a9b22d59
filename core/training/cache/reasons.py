"""Why a training does not keep the activations of what is frozen: stable words, and what they mean for the user.

This file never imports torch.
"""

from __future__ import annotations

from core.errors import Uncached
from core.i18n import gettext as _

OFF, NEW_VIEWS, TOO_LITTLE = "off", "new_views", "too_little"
NOTHING_FROZEN, NOT_TRACED, NOT_ONE_TENSOR, DIFFERS = "nothing_frozen", "not_traced", "not_one_tensor", "differs"
TOO_MUCH, NO_ROOM, OUT_OF_RANGE = "too_much", "no_room", "out_of_range"
REASONS = (
    OFF, NEW_VIEWS, TOO_LITTLE, NOTHING_FROZEN, NOT_TRACED, NOT_ONE_TENSOR, DIFFERS, TOO_MUCH, NO_ROOM, OUT_OF_RANGE,
)  # fmt: skip


def uncached(reason: str) -> Uncached:
    """The error for one of `REASONS`."""
    return Uncached(reason, reason_label(reason))


def reason_label(reason: str) -> str:
    """Why activations are not kept, in the user's language."""
    return {
        OFF: _("The settings say so."),
        NEW_VIEWS: _("No view of a photo comes again in a later epoch. Choose fewer views than epochs."),
        TOO_LITTLE: _("It would save too little time."),
        NOTHING_FROZEN: _("Everything in the backbone learns, so nothing stays the same from epoch to epoch."),
        NOT_TRACED: _("This backbone cannot be cut between what is frozen and what learns."),
        NOT_ONE_TENSOR: _("What is frozen passes more than one result to what learns."),
        DIFFERS: _("Cut in two, this backbone does not give the same features for each photo."),
        TOO_MUCH: _("The activations of all views would take more of the disk than they may."),
        NO_ROOM: _("The disk has too little free space for the activations of all views."),
        OUT_OF_RANGE: _("Some activations are too large for half precision."),
    }[reason]
