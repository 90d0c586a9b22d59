"""Whether files are photos: by their names and first bytes, then by decoding them in processes that can be killed.

Photos that are taken in and photos that a model is asked about are judged alike, and what fails has the same reasons.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import Future, wait
from pathlib import Path

from core.data import names
from core.data.images.decoding import decoders_for
from core.data.images.formats import HEAD_BYTES, RAW, format_of
from core.data.images.small import THUMBNAIL_PX
from core.data.images.worker import Decoded
from core.data.limits import Limits
from core.i18n import gettext as _
from core.progress import Progress, Report


def reason_at_sight(name: str, head: bytes, limits: Limits) -> str:
    """The skip code of a file whose name and first bytes tell enough; "" for one that is to be decoded.

    Args:
        name: the file's, as its owner knows it.
        head: its first `HEAD_BYTES`, or all it has.
        limits: the formats that are accepted.
    """
    if names.may_be_photo([name]):
        return "" if head else "empty_file"
    claimed = format_of(head)
    if names.is_camera_raw([name]) and claimed in (None, "TIFF", RAW):
        return "camera_raw"
    if names.is_placeholder([name]):
        return "not_downloaded"
    return "bad_extension" if claimed in limits.formats and claimed != "BMP" else "unsupported_format"


def examine(
    photos: Sequence[tuple[Path, str]],
    copies: Mapping[int, Path],
    limits: Limits,
    report: Report,
    side_px: int = THUMBNAIL_PX,
) -> list[Decoded]:
    """What each of n files is, or why it gives no pixels. An ending that misleads is forgiven.

    Args:
        photos: each file, and its name as its owner knows it.
        copies: where JPEG copies of some are to be written, by the index in `photos`.
        limits: what is accepted.
        report: told of files.
        side_px: the longer side of these copies; a smaller photo keeps its size.
    """
    reasons = [_at_sight(path, name, limits) for path, name in photos]
    with decoders_for(limits, len(photos)) as decoders:
        decoding: dict[int, Future[Decoded]] = {
            n: decoders.submit(path, copies.get(n), side_px=side_px)
            for n, (path, _name) in enumerate(photos)
            if not reasons[n]
        }
        while decoders.finished < len(decoding):
            report(Progress(decoders.finished, len(decoding), _("Checking the photos")))
            wait(decoding.values(), timeout=0.2)
    return [decoding[n].result() if n in decoding else Decoded(reason) for n, reason in enumerate(reasons)]


def _at_sight(path: Path, name: str, limits: Limits) -> str:
    try:
        if not path.is_file():  # opening a pipe would wait for what comes out of it
            return "link" if path.is_symlink() else "no_access"
        with path.open("rb") as file:
            head = file.read(HEAD_BYTES)
    except OSError:
        return "no_access"
    reason = reason_at_sight(name, head, limits)
    return "" if reason == "bad_extension" else reason
