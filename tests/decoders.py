"""Decoders for `decoding_with` that start no process and are as safe as the photos are; and a photo that is slow."""

from __future__ import annotations

import io
from concurrent.futures import Future
from pathlib import Path
from typing import Self

from PIL import Image

from core.data.images.levels import Levels
from core.data.images.small import THUMBNAIL_PX
from core.data.images.worker import Decoded, decode_file
from core.data.limits import Limits


class InProcessDecoders:
    """Decodes each photo at once, in the thread that asks; nothing ends a decode that takes too long."""

    def __init__(self, limits: Limits, at_once: int = 1) -> None:
        del at_once  # one after the other
        self._limits = limits
        self.finished = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        return

    def submit(
        self, photo: Path, out: Path | None, levels: Levels | None = None, side_px: int = THUMBNAIL_PX
    ) -> Future[Decoded]:
        """Decodes `photo`; what writing its thumbnail raises comes out of the future, as from a process."""
        future: Future[Decoded] = Future()
        try:
            future.set_result(decode_file(photo, out, self._limits, levels, side_px))
        except OSError as problem:
            future.set_exception(problem)
        self.finished += 1
        return future


def slow_photo(path: Path, side_px: int) -> Path:
    """A JPEG whose last scan comes 40 times; one of 6,000 px takes over a second of processor time."""
    buffer = io.BytesIO()
    Image.new("L", (side_px, side_px), 90).save(buffer, "JPEG", progressive=True)
    path.write_bytes(with_scans(buffer.getvalue(), 39))
    return path


def with_scans(content: bytes, more: int) -> bytes:
    """A progressive JPEG whose last scan comes so many times more."""
    end = content.rindex(b"\xff\xd9")
    return content[:end] + more * content[content.rindex(b"\xff\xda", 0, end) : end] + content[end:]
