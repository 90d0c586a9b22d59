"""The rate at which one phase of a verb goes, and what that says about its end."""

from __future__ import annotations

from core.paces import Paces
from core.progress import Phase

_WINDOW_S = 60.0
_OVERDUE = 0.25
_TRUSTED_S, _KNOWN_TRUSTED_S = 2.0, 8.0
"""For so many seconds of watching, an expectation counts as much as what is seen: longer where it is known."""

_LONG_ENOUGH_S = 0.5
_ENOUGH = 0.05
_GAINS_WITHOUT_START = 4
"""From so many steps on, the first is left out of the rate: it also paid for what begins but once, as processes do."""


class Rate:
    """A phase at hand: how much of it was done when.

    Args:
        phase: what is expected of it; None where nothing is.
        now: when it begins, in seconds.
    """

    def __init__(self, phase: Phase | None, now: float) -> None:
        self.phase = phase
        self._begun = self._entered = now
        self._first: float | None = None
        self._gains: list[tuple[float, float]] = [(now, 0.0)]
        self._step = 1.0

    @property
    def is_going(self) -> bool:
        """Whether enough was done while it was watched to tell a rate."""
        gained = self._gains[-1][1] - self._gains[0][1]
        return gained >= _ENOUGH or (gained > 0 and self._is_steady)

    def take(self, share: float | None, now: float) -> None:
        """Takes in how much is done; while that is not known, as where something is loaded, it has not begun."""
        if share is None or self._first is None:
            self._begun, self._first = now, share
            self._gains = [(now, share or 0.0)]
        elif share > self._gains[-1][1]:
            self._step = share - self._gains[-1][1]
            self._gains.append((now, share))
            while len(self._gains) > 4 and now - self._gains[1][0] > _WINDOW_S:
                self._gains.pop(0)

    def left_s(self, now: float, paces: Paces) -> float | None:
        """How long the phase still takes; None where neither a rate nor an expectation is known."""
        last_at, share = self._gains[-1]
        waited, open_share = now - last_at, 1.0 - share
        whole = self._whole_s(paces)
        if whole is None:
            return None if open_share > 0 else 0.0
        t, gained = self._seen
        steps_left = max(0.0, open_share - self._step)
        not_before = steps_left * (t + waited) / (gained + self._step) if self._is_steady else 0.0
        return max(whole * open_share - waited, not_before, _OVERDUE * waited)

    def over_s(self, now: float, paces: Paces) -> float:
        """The time of what is done, what was done before the phase was watched included."""
        whole, share = self._whole_s(paces), self._gains[-1][1]
        if whole is None:
            return now - self._entered
        return whole * share if share > 0 else min(now - self._entered, whole / 2)

    def over(self, now: float) -> Phase | None:
        """The phase, which ends now, as far as it was done."""
        if self.phase is None:
            return Phase("", now - self._entered)
        return Phase(self.phase.work, self.phase.seconds * (self._gains[-1][1] or 1.0))

    def pace(self, now: float, paces: Paces) -> float:
        """How the phase compares with its rule of thumb so far."""
        if self.phase is None or self.phase.seconds <= 0:
            return 1.0
        whole = self._whole_s(paces) or self.phase.seconds
        return (whole if self.is_going else max(whole, now - self._entered)) / self.phase.seconds

    def late(self, now: float, paces: Paces) -> float:
        """How many times longer than expected the phase takes; 1 where it does not."""
        return max(1.0, self.pace(now, paces) / paces.of(self.phase.work)) if self.phase else 1.0

    def measured(self, now: float) -> float | None:
        """How the phase, which ends now, compared with its rule of thumb; None where that cannot be said."""
        first, (last_at, share) = self._first or 0.0, self._gains[-1]
        if self.phase is None or now - self._entered < _LONG_ENOUGH_S or first >= 1:
            return None
        gained = share - first
        took = last_at - self._begun if gained > 0 else now - self._entered
        expected = self.phase.seconds * (gained if gained > 0 else 1.0 - first)
        return took / expected if expected > 0 else None

    @property
    def _is_steady(self) -> bool:
        return len(self._gains) > _GAINS_WITHOUT_START

    @property
    def _seen(self) -> tuple[float, float]:
        """The seconds that were watched, and the share that was done in them."""
        (first_at, first), (last_at, last) = self._gains[1 if self._is_steady else 0], self._gains[-1]
        return last_at - first_at, last - first

    def _whole_s(self, paces: Paces) -> float | None:
        """How long the whole phase takes: as it goes, and the less it was watched, the more as expected."""
        t, gained = self._seen
        if self.phase is None:
            return t / gained if gained > 0 and t > 0 else None
        expected = self.phase.seconds * paces.of(self.phase.work)
        if not self.is_going:
            return expected
        trusted_s = _KNOWN_TRUSTED_S if paces.knows(self.phase.work) else _TRUSTED_S
        weight = min(0.2, trusted_s / max(expected, 1e-9)) * (1 - gained) ** 2
        return (t + weight * expected) / (gained + weight)
