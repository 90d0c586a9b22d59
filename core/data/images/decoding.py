"""Decodes many photos, and takes their perceptual hashes, in processes that can be killed.

A decode runs inside C code that no exception can interrupt, so it runs elsewhere: a few small processes (Pillow, no
torch; `worker.py`) take one photo at a time over pipes. One that takes too long, or too much memory, dies alone; its
photo is skipped and another process takes its place. They are plain subprocesses, not `multiprocessing` ones: they
start the same from a script without a `__main__` guard, a worker, a test or a Streamlit page, and end with their
parent, whose pipe closes.
"""

from __future__ import annotations

import json
import os
import queue
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import asdict, replace
from pathlib import Path
from typing import Protocol, Self

import core
from core.data.images.levels import Levels
from core.data.images.small import THUMBNAIL_PX
from core.data.images.worker import Decoded
from core.data.limits import Limits
from core.errors import DatasetError
from core.i18n import gettext as _
from core.machine import cores, is_small

_ROOT = Path(core.__file__).resolve().parents[1]
_MOST_PROCESSES, _MOST_IF_SMALL = 4, 2  # more than four wait for the one process that reads and hashes
_FEW = 16  # photos that one process is done with before another would have started
_START_S = 60.0
_LEAST_S = 1.0
# On a busy machine seconds on the wall are no measure of an image: processor time decides where a system has the timer.
_WALL_FACTOR = 6.0 if hasattr(signal, "ITIMER_PROF") else 2.0


class Decoders(Protocol):
    """What decodes photos, one after the other or several at once. Used as a context manager.

    Attributes:
        finished: photos decoded or given up.
    """

    finished: int

    def __enter__(self) -> Self: ...

    def __exit__(self, *error: object) -> None: ...

    def submit(
        self, photo: Path, out: Path | None, levels: Levels | None = None, side_px: int = THUMBNAIL_PX
    ) -> Future[Decoded]:
        """Decodes `photo` wholly and writes its thumbnail to `out`, where there is one, soon; see `worker.decode_file`.

        The future raises OSError where the thumbnail cannot be written.
        """


DecoderFactory = Callable[[Limits, int], Decoders]


def decoders_for(limits: Limits, photos: int) -> Decoders:
    """Decoders for about so many photos: processes, unless `decoding_with` says otherwise."""
    most = _MOST_IF_SMALL if is_small() else _MOST_PROCESSES
    return _factories[-1](limits, min(cores(), most) if photos > _FEW else 1)


@contextmanager
def decoding_with(factory: DecoderFactory) -> Iterator[None]:
    """Has photos decoded by what `factory` makes while the block runs, in every thread of this process.

    For tests: anything but `DecoderProcesses` leaves this process at the mercy of a hostile photo.

    Args:
        factory: given the limits and how many photos may be decoded at once.
    """
    _factories.append(factory)
    try:
        yield
    finally:
        _factories.pop()


class DecoderProcesses:
    """A few decoding processes behind `submit`; they start with the first photo. Use as a context manager."""

    def __init__(self, limits: Limits, processes: int = 2) -> None:
        self._limits = limits
        self._threads = ThreadPoolExecutor(processes, thread_name_prefix="decode")
        self._idle: queue.SimpleQueue[_Process | None] = queue.SimpleQueue()
        self._all: set[_Process] = set()
        self._lock = threading.Lock()
        self._closed = False
        self._late = 0
        self.finished = 0
        for _process in range(processes):
            self._idle.put(None)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def submit(
        self, photo: Path, out: Path | None, levels: Levels | None = None, side_px: int = THUMBNAIL_PX
    ) -> Future[Decoded]:
        """Decodes `photo` wholly and writes its thumbnail to `out`, where there is one, soon."""
        windows = levels.to_json() if levels is not None else None
        asked = [str(photo.resolve()), str(out.resolve()) if out is not None else None, windows, side_px]
        future = self._threads.submit(self._decode, json.dumps(asked))
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

    def _decode(self, asked: str) -> Decoded:
        process = self._idle.get()
        try:
            if process is None:
                process = self._start()
            answer = process.ask(asked)
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
            [sys.executable, "-m", "core.data.images.worker", json.dumps(asdict(limits))],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
            cwd=_ROOT, env=environment, encoding="utf-8",
        )  # fmt: skip

    @property
    def alive(self) -> bool:
        return self._process.poll() is None

    def kill(self) -> None:
        self._process.kill()

    def ask(self, asked: str) -> Decoded:
        if not self._ready:
            if not self._line(_START_S)[0]:
                self.end()
                raise DatasetError(_("The photo decoder could not be started. Close other programs and try again."))
            self._ready = True
        assert self._process.stdin is not None
        with suppress(BrokenPipeError):
            self._process.stdin.write(asked + "\n")
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


_factories: list[DecoderFactory] = [DecoderProcesses]  # the last one counts
