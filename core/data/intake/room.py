"""Whether photos fit on the disk, beside what is to stay free there."""

from __future__ import annotations

import shutil
from pathlib import Path

from core.errors import DatasetError
from core.i18n import gettext as _

_THUMBNAIL_BYTES = 16_000  # a generous mean
_RESERVE_BYTES = 64 << 20  # a disk that is full to the brim troubles everything else on it
_MOST_RESERVED = 10  # of a small disk no more than one part in so many


def check_room(folder: Path, photo_bytes: int, photos: int) -> None:
    """Makes sure that so many photos and their thumbnails fit where `folder` is.

    Raises:
        DatasetError: they do not; says how much is needed, how much is free, and how much of that is to stay free.
    """
    disk = shutil.disk_usage(folder)
    reserve = min(_RESERVE_BYTES, disk.total // _MOST_RESERVED)
    needed = photo_bytes + photos * _THUMBNAIL_BYTES
    missing = needed + reserve - disk.free
    if missing <= 0:
        return
    message = _(
        "There is not enough room on the disk: the photos need about {needed}, and {reserve} are to stay free for "
        "everything else on it, but only {free} are free. Free {missing} more, or delete datasets you no longer need, "
        "then try again."
    )
    raise DatasetError(
        message.format(
            needed=size_text(needed), reserve=size_text(reserve), free=size_text(disk.free), missing=size_text(missing)
        )
    )


def size_text(n_bytes: int) -> str:
    """A number of bytes for people: "1.5 GB", "12.3 MB"; so exact that such numbers can be added up."""
    return f"{n_bytes / 1e9:.1f} GB" if n_bytes >= 1e9 else f"{max(n_bytes / 1e6, 0.1):.1f} MB"
