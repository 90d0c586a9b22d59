"""How this machine compares with the rules of thumb: seconds that work took, by those that were expected of it.

A pace of 2 means that the work takes twice as long here as its `Phase` says. Paces are kept from job to job, so that
the time left is known before a phase begins.
"""

from __future__ import annotations

import contextlib
import math
from collections.abc import Mapping

from core import paths
from core.errors import HomeError

FILE = "paces.json"
MOST = 1000
_LEAST, _MOST = 0.02, 50.0
_TRUST = 0.5
"""How much of a pace comes from the latest phase; the rest is what was known before."""


class Paces:
    """Paces by work, such as "extract/resnet18", and by the words before its strokes; "" is for all work.

    Args:
        known: what is known already.
    """

    def __init__(self, known: Mapping[str, float] | None = None) -> None:
        self._known, self._new = dict(known or {}), dict[str, float]()

    def of(self, work: str) -> float:
        """The pace of a work; where it was never done, that of the most similar work, and 1 where nothing is known."""
        return next((self._known[name] for name in _names(work) if name in self._known), 1.0)

    def knows(self, work: str) -> bool:
        """Whether just this work was done before."""
        return work in self._known

    @property
    def are_known(self) -> bool:
        """Whether anything is known of this machine."""
        return bool(self._known)

    def learn(self, work: str, pace: float) -> None:
        """Takes in what a phase of this work was measured to be; it says less about work that is less similar."""
        if not _LEAST <= pace <= _MOST:  # such a phase has found its results done, or the machine slept meanwhile
            return
        for depth, name in enumerate(_names(work)):
            before, trust = self._known.get(name, None if name else 1.0), _TRUST / 2**depth
            now = pace if before is None else math.exp((1 - trust) * math.log(before) + trust * math.log(pace))
            self._known[name] = self._new[name] = round(now, 4)

    @classmethod
    def here(cls) -> Paces:
        """The paces that are kept on this machine; none where they cannot be read."""
        return cls(_read())

    def keep(self) -> None:
        """Keeps what was learnt, beside what others have kept meanwhile; where that cannot be written, it is lost."""
        if not self._new:
            return
        merged = {name: pace for name, pace in _read().items() if name not in self._new} | self._new
        with contextlib.suppress(OSError, HomeError):
            paths.write_json(paths.home() / FILE, dict(list(merged.items())[-MOST:]))


def _names(work: str) -> list[str]:
    """A work and what it is a kind of, the nearest first: "a/b", "a", ""."""
    parts = work.split("/")
    return ["/".join(parts[:depth]) for depth in range(len(parts), 0, -1)] + [""]


def _read() -> dict[str, float]:
    try:
        content = paths.read_json(paths.home() / FILE)
        paces = {str(name): float(pace) for name, pace in content.items()}
    except (OSError, HomeError, ValueError, TypeError, AttributeError):
        return {}
    return {name: pace for name, pace in paces.items() if _LEAST <= pace <= _MOST}
