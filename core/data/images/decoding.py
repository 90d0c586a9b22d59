"""Decodes many images, and takes their perceptual hashes, in processes that can be killed.

A decode runs inside C code that no exception can interrupt, so it runs elsewhere: two small processes (Pillow, no
torch) take one image at a time over pipes. One that takes too long, or too much memory, dies alone; its image is
skipped and another process takes its place. They are plain subprocesses, not `multiprocessing` ones: they start the
same from a script without a `__main__` guard, a worker, a test or a Streamlit page, and end with their parent, whose
pipe closes.
"""

from __future__ import annotations

import errno
import io
import json
import os
import queue
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, TextIO

from PIL import Image

import core
from core.data.images.decode import THUMBNAIL_QUALITY, UnreadableImage, small_copy
from core.data.limits import Limits
from core.errors import DatasetError
from core.i18n import gettext as _

PROCESSES = 2
_ROOT = Path(core.__file__).resolve().parents[1]
_START_S = 60.0
_LEAST_S = 1.0
# On a busy machine seconds on the wall are no measure of an image: processor time decides where a system has the timer.
_WALL_FACTOR = 3.0 if hasattr(signal, "ITIMER_PROF") else 1.0
# Enough for 40 megapixels in every accepted format and mode; numpy reserves (and hardly uses) 90 MiB of it.
_MAX_MEMORY_BYTES = 736 << 20


@dataclass(frozen=True, slots=True)
class Decoded:
    """What became of one image: format, size in pixels as shown and perceptual hash, or the skip code in `reason`."""

    reason: str = ""
    format: str = ""
    width: int = 0
    height: int = 0
    phash: str = ""


