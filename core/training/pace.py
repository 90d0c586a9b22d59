"""How often a training writes its checkpoint: little is to be lost, and little time to be spent on writing."""

from __future__ import annotations

import time

KEEP_EVERY_S, _SELDOM_S = 20.0, 60.0
_OF_THE_TIME = 20
"""Where writing takes long, so many times as long passes until the next time, but no more than `_SELDOM_S`."""


class KeepingPace:
    """Tells when the next checkpoint is due.

    Args:
        every_s: the seconds between two; 0 for always.
    """

    def __init__(self, every_s: float = KEEP_EVERY_S) -> None:
        self._every_s = self._pause_s = every_s
        self._kept_at = time.monotonic()

    @property
    def is_due(self) -> bool:
        """Whether it is time to write one."""
        return time.monotonic() - self._kept_at >= self._pause_s

    def wrote(self, began: float) -> None:
        """One has just been written, from `began` on by the monotonic clock."""
        self._kept_at = time.monotonic()
        writing_s = _OF_THE_TIME * (self._kept_at - began)
        self._pause_s = max(self._every_s, min(writing_s, _SELDOM_S)) if self._every_s else 0.0
