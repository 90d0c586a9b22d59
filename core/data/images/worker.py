"""The program of a decoding process: it answers lines that name a photo, until its parent is gone.

    python -m core.data.images.worker LIMITS        (the limits as JSON)

It caps its own memory and the processor time of each photo; `decoding.py` starts it, asks it and ends it.
"""

from __future__ import annotations

import errno
import io
import json
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TextIO

from PIL import Image

from core.data.images.decode import UnreadableImage
from core.data.images.levels import Levels
from core.data.images.small import THUMBNAIL_PX, THUMBNAIL_QUALITY, small_copy
from core.data.limits import Limits

# Enough for `Limits.most_pixels` of every accepted format and mode; numpy reserves (and hardly uses) 90 MiB of it.
MAX_MEMORY_BYTES = 736 << 20


@dataclass(frozen=True, slots=True)
class Decoded:
    """What a photo's pixels say: it is the answer of a decoding process, and holds for every copy of the photo.

    Attributes:
        reason: the skip code of a photo that cannot be decoded; "" for one that can.
        format: Pillow's name of the format.
        width: pixels, as shown (EXIF orientation applied); of one that cannot be decoded as its file says, 0: unknown.
        height: pixels, likewise.
        phash: perceptual hash of the thumbnail, 16 hex digits; "" where none was asked for.
        deep: what its values are where they are grey of more than 8 bits, as in `levels.Spread`; else "".
        low: of these values.
        high: of these values.
    """

    reason: str = ""
    format: str = ""
    width: int = 0
    height: int = 0
    phash: str = ""
    deep: str = ""
    low: float = 0.0
    high: float = 0.0


def serve(requests: TextIO, answers: TextIO, limits: Limits, max_memory_bytes: int = MAX_MEMORY_BYTES) -> None:
    """Reads lines of JSON and answers each with a `Decoded` or with the system's error.

    A line is [photo, thumbnail or null, levels or null, side], as `decode_file` takes them.
    """
    from imagehash import phash

    phash(Image.new("L", (32, 32)))  # what it imports when it is first called is not any photo's fault
    _cap_memory(max_memory_bytes)
    print("ready", file=answers, flush=True)
    for line in requests:
        photo, out, windows, side_px = json.loads(line)
        levels = Levels.from_json(windows) if windows else None
        try:
            with _processor_time(limits.decode_timeout_s):
                answer = asdict(decode_file(Path(photo), Path(out) if out else None, limits, levels, side_px))
        except OSError as problem:
            answer = {"errno": problem.errno or errno.EIO}
        print(json.dumps(answer), file=answers, flush=True)


def decode_file(
    photo: Path, out: Path | None, limits: Limits, levels: Levels | None = None, side_px: int = THUMBNAIL_PX
) -> Decoded:
    """Decodes a photo wholly; where there is an `out`, takes its perceptual hash and writes its thumbnail there.

    Args:
        photo: the file.
        out: where its thumbnail is to be.
        limits: what is accepted.
        levels: as in `small.small_copy`.
        side_px: likewise.

    Raises:
        OSError: the thumbnail cannot be written, which is no fault of the photo's.
    """
    from imagehash import phash

    try:
        small = small_copy(photo, limits, levels, side_px)
        code = str(phash(small.image)) if out is not None else ""
    except UnreadableImage as problem:
        return Decoded(problem.reason, width=problem.size[0], height=problem.size[1])
    except MemoryError:
        return Decoded("too_much_memory")
    except Exception:  # whatever a hostile file brings a decoder to raise, only that file is lost
        return Decoded("decoder_error")
    if out is not None:
        encoded = io.BytesIO()  # Pillow, writing to a file itself, would not tell why it could not
        small.image.save(encoded, "JPEG", quality=THUMBNAIL_QUALITY)
        out.write_bytes(encoded.getbuffer())
    deep = (small.spread.kind, small.spread.low, small.spread.high) if small.spread is not None else ()
    return Decoded("", small.format, small.width, small.height, code, *deep)


@contextmanager
def _processor_time(limit_s: float) -> Iterator[None]:
    """The system ends this process when the block takes more processor time (SIGPROF's default action)."""
    if not hasattr(signal, "ITIMER_PROF"):
        yield
        return
    signal.setitimer(signal.ITIMER_PROF, limit_s)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)


def _cap_memory(max_memory_bytes: int) -> None:
    try:
        import resource

        resource.setrlimit(resource.RLIMIT_DATA, (max_memory_bytes, max_memory_bytes))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    except (ImportError, AttributeError, ValueError, OSError):
        return  # only some systems can


def _main() -> None:
    limits = Limits(**json.loads(sys.argv[1]))
    if hasattr(signal, "SIGPROF"):
        signal.signal(signal.SIGPROF, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent decides
    serve(sys.stdin, sys.stdout, limits)


if __name__ == "__main__":
    _main()
