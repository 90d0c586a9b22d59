"""A worker process, as the pool starts it, gives it jobs, reads its answers and ends it."""

from __future__ import annotations

import contextlib
import json
import os
import queue
import signal
import subprocess
import sys
import threading
from pathlib import Path
from typing import IO, Any

import core
from core import machine
from core.paths import home

_ROOT = Path(core.__file__).resolve().parents[1]
_END_S = 3.0


class Worker:
    """One running `python -m core.jobs.worker`.

    Args:
        nice: how much lower its priority is than this process's.
        warm: a module of verbs that it loads when it is idle, or "".
    """

    def __init__(self, nice: int = 0, warm: str = "") -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "core.jobs.worker", f"--nice={nice}", f"--warm={warm}"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            cwd=_ROOT,
            env=environment(),
            start_new_session=True,
        )
        self._answers: queue.SimpleQueue[dict[str, Any]] = queue.SimpleQueue()
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._stdin: IO[bytes] = self._process.stdin
        self._listener = threading.Thread(target=self._listen, args=(self._process.stdout,), daemon=True)
        self._listener.start()

    @property
    def pid(self) -> int:
        """The process's id."""
        return self._process.pid

    @property
    def exit_code(self) -> int | None:
        """Its exit code, negative for a signal; None while it runs."""
        return self._process.poll()

    def give(self, job: Path) -> None:
        """Hands it the directory of a job. Where the process has died, only `exit_code` shows it."""
        with contextlib.suppress(OSError):
            self._stdin.write(json.dumps(str(job)).encode() + b"\n")
            self._stdin.flush()

    def answer(self, timeout_s: float) -> dict[str, Any] | None:
        """Its answer for a finished job; None where there is none within `timeout_s` seconds."""
        try:
            return self._answers.get(timeout=timeout_s)
        except queue.Empty:
            return None

    def end(self) -> None:
        """Ends it and the processes it started, even in the middle of a job."""
        with contextlib.suppress(OSError):
            self._stdin.close()
        if hasattr(os, "killpg"):
            with contextlib.suppress(OSError):
                os.killpg(self._process.pid, signal.SIGKILL)
        with contextlib.suppress(OSError):
            self._process.kill()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(_END_S)
        self._listener.join(_END_S)

    def _listen(self, stdout: IO[bytes]) -> None:
        with stdout, contextlib.suppress(OSError, ValueError):
            for line in stdout:
                self._answers.put(json.loads(line))


def environment() -> dict[str, str]:
    """This process's environment for the worker, with an absolute GRAFT_HOME, and thread settings where it has none."""
    return {
        **machine.thread_settings(),
        **os.environ,
        "GRAFT_HOME": str(home().resolve()),
        "PYTHONUNBUFFERED": "1",
        "PYTHONIOENCODING": "utf-8",
    }
