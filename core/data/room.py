"""Whether a disk has room for what is about to be written to it."""

from __future__ import annotations

import shutil
from pathlib import Path

from core.errors import DatasetError
from core.i18n import gettext as _

_THUMBNAIL_BYTES = 16_000  # a generous mean
_RESERVE_BYTES = 64 << 20  # a disk that is full to the brim troubles everything else on it


def check_room(folder: Path, photo_bytes: int, photos: int) -> None:
    """Makes sure that so many photos and their thumbnails fit where `folder` is.

    Raises:
        DatasetError: they do not; says how much is needed and how much is free.
    """
    needed = photo_bytes + photos * _THUMBNAIL_BYTES
    free = max(0, shutil.disk_usage(folder).free - _RESERVE_BYTES)
    if needed > free:
        raise DatasetError(
            _(
                "There is not enough room on the disk: the photos need about {needed}, and {free} are free. "
                "Free some space or delete datasets you no longer need, then try again."
            ).format(needed=size_text(needed), free=size_text(free))
        )


def size_text(n_bytes: int) -> str:
    """A number of bytes for people: "1.5 GB", "12 MB"."""
    return f"{n_bytes / 1e9:.1f} GB" if n_bytes >= 1e9 else f"{-(-n_bytes // 10**6)} MB"
