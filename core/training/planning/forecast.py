"""What each mode of fine-tuning would take with a backbone, and what the probe reaches that it would have to beat.

This file measures nothing and never imports torch.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from core.errors import TrainingError
from core.i18n import gettext as _
from core.paths import write_json
from core.records import Record, read_record
from core.training.choices import MODES
from core.training.config import FinetuneConfig
from core.training.planning.outlook import Extent, Outlook, Timing, outlook
from core.training.planning.presets import in_mode, usual


@dataclass(frozen=True, kw_only=True)
class ModeTiming(Record):
    """How long an image takes in one mode.

    Attributes:
        mode: one of `core.training.choices.MODES`.
        last_stages: how many of the last stages learn, in mode "last".
        timing: of an image.
    """

    mode: str
    last_stages: int = 1
    timing: Timing


@dataclass(frozen=True, kw_only=True)
class Forecast(Record):
    """What is known of a fine-tuning before it begins.

    Attributes:
        backbone: its name.
        accuracy: of the probe on the validation photos; None where a class has too few photos for one.
        interval: its 95 % interval.
        extent: how many photos there are.
        probe_s: how long the probe takes to fit.
        modes: what was timed.
    """

    FILE: ClassVar[str] = "forecast.json"

    backbone: str
    accuracy: float | None = None
    interval: tuple[float, float] = (0.0, 1.0)
    extent: Extent
    probe_s: float
    modes: tuple[ModeTiming, ...]

    def outlooks(self, config: FinetuneConfig) -> list[tuple[ModeTiming, Outlook]]:
        """What each mode takes with a config that is otherwise the same."""
        return [
            (row, outlook(row.timing, in_mode(config, row.mode, row.last_stages), self.extent, self.probe_s))
            for row in self.modes
        ]

    def save(self, folder: Path) -> None:
        """Keeps it in a job's directory."""
        write_json(folder / self.FILE, self.to_json())

    @staticmethod
    def load(folder: Path) -> Forecast:
        """The forecast in a job's directory.

        Raises:
            TrainingError: there is none, or another version of Graft wrote it.
        """
        unreadable = TrainingError(_("This forecast cannot be read. Ask for it again."))
        return read_record(folder / Forecast.FILE, Forecast, unreadable)


def to_time(backbone: str, stages: int) -> Sequence[FinetuneConfig]:
    """What may be timed of a backbone: each mode, of the last stages one and half of them.

    Not every backbone has the light modes: what it cannot be trained in is found out when it is timed.
    """
    config = usual(backbone)
    configs = [
        in_mode(config, mode, count)
        for mode in MODES
        for count in (sorted({1, max(stages // 2, 1)}) if mode == "last" else (1,))
    ]
    return configs if stages else [each for each in configs if each.mode == "head"]
