"""How much of a verb's time is over and how much is left, from its steps.

What is left of the phase at hand comes from the rate at which it goes, and before that can be measured from what the
phase was expected to take; what follows is as long as expected. Expectations are scaled by the machine's paces, which
are learnt from every phase that ends. What is shown changes smoothly: within `STEP_S` seconds the time left grows or
shrinks by half at most, and where it has to change by more, a note says so.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass

from core.i18n import gettext as _
from core.paces import Paces
from core.progress import Phase, Progress
from core.rates import Rate

STEP_S = 2.0
SMALL_S = 10.0
"""What is less may grow to this at once."""

FIRST_AFTER_S = 1.0
"""Before that there is no estimate, rather than a wild one."""

_SMOOTH_S = 2.0


@dataclass(frozen=True)
class Estimate:
    """What is known of a running verb's time.

    Attributes:
        share: how much of it is over, 0 to less than 1; it never falls.
        left_s: how many seconds are left; None while that is not known.
        note: how the estimate is changing by more than half, in words; "" where it is not.
    """

    share: float = 0.0
    left_s: float | None = None
    note: str = ""


class TimeEstimator:
    """Estimates a verb's time from its steps.

    Args:
        paces: how this machine compares with the rules of thumb; what is measured is added.
        now: the time in seconds.
    """

    def __init__(self, paces: Paces | None = None, now: Callable[[], float] = time.monotonic) -> None:
        self.paces, self._now = paces or Paces(), now
        self._begun = self._shown_at = now()
        self._rate = Rate(None, self._begun)
        self._over: list[Phase] = []
        self._ahead: tuple[Phase, ...] = ()
        self._shown = Estimate()

    def take(self, step: Progress) -> Estimate:
        """The estimate after a step."""
        now = self._now()
        if step.phase != self._rate.phase:
            self._leave(now)
            self._rate = Rate(step.phase, now)
        self._ahead = step.ahead
        self._rate.take(step.share, now)
        return self.look()

    def look(self) -> Estimate:
        """The estimate as it is now, also where there has been no step for a while."""
        now = self._now()
        left_s = self._left_s(now)
        if left_s is None or (self._shown.left_s is None and now - self._begun < FIRST_AFTER_S):
            return self._shown
        shown_s, note = self._smoothed(left_s, now)
        over_s = sum(phase.seconds * self.paces.of(phase.work) for phase in self._over)
        over_s += self._rate.over_s(now, self.paces)
        share = min(over_s / max(over_s + shown_s, 1e-9), 0.999)
        self._shown, self._shown_at = Estimate(max(share, self._shown.share), shown_s, note), now
        return self._shown

    def end(self) -> Paces:
        """Ends the last phase, and gives what was learnt of this machine."""
        self._leave(self._now())
        return self.paces

    def _left_s(self, now: float) -> float | None:
        if not self._rate.is_going and self._rate.phase is not None and not self.paces.are_known:
            return None
        here = self._rate.left_s(now, self.paces)
        return None if here is None else here + sum(self._expected_s(phase, now) for phase in self._ahead)

    def _expected_s(self, phase: Phase, now: float) -> float:
        """How long a phase ahead takes; one that nothing is known of may be as late as the one at hand."""
        current = self._rate.phase
        if current is None or self.paces.knows(phase.work):
            return phase.seconds * self.paces.of(phase.work)
        if _kind(current.work) == _kind(phase.work):
            return phase.seconds * self._rate.pace(now, self.paces)
        late = 1.0 if self.paces.knows(_kind(phase.work)) else math.sqrt(self._rate.late(now, self.paces))
        return phase.seconds * self.paces.of(phase.work) * late

    def _leave(self, now: float) -> None:
        """Learns from the phase that ends."""
        phase, pace = self._rate.phase, self._rate.measured(now)
        if phase is not None and pace is not None:
            self.paces.learn(phase.work, pace)
        if (over := self._rate.over(now)) is not None:
            self._over.append(over)

    def _smoothed(self, left_s: float, now: float) -> tuple[float, str]:
        """What is shown of a new estimate, and a note where it differs by more than half from what was shown."""
        if self._shown.left_s is None:
            return left_s, ""
        passed = now - self._shown_at
        due = max(self._shown.left_s - passed, 0.0)
        note = ""
        if abs(left_s - due) > SMALL_S / 2 and not due / 2 <= left_s <= due * 1.5:
            note = _("quicker than expected") if left_s < due else _("slower than expected")
        steps = min(passed / STEP_S, 1.0)
        shown = due + (left_s - due) * (1 - math.exp(-passed / _SMOOTH_S))
        return min(max(shown, due * 0.5**steps), max(due, SMALL_S) * 1.5**steps), note


def _kind(work: str) -> str:
    return work.partition("/")[0]
