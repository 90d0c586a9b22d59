"""The pool gives jobs to workers: two slots, one worker each, and a queue that is fair to every workspace.

The job's directory is the truth; the pool keeps in memory only which jobs wait and which run. Several servers may share
one home: the lock in a job's directory lets one worker run it.
"""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable
from contextvars import copy_context
from dataclasses import dataclass
from functools import partial
from types import TracebackType

from core import machine, paths
from core.errors import JobError
from core.i18n import gettext as _
from core.i18n import use_language
from core.jobs import outcome, status, store
from core.jobs.order import fair_order
from core.jobs.process import Worker
from core.jobs.spec import LONG, SHORT, JobSpec
from core.jobs.status import JobStatus
from core.jobs.store import Job

GRACE_S = 5.0
IDLE_S = 900.0
PUBLIC_WAITING = 10
_POLL_S = 0.1
_SETTLE_S = 60.0
_NICE = {LONG: 10, SHORT: 2}


@dataclass
class _Slot:
    """A place for one worker: the kinds of slot whose jobs it takes, and the job it runs."""

    kinds: tuple[str, ...]
    nice: int
    warm: str = ""
    running: Job | None = None
    worker: Worker | None = None


class Pool:
    """Runs jobs in worker processes.

    Args:
        shared: one worker for both slots; by default where memory is under 2 GB.
        grace_s: seconds from the request to cancel until a worker whose verb does not report is ended.
        idle_s: seconds after which a worker without work is ended, to give its memory back.
        warm: a module of verbs that the worker for short jobs loads at once, by calling its `warm_up`, so that the
            first preview is quick; "" for none. Ignored where there is little memory.
    """

    def __init__(
        self, *, shared: bool | None = None, grace_s: float = GRACE_S, idle_s: float = IDLE_S, warm: str = ""
    ) -> None:
        self._grace_s, self._idle_s = grace_s, idle_s
        self._change = threading.Condition()
        self._waiting: list[Job] = []
        self._closed = False
        if machine.is_small() if shared is None else shared:
            self._slots = [_Slot((SHORT, LONG), _NICE[LONG])]
        else:
            self._slots = [
                _Slot((LONG,), _NICE[LONG]),
                _Slot((SHORT,), _NICE[SHORT], warm if machine.is_roomy() else ""),
            ]
        self._threads = [threading.Thread(target=self._serve, args=(slot,), daemon=True) for slot in self._slots]
        for thread in self._threads:
            thread.start()

    def submit(self, workspace_id: str, spec: JobSpec) -> Job:
        """Puts a new job in the queue.

        Raises:
            JobError: the pool is closed, or a visitor of a public app has too many jobs waiting.
        """
        with self._change:
            waiting = sum(job.workspace_id == workspace_id for job in self._waiting)
        if paths.is_public() and waiting >= PUBLIC_WAITING:
            raise JobError(_("{n} jobs of yours are waiting already. Wait for one, or cancel one.").format(n=waiting))
        job = store.create(workspace_id, spec)
        self._enqueue(job)
        return job

    def resume(self, job: Job) -> Job:
        """Puts a job that failed, was cancelled or was interrupted in the queue again, in the same directory.

        Raises:
            JobError: it is waiting, running or done already.
        """
        with job.held(_POLL_S) as free:
            current = job.recorded()
            current = store.interrupted(current) if free and current.state == status.RUNNING else current
            if not free or not current.is_resumable:
                raise JobError(_("This job cannot be resumed: it is waiting, running or done already."))
            (job.path / "cancel").unlink(missing_ok=True)
            job.write_status(JobStatus(status.QUEUED, current.created))
        self._enqueue(job, was_over=True)
        return job

    def cancel(self, job: Job) -> None:
        """Stops a job: at once where it waits, at its next report where it runs, and by force after `grace_s`."""
        with self._change:
            self._waiting = [waiting for waiting in self._waiting if waiting.path != job.path]
        store.request_cancel(job)

    def delete(self, job: Job) -> None:
        """Removes a job with all its files.

        Raises:
            JobError: it is running, or deleted already.
        """
        store.delete_job(job.workspace_id, job.id)
        with self._change:
            self._waiting = [waiting for waiting in self._waiting if waiting.path != job.path]

    def position(self, job: Job) -> int | None:
        """The job's place in its queue, 1 for the next to run; None where it does not wait in this pool."""
        with self._change:
            for slot in self._slots:
                if job.spec.slot in slot.kinds:
                    order = [waiting.path for waiting in self._order(slot)]
                    return order.index(job.path) + 1 if job.path in order else None
        return None

    def recover(self) -> list[Job]:
        """Goes through all jobs after a start: queues those that waited, and marks those whose worker is gone.

        Returns:
            The jobs that were put in the queue, oldest first.
        """
        queued = []
        for job in store.all_jobs():
            with contextlib.suppress(JobError):
                current = job.recorded()
                if current.state == status.QUEUED and self._enqueue(job):
                    queued.append(job)
                elif current.state == status.RUNNING:
                    self._settle(job, store.interrupted)
        return queued

    def close(self) -> None:
        """Ends the workers; running jobs are interrupted, and queued ones stay queued for the next server."""
        with self._change:
            self._closed = True
            self._change.notify_all()
        for thread in self._threads:
            thread.join()

    def __enter__(self) -> Pool:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _enqueue(self, job: Job, was_over: bool = False) -> bool:
        """Puts a job in the queue, unless it is known; one that `was_over` may still be tidied up after by its slot."""
        with self._change:
            if self._closed:
                raise JobError(_("Graft is closing. Start it again; the job waits."))
            running = [] if was_over else [slot.running for slot in self._slots if slot.running]
            jobs = [*self._waiting, *running]
            if any(known.path == job.path for known in jobs):
                return False
            self._waiting.append(job)
            self._change.notify_all()
            return True

    def _order(self, slot: _Slot) -> list[Job]:
        suitable = [job for job in self._waiting if job.spec.slot in slot.kinds]
        running_workspace = slot.running.workspace_id if slot.running else ""
        return fair_order(suitable, running_workspace)

    def _serve(self, slot: _Slot) -> None:
        """The thread of one slot: takes one job after the other and sees each through."""
        if slot.warm:
            slot.worker = _start(slot)
        while not self._closed:
            job = self._take(slot)
            if job is not None:
                self._see_through(slot, job)
                with contextlib.suppress(OSError):
                    store.prune(job.workspace_id)
            elif slot.worker and not self._closed:
                slot.worker.end()
                slot.worker = None
            with self._change:
                slot.running = None
        if slot.worker:
            slot.worker.end()

    def _take(self, slot: _Slot) -> Job | None:
        """The next job for a slot; None after a long idle time, or when the pool closes."""
        with self._change:
            self._change.wait_for(lambda: self._closed or self._order(slot), timeout=self._idle_s)
            if self._closed or not (order := self._order(slot)):
                return None
            slot.running = order[0]
            self._waiting.remove(order[0])
            return order[0]

    def _see_through(self, slot: _Slot, job: Job) -> None:
        """Has the slot's worker run a job, and writes its end where the worker cannot."""
        if slot.worker is None or slot.worker.exit_code is not None:
            slot.worker = _start(slot)
        worker = slot.worker
        if worker is None:
            self._settle(job, partial(outcome.after_death, exit_code=None))
            return
        kills_before = machine.oom_kills()
        worker.give(job.path)
        cancelled_at: float | None = None
        while (answer := worker.answer(_POLL_S)) is None:
            if worker.exit_code is not None and (answer := worker.answer(_POLL_S)) is None:
                worker.end()
                starved = kills_before is not None and (machine.oom_kills() or 0) > kills_before
                died = partial(outcome.after_death, exit_code=worker.exit_code, out_of_memory=starved)
                self._settle(job, died)
                return
            if job.is_cancelled():
                cancelled_at = cancelled_at or time.monotonic()
            if self._closed or (cancelled_at and time.monotonic() - cancelled_at > self._grace_s):
                worker.end()
                self._settle(job, _cancelled if cancelled_at else _left)
                return
        if not answer["saved"]:
            self._settle(job, outcome.unsaved)

    def _settle(self, job: Job, end: Callable[[JobStatus], JobStatus]) -> None:
        """Writes the end of a job whose worker is gone; on a full disk it tries for `_SETTLE_S` seconds."""
        deadline = time.monotonic() + _SETTLE_S
        while True:
            try:
                with job.held(1.0) as free:
                    if free and not (current := job.recorded()).is_over:
                        job.write_status(copy_context().run(_in_language, job.spec.language, end, current))
                return
            except JobError:
                return
            except OSError:
                if self._closed or time.monotonic() > deadline:
                    return  # readers see that the lock is free, and take the job as interrupted
                time.sleep(1.0)


def _start(slot: _Slot) -> Worker | None:
    try:
        return Worker(slot.nice, slot.warm)
    except OSError:
        return None


def _in_language(code: str, end: Callable[[JobStatus], JobStatus], current: JobStatus) -> JobStatus:
    use_language(code)
    return end(current)


def _left(current: JobStatus) -> JobStatus:
    """The status of a job when the pool closes: one that has not begun waits for the next server."""
    return current if current.state == status.QUEUED else store.interrupted(current)


def _cancelled(current: JobStatus) -> JobStatus:
    return current.over(status.CANCELLED)
