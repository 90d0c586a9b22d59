"""The process that runs jobs, one at a time: `python -m core.jobs.worker`, started by the pool and by nothing else.

It reads the directories of jobs from its standard input, one JSON string a line, and answers with a line when each is
finished. When the input ends, the server is gone, and the worker ends at once, even in the middle of a job. The output
of the verbs' libraries goes to the job's `worker.log`.
"""

from __future__ import annotations

import argparse
import contextlib
import faulthandler
import importlib
import io
import json
import os
import queue
import signal
import sys
import threading
import time
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO

from core import machine
from core.i18n import use_language
from core.jobs import outcome, status, store
from core.jobs.reporter import Reporter, beating
from core.jobs.status import JobStatus
from core.jobs.store import Job

IDLE_S, SPARE_AFTER_S = 1.0, 3.0
LOCK_S = 2.0
RESERVE_BYTES = 64 * 1024
SAVE_S = 20.0


def main() -> None:
    """Runs jobs until the server is gone."""
    options = _arguments()
    commands, answers = _take_pipes()
    faulthandler.enable()
    machine.keep_memory()
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if hasattr(os, "nice"):
        os.nice(options.nice)
    inbox: queue.SimpleQueue[str] = queue.SimpleQueue()
    threading.Thread(target=_listen, args=(commands, inbox), name="listen", daemon=True).start()
    warm, spare = options.warm, ""
    while True:
        try:
            path = inbox.get(timeout=IDLE_S if warm else SPARE_AFTER_S if spare else None)
        except queue.Empty:
            if warm:
                _warm_up(warm)
            elif _use_spare_time(spare):
                continue
            warm = spare = ""
            continue
        answer = {"path": path, "saved": run(Path(path))}
        answers.write(json.dumps(answer).encode() + b"\n")
        answers.flush()
        machine.give_back_memory()
        spare = _verbs_of(Path(path))


def run(path: Path) -> bool:
    """Runs the job in a directory, unless another worker has it or it is no longer queued.

    Returns:
        False where the job's end could not be written.
    """
    try:
        job = store.at(path)
    except (OSError, ValueError):
        return True
    with job.held(LOCK_S) as free:
        if not free or (current := job.recorded()).state != status.QUEUED:
            return True
        if job.is_cancelled():
            return save(job, current.over(status.CANCELLED))
        use_language(job.spec.language)
        with _printing_to(job.path / "worker.log"):
            return save(job, _do(job, current.but(state=status.RUNNING, started=time.time())))


def _do(job: Job, running: JobStatus) -> JobStatus:
    """Runs the verb and gives the job's last status."""
    reporter = Reporter(job, running)
    with beating(reporter, job.path / "heartbeat"):
        try:
            (job.path / "reserve").write_bytes(b"\0" * RESERVE_BYTES)
            job.write_status(running)
            result = _json_object(_verbs(job).run(job.path, job.spec, reporter))
            reporter.flush()
            reporter.end()
            return reporter.status.over(status.DONE).but(result=result)
        except BaseException as error:  # the one place where a bug becomes a record
            reporter.flush()
            ended = outcome.after_error(reporter.status, error)
            if ended.error_code in ("bug", "memory"):
                with contextlib.suppress(OSError):
                    (job.path / "traceback.txt").write_text(traceback.format_exc(), encoding="utf-8")
            return ended


def _verbs(job: Job) -> Any:
    """The module whose `run(job_dir, spec, report)` runs the job's verb and gives a JSON object."""
    return importlib.import_module(job.spec.verbs)


def _json_object(result: Any) -> dict[str, Any]:
    """The verb's result, if it is a JSON object."""
    if not isinstance(result, dict):
        raise TypeError(f"a verb returns a JSON object, not {type(result).__name__}")
    json.dumps(result, allow_nan=False)
    return result


def save(job: Job, end: JobStatus) -> bool:
    """Writes a job's end, for which room was reserved; on a full disk it tries for `SAVE_S` seconds."""
    deadline = time.monotonic() + SAVE_S
    while True:
        with contextlib.suppress(OSError):
            (job.path / "reserve").unlink(missing_ok=True)
        try:
            job.write_status(end)
            return True
        except OSError:
            if not job.path.is_dir():
                return True  # deleted: nobody waits for it
            if time.monotonic() > deadline:
                return False
            time.sleep(0.5)


def _warm_up(module: str) -> None:
    """Loads what the verbs will need, before anyone waits for them."""
    with contextlib.suppress(Exception):
        verbs = importlib.import_module(module)
        warm_up = getattr(verbs, "warm_up", None)
        if warm_up:
            warm_up()
        else:
            importlib.import_module("torch")


def _verbs_of(path: Path) -> str:
    """The module of a job's verbs; "" where the job was deleted."""
    try:
        return store.at(path).spec.verbs
    except (OSError, ValueError):
        return ""


def _use_spare_time(module: str) -> bool:
    """Does one of the things that quicken later jobs, and tells whether more are to be done."""
    with contextlib.suppress(Exception):  # nobody waits for it
        spare_time = getattr(importlib.import_module(module), "spare_time", None)
        return bool(spare_time and spare_time())
    return False


def _listen(commands: BinaryIO, inbox: queue.SimpleQueue[str]) -> None:
    for line in commands:
        inbox.put(json.loads(line))
    _end_at_once()


def _end_at_once() -> None:
    """Ends this process and those it started, without waiting for anything."""
    if hasattr(os, "killpg") and os.getpgrp() == os.getpid():
        os.killpg(0, signal.SIGKILL)
    os._exit(1)


def _take_pipes() -> tuple[BinaryIO, BinaryIO]:
    """The pipes from and to the pool, hidden from the verbs, whose input is empty and whose output is no answer."""
    commands, answers = os.dup(0), os.dup(1)
    null = os.open(os.devnull, os.O_RDONLY)
    os.dup2(null, 0)
    os.close(null)
    os.dup2(2, 1)
    return os.fdopen(commands, "rb"), os.fdopen(answers, "wb")


@contextmanager
def _printing_to(log: Path) -> Iterator[None]:
    """Appends to a file all that is printed in the block, also by libraries in C."""
    original = os.dup(1), os.dup(2)
    try:
        with contextlib.suppress(OSError), log.open("ab") as file:
            os.dup2(file.fileno(), 1)
            os.dup2(file.fileno(), 2)
        yield
    finally:
        _flush()
        os.dup2(original[0], 1)
        os.dup2(original[1], 2)
        os.close(original[0])
        os.close(original[1])


def _flush() -> None:
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOBase):
            with contextlib.suppress(OSError, ValueError):
                stream.flush()


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m core.jobs.worker", description="Runs jobs for the pool.")
    parser.add_argument("--nice", type=int, default=0, help="how much to lower this process's priority")
    parser.add_argument("--warm", default="", help="a module of verbs to load in the first idle second")
    return parser.parse_args()


if __name__ == "__main__":
    main()
