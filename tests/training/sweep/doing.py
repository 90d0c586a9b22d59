"""What tests of sweeps share: small searches, and reports that do something in the middle of one."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from pathlib import Path

from core.errors import Cancelled, TrainingError
from core.progress import Progress, Report
from core.training.sweep.record import Sweep
from core.training.sweep.space import Space

SPACE = Space(("graft_residual",), epochs=3, seed=1)
TWO = Space(("graft_residual", "graft_plain"), epochs=2, seed=1)
LONG = 3600.0


def without_times(found: Sweep) -> list[object]:
    return [dataclasses.replace(trial, seconds=0.0) for trial in found.trials]


def at(trial: int, epoch: int | None, then: Callable[[], object]) -> Report:
    """A report that does something whenever a trial's epoch is over, or at its first step where `epoch` is None."""

    def report(step: Progress) -> None:
        content = step.data.get("epoch")
        number = content["epoch"] if isinstance(content, dict) else None
        if step.message.startswith(f"Trial {trial}:") and number == epoch:
            then()

    return report


def stop() -> None:
    raise Cancelled


def fail() -> None:
    raise TrainingError("The loss ran away.")


def begun(out: Path) -> Sweep:
    record = Sweep.load(out)
    assert record is not None
    return record