class Decoders:
    """A few decoding processes behind `submit`; they start with the first image. Use as a context manager."""

    def __init__(self, limits: Limits, processes: int = PROCESSES) -> None:
        self._limits = limits
        self._threads = ThreadPoolExecutor(processes, thread_name_prefix="decode")
        self._idle: queue.SimpleQueue[_Process | None] = queue.SimpleQueue()
        self._all: set[_Process] = set()
        self._lock = threading.Lock()
        self._closed = False
        self._late = 0
        self.finished = 0  # images decoded or given up
        for _process in range(processes):
            self._idle.put(None)

    def __enter__(self) -> Decoders:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def submit(self, image: Path, out: Path) -> Future[Decoded]:
        """Decodes `image` wholly and writes its thumbnail to `out`, soon."""
        future = self._threads.submit(self._decode, image, out)
        future.add_done_callback(self._count)
        return future

    def _count(self, future: Future[Decoded]) -> None:
        late = not future.cancelled() and future.exception() is None and future.result().reason == "decode_timeout"
        with self._lock:
            self.finished += 1
            self._late += late

    def close(self) -> None:
        """Ends the processes, whatever they are doing."""
        with self._lock:
            self._closed = True
            doomed = list(self._all)
        self._threads.shutdown(wait=False, cancel_futures=True)
        for process in doomed:
            process.kill()
        self._threads.shutdown(wait=True)
        for process in doomed:
            process.end()

    def _decode(self, image: Path, out: Path) -> Decoded:
        process = self._idle.get()
        try:
            if process is None:
                process = self._start()
            answer = process.ask(image, out)
        finally:
            if process is not None and not process.alive:
                with self._lock:
                    self._all.discard(process)
                process = None
            self._idle.put(process)
        return answer

    def _start(self) -> _Process:
        with self._lock:
            if self._closed:
                raise RuntimeError("the decoders are closed")
            process = _Process(replace(self._limits, decode_timeout_s=self._patience_s()))
            self._all.add(process)
            return process

    def _patience_s(self) -> float:
        """Less with every two images that took too long, so that an archive full of them is done with soon as well."""
        given = self._limits.decode_timeout_s
        return max(given * 0.5 ** (self._late // 2), min(given, _LEAST_S))


class _Process:
    """One decoding process and its pipes."""

    def __init__(self, limits: Limits) -> None:
        self._timeout_s = limits.decode_timeout_s
        self._ready = False
        environment = {**os.environ, "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1", "PYTHONIOENCODING": "utf-8"}
        self._process = subprocess.Popen(
            [sys.executable, "-m", "core.data.images.decoding", json.dumps(asdict(limits))],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
            cwd=_ROOT, env=environment, encoding="utf-8",
        )  # fmt: skip

    @property
    def alive(self) -> bool:
        return self._process.poll() is None

    def kill(self) -> None:
        self._process.kill()

    def ask(self, image: Path, out: Path) -> Decoded:
        if not self._ready:
            if not self._line(_START_S)[0]:
                self.end()
                raise DatasetError(_("The image decoder could not be started. Close other programs and try again."))
            self._ready = True
        assert self._process.stdin is not None
        with suppress(BrokenPipeError):
            self._process.stdin.write(json.dumps([str(image.resolve()), str(out.resolve())]) + "\n")
            self._process.stdin.flush()
        line, late = self._line(self._timeout_s * _WALL_FACTOR)
        if line:
            answer = json.loads(line)
            if "errno" in answer:
                raise OSError(answer["errno"], os.strerror(answer["errno"]))
            return Decoded(**answer)
        out_of_time = late or self.end() == -getattr(signal, "SIGPROF", 0)
        self.end()
        return Decoded("decode_timeout" if out_of_time else "decoder_error")

    def _line(self, timeout_s: float) -> tuple[str, bool]:
        """The next line of the answer, "" where the process ended; and whether it was killed for being late."""
        assert self._process.stdout is not None
        late = threading.Event()

        def give_up() -> None:
            late.set()
            self._process.kill()

        timer = threading.Timer(timeout_s, give_up)
        timer.daemon = True
        timer.start()
        try:
            return self._process.stdout.readline(), late.is_set()
        finally:
            timer.cancel()

    def end(self) -> int:
        """Closes the pipes, waits for the process, kills it if need be; its exit code."""
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                with suppress(BrokenPipeError):
                    pipe.close()
        with suppress(subprocess.TimeoutExpired):
            return self._process.wait(2)
        self._process.kill()
        return self._process.wait()


def serve(requests: TextIO, answers: TextIO, limits: Limits) -> None:
    """The decoding process: reads a line with a path and an output, answers with a line, until its parent is gone."""
    from imagehash import phash

    phash(Image.new("L", (32, 32)))  # what it imports when it is first called is not any photo's fault
    _cap_memory()
    print("ready", file=answers, flush=True)
    for line in requests:
        image, out = json.loads(line)
        small = None
        try:
            with _processor_time(limits.decode_timeout_s):
                small, name, width, height = small_copy(Path(image), limits)
                answer = Decoded("", name, width, height, str(phash(small)))
        except UnreadableImage as problem:
            answer = Decoded(problem.reason)
        except Exception:  # whatever a hostile file brings a decoder to raise, only that file is lost
            answer = Decoded("decoder_error")
        print(json.dumps(_saved(small, Path(out)) or asdict(answer)), file=answers, flush=True)


def _saved(small: Image.Image | None, out: Path) -> dict[str, int]:
    """Writes the thumbnail; what the system says where it cannot, since that is no fault of the photo."""
    if small is not None:
        encoded = io.BytesIO()  # Pillow, writing to a file itself, would not tell why it could not
        small.save(encoded, "JPEG", quality=THUMBNAIL_QUALITY)
        try:
            out.write_bytes(encoded.getbuffer())
        except OSError as problem:
            return {"errno": problem.errno or errno.EIO}
    return {}


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


def _cap_memory() -> None:
    try:
        import resource

        resource.setrlimit(resource.RLIMIT_DATA, (_MAX_MEMORY_BYTES, _MAX_MEMORY_BYTES))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    except (ImportError, AttributeError, ValueError, OSError):
        return  # only some systems can


def _main() -> None:
    given: dict[str, Any] = json.loads(sys.argv[1])
    limits = Limits(**given)
    if hasattr(signal, "SIGPROF"):
        signal.signal(signal.SIGPROF, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent decides
    serve(sys.stdin, sys.stdout, limits)


if __name__ == "__main__":
    _main()
