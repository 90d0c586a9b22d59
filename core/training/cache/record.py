"""What a run says of its activations: whether those of what is frozen were kept, why not, and what that should save.

It is decided once, before the first epoch. A training that goes on after an interruption does as it began, since
numbers in half precision would lead its weights elsewhere. This file never imports torch.
"""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from pathlib import Path

from core.errors import GraftError
from core.paths import read_json, write_json
from core.records import Record

FILE = "cache.json"


@dataclass(frozen=True, kw_only=True)
class TrunkCache(Record):
    """Whether a training keeps activations.

    Attributes:
        of: stands for the training that it was decided for.
        cached: whether it does.
        reason: why not, one of `core.training.cache.reasons.REASONS`; "" where it does.
        views: how many views there are of each training image.
        disk_bytes: what the activations take of the disk while it trains.
        cached_s: the seconds that all epochs were estimated to take with them; None where nobody measured.
        uncached_s: the seconds that they were estimated to take without.
    """

    of: str
    cached: bool
    reason: str = ""
    views: int = 0
    disk_bytes: int = 0
    cached_s: float | None = None
    uncached_s: float | None = None

    def save(self, folder: Path) -> None:
        """Replaces what a run's directory says."""
        write_json(folder / FILE, self.to_json())


def read_cache(folder: Path) -> TrunkCache | None:
    """What a run's directory says; None where it says nothing that can be read."""
    with contextlib.suppress(OSError, ValueError, GraftError):
        return TrunkCache.from_json(read_json(folder / FILE))
    return None
