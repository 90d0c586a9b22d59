"""The `report` that a worker gives to a verb: it writes the job's status and events, and raises when asked to stop."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from core.errors import Cancelled
from core.estimate import TimeEstimator
from core.i18n import gettext as _
from core.jobs import events, status
from core.jobs.store import Job
from core.paces import Paces
from core.progress import Progress

EVERY_S = 0.2
LOG_EVERY_S = 10.0
BEAT_S = 1.0


class Reporter:
    """Writes a running job's progress, at most every `EVERY_S` seconds.

    The log of events gets every step that carries data or begins a stage, and of the others one every `LOG_EVERY_S`
    seconds, so that it stays short enough to be read again and again.

    The time left is estimated anew at every heartbeat, too, so that it goes on while a verb is silent.

    A full disk does not stop the verb: progress that cannot be written is dropped, and the final status is written
    later.
    """

    def __init__(self, job: Job, running: status.JobStatus) -> None:
        self._job, self.status = job, running
        self._estimator = TimeEstimator(Paces.here())
        self._lock = threading.Lock()
        self._written_at = self._logged_at = float("-inf")

    def __call__(self, step: Progress) -> None:
        """Takes a step of the verb.

        Raises:
            Cancelled: someone asked to stop.
        """
        if self._job.is_cancelled():
            raise Cancelled(_("Cancelled."))
        with self._lock:
            is_new_stage = step.stage != self.status.stage
            self.status = self._estimated(step).but(
                done=step.done, total=step.total, message=step.message, stage=step.stage
            )
            if step.data or is_new_stage or time.monotonic() - self._logged_at >= LOG_EVERY_S:
                self._log(step)
                self._write()
            elif time.monotonic() - self._written_at >= EVERY_S:
                self._write()

    def flush(self) -> None:
        """Writes the last step, with the time that is left by now."""
        with self._lock:
            if self.status.share is not None:
                self.status = self._estimated()
                self._write()

    def end(self) -> None:
        """Keeps what was learnt of this machine, at the end of a verb that was carried out."""
        with self._lock:
            self._estimator.end().keep()

    def _estimated(self, step: Progress | None = None) -> status.JobStatus:
        """The status with the estimate after a step, or as it is by now."""
        estimate = self._estimator.look() if step is None else self._estimator.take(step)
        return self.status.but(share=estimate.share, eta_s=estimate.left_s, eta_note=estimate.note)

    def _log(self, step: Progress) -> None:
        self._logged_at = time.monotonic()
        with contextlib.suppress(OSError):
            events.append(self._job.path / "events.jsonl", step, time.time(), self.status.share, self.status.eta_s)

    def _write(self) -> None:
        self._written_at = time.monotonic()
        with contextlib.suppress(OSError):
            self._job.write_status(self.status, durable=False)


@contextmanager
def beating(reporter: Reporter, heartbeat: Path) -> Iterator[None]:
    """Touches the heartbeat every `BEAT_S` seconds while the block runs, and writes steps that were held back."""
    stop = threading.Event()

    def beat() -> None:
        while not stop.wait(BEAT_S):
            with contextlib.suppress(OSError):
                heartbeat.touch()
            reporter.flush()

    with contextlib.suppress(OSError):
        heartbeat.touch()
    thread = threading.Thread(target=beat, name="heartbeat", daemon=True)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()
