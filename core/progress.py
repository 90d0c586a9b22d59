"""How a long verb reports its progress, without knowing who reads it.

A verb takes `report: Report`. The command line passes a progress bar, a worker passes its event log, a test passes a
list's `append`. Cancelling is the report raising `Cancelled`: a verb needs no other way to stop.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Progress:
    """One step of a long verb.

    Attributes:
        done: units of work finished, of `total`.
        total: all the units of this verb, 0 where that is not known yet.
        message: what is being done, in the user's language.
        stage: the part of the work this step belongs to, such as a backbone's name; "" where there is one part.
        data: JSON-able facts to be drawn, such as an epoch's losses.
    """

    done: int
    total: int
    message: str = ""
    stage: str = ""
    data: Mapping[str, object] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.done < 0 or self.total < 0:
            raise ValueError(f"progress counts from zero, not {self.done} of {self.total}")

    @property
    def share(self) -> float | None:
        """How much is done, 0 to 1, or None where the total is not known."""
        return min(self.done / self.total, 1.0) if self.total else None


Report = Callable[[Progress], None]


def silent(progress: Progress) -> None:
    """A report that nobody reads."""


def part(report: Report, start: int, size: int, total: int, stage: str = "") -> Report:
    """A report for one part of a larger verb: its units are mapped to `start … start + size` out of `total`."""

    def forward(step: Progress) -> None:
        done = start + round((step.share or 0.0) * size)
        report(Progress(done, total, step.message, stage or step.stage, step.data))

    return forward


class Clock:
    """Estimates the seconds that are left from the steps seen so far.

    The rate is that of the last `window_s` seconds, so that a slow start (loading a backbone) is soon forgotten; before
    `least_s` seconds and two steps there is no estimate, rather than a wild one.
    """

    def __init__(self, window_s: float = 30.0, least_s: float = 1.0, now: Callable[[], float] = time.monotonic) -> None:
        self._window_s, self._least_s, self._now = window_s, least_s, now
        self._steps: list[tuple[float, float]] = []

    def eta_s(self, progress: Progress) -> float | None:
        """Seconds left after `progress`, or None while there is no estimate."""
        if progress.share is None:
            return None
        now = self._now()
        if self._steps and progress.share < self._steps[-1][1]:
            self._steps.clear()
        self._steps.append((now, progress.share))
        while len(self._steps) > 2 and now - self._steps[0][0] > self._window_s:
            self._steps.pop(0)
        (first_at, first_share) = self._steps[0]
        seconds, gained = now - first_at, progress.share - first_share
        if seconds < self._least_s or gained <= 0:
            return None
        return (1.0 - progress.share) * seconds / gained
