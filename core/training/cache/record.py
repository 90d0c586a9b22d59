"""What a run says of its activations: whether those of what is frozen were kept, why not, and what that should save.

It is decided once, before the first epoch. A training that goes on after an interruption does as it began, since
numbers in half precision would lead its weights elsewhere. This file never imports torch.
"""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from core.errors import GraftError
from core.i18n import gettext as _
from core.i18n import ngettext
from core.paths import read_json, write_json
from core.records import Record
from core.training.cache.reasons import NEW_VIEWS, NOTHING_FROZEN, OFF, reason_label

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

    def told(self) -> dict[str, Any]:
        """What `finetune --json` has of it."""
        return {key: value for key, value in self.to_json().items() if key != "of"}

    def save(self, folder: Path) -> None:
        """Replaces what a run's directory says."""
        write_json(folder / FILE, self.to_json())


def read_cache(folder: Path) -> TrunkCache | None:
    """What a run's directory says; None where it says nothing that can be read."""
    with contextlib.suppress(OSError, ValueError, GraftError):
        return TrunkCache.from_json(read_json(folder / FILE))
    return None


def cache_in_words(record: TrunkCache | None) -> str:
    """What a run did with its activations, in a sentence; "" where nobody would have expected anything of it."""
    if record is None or record.reason in (OFF, NEW_VIEWS, NOTHING_FROZEN):
        return ""
    if not record.cached:
        return _("What is frozen was computed in every epoch. {reason}").format(reason=reason_label(record.reason))
    return ngettext(
        "What is frozen was computed once, for one view of each photo.",
        "What is frozen was computed once, for {n} views of each photo.",
        record.views,
    ).format(n=record.views)
