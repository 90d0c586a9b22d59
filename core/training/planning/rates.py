"""The record of a learning-rate range test, and the rate that it suggests.

This file tries no rates (`core.training.planning.range_test` does) and never imports torch.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from core.errors import TrainingError
from core.i18n import gettext as _
from core.paths import write_json
from core.records import Record, read_record

SMOOTHING = 0.9
"""What stays of the smoothed loss at a step."""
RAN_AWAY = 1.5
"""The loss has run away where its smoothed course is so many times the lowest so far."""
_FALLS = 0.05
"""A loss that falls by less than this share of its beginning has no slope to go by."""
_EARLY = 5
"""In the first of so many parts of the steps, rates are too small to change the loss."""
_SURELY = 3.0
"""So many deviations are no chance any more."""
_AVERAGED = math.sqrt((1 - SMOOTHING) / (1 + SMOOTHING))
"""The deviation of the smoothed loss, as a share of that of the losses."""
_OF_MINIMUM, _OF_RISE = 0.1, 1 / 3


@dataclass(frozen=True, kw_only=True)
class RangeTest(Record):
    """What the loss of training batches did as the rate grew.

    Attributes:
        backbone: whose copy was trained.
        mode: what of it.
        lrs: the rate of each step.
        losses: the plain loss of each step's batch, less what that batch had at the start, plus the mean of that: so
            that batches, of which some are harder, can be compared.
        smoothed: the same, smoothed with the bias of its beginning taken out.
        ran_away: whether the loss ran away before the greatest rate was reached.
        suggestion: the rate to take.
        reason: how it was found: "steepest", "minimum" or "rise".
    """

    FILE: ClassVar[str] = "lr_range.json"

    backbone: str
    mode: str
    lrs: tuple[float, ...]
    losses: tuple[float, ...]
    smoothed: tuple[float, ...]
    ran_away: bool
    suggestion: float
    reason: str

    @property
    def why(self) -> str:
        """How the suggestion was found, in the user's language."""
        return {
            "steepest": _("There the loss falls most steeply, and it is no more than a tenth of where it is lowest."),
            "minimum": _(
                "It is a tenth of the rate at which the loss is lowest, which is safer than its steepest fall."
            ),
            "rise": _(
                "The loss barely falls, as training begins with the probe's solution: it is a third of the greatest "
                "rate before the loss rises."
            ),
        }.get(self.reason, "")

    def as_json(self) -> dict[str, Any]:
        """The document of `lr-range --json`."""
        return self.to_json()

    def save(self, folder: Path) -> None:
        """Keeps it in a job's directory."""
        write_json(folder / self.FILE, self.to_json())

    @staticmethod
    def load(folder: Path) -> RangeTest:
        """The test in a job's directory.

        Raises:
            TrainingError: there is none, or another version of Graft wrote it.
        """
        unreadable = TrainingError(_("This test cannot be read. Run it again."))
        return read_record(folder / RangeTest.FILE, RangeTest, unreadable)


def smooth(losses: Sequence[float]) -> tuple[float, ...]:
    """An exponential moving average of losses, with the bias of its beginning taken out."""
    average, smoothed = 0.0, []
    for step, loss in enumerate(losses, 1):
        average = SMOOTHING * average + (1 - SMOOTHING) * loss
        smoothed.append(average / (1 - SMOOTHING**step))
    return tuple(smoothed)


def suggest(lrs: Sequence[float], losses: Sequence[float]) -> tuple[float, str]:
    """The rate to take, and how it was found.

    Where the loss falls well, that is the rate of its steepest fall over the logarithm of the rate (Smith 2017), or a
    tenth of the rate at its minimum, whichever is less. Where training begins with a probe's solution, the loss falls
    by no more than it differs from batch to batch, and its slope is noise: then it is a third of the greatest rate
    before the loss rises for good.

    Args:
        lrs: rising rates, one a step.
        losses: of the batch of each step.
    """
    smoothed, begins = np.array(smooth(losses)), max(len(losses) // _EARLY, 1)
    start = float(np.mean(losses[:begins]))
    slack = max(_FALLS * start, _SURELY * float(np.std(losses[:begins])) * _AVERAGED)
    settled = min(begins, len(losses) - 1)
    low = settled + int(np.argmin(smoothed[settled:]))
    if start - smoothed[low] <= slack or low == settled:
        within = np.flatnonzero(smoothed <= start + slack)
        return _rounded(_OF_RISE * lrs[int(within[-1]) if len(within) else 0]), "rise"
    slopes = np.gradient(smoothed[settled : low + 1], np.log(lrs[settled : low + 1]))
    steepest, tenth = lrs[settled + int(np.argmin(slopes))], _OF_MINIMUM * lrs[low]
    return (_rounded(steepest), "steepest") if steepest <= tenth else (_rounded(tenth), "minimum")


def _rounded(lr: float) -> float:
    """Two digits, since a range test knows no more."""
    digits = 1 - math.floor(math.log10(lr))
    return round(lr, digits)
