"""Jobs on disk. A job is a directory, and the directory is the truth:

    spec.json       the request
    status.json     its state and progress; only the holder of the lock writes it
    events.jsonl    its log, one object a line
    lock            held by the worker for as long as it runs the job, so that its death is noticed
    heartbeat       touched every second by the worker
    cancel          exists once someone has asked to stop
    note.json       what the user has written beside it, see `core.jobs.notes`
    watched         exists from when someone saw it go on until its end was seen
    worker.log      the output of the verb's libraries
    traceback.txt   the traceback of a fault of Graft's
    …               the verb's own files

This file does not know how a job is run.
"""

from __future__ import annotations

import contextlib
import re
import secrets
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from filelock import FileLock, Timeout

from core import paths
from core.errors import JobError
from core.i18n import gettext as _
from core.jobs import events, status
from core.jobs.events import Event
from core.jobs.spec import JobSpec
from core.jobs.status import JobStatus
from core.versions import read_once

STALE_S = 3.0
"""When a heartbeat is older than this, readers check whether the worker is still alive."""

_ID = re.compile(r"[0-9a-z][0-9a-z-]{0,63}")


@dataclass(frozen=True)
class Job:
    """One job: its directory and its request."""

    id: str
    path: Path
    spec: JobSpec

    @property
    def workspace_id(self) -> str:
        """The workspace it belongs to."""
        return self.path.parent.parent.name

    def status(self) -> JobStatus:
        """Its status now; a job whose worker is gone is `interrupted`, whatever the file says.

        Raises:
            JobError: the job has been deleted.
        """
        current = self.recorded()
        if current.state == status.RUNNING and self.is_stale() and self.is_free():
            current = self.recorded()  # the worker may have written the end in between
            if current.state == status.RUNNING:
                return interrupted(current)
        return current

    def recorded(self) -> JobStatus:
        """The status in its file, which a worker that was killed could not correct; `status` takes that into account.

        Raises:
            JobError: the job has been deleted.
        """
        try:
            return _status(self.path / "status.json")
        except FileNotFoundError:
            raise JobError(_("This job has been deleted.")) from None
        except ValueError:  # a power cut can leave an empty file
            return interrupted(JobStatus(status.QUEUED, created=self.path.stat().st_mtime))

    def events(self, since_line: int = 0) -> list[Event]:
        """The log from line `since_line` on; the next call continues with the last event's `line + 1`."""
        return events.read(self.path / "events.jsonl", since_line)

    def has_begun(self) -> bool:
        """Whether a worker ever ran it, so that something of it may have been kept."""
        return (self.path / "heartbeat").exists()

    def is_stale(self) -> bool:
        """Whether its worker has not touched the heartbeat for a while."""
        try:
            return abs(time.time() - (self.path / "heartbeat").stat().st_mtime) > STALE_S
        except FileNotFoundError:
            return True

    def is_free(self) -> bool:
        """Whether no worker runs it."""
        with self.held() as free:
            return free

    def is_cancelled(self) -> bool:
        """Whether someone asked to stop it."""
        return (self.path / "cancel").exists()

    def is_watched(self) -> bool:
        """Whether someone saw it go on and has not seen its end."""
        return (self.path / "watched").exists()

    def watch(self) -> None:
        """Remembers that someone saw it go on; on a disk that is full this is let be."""
        with contextlib.suppress(OSError):
            (self.path / "watched").touch()

    def unwatch(self) -> None:
        """Remembers that its end was seen."""
        with contextlib.suppress(OSError):
            (self.path / "watched").unlink()

    @contextmanager
    def held(self, timeout_s: float = 0.0) -> Iterator[bool]:
        """Holds the job's lock for the block; gives False where another process has it or the job is deleted."""
        if not self.path.is_dir():
            yield False
            return
        lock = FileLock(self.path / "lock", timeout=timeout_s)
        try:
            lock.acquire()
        except (Timeout, OSError):
            yield False
            return
        try:
            yield True
        finally:
            lock.release()

    def write_status(self, new: JobStatus, *, durable: bool = True) -> None:
        """Replaces its status; for the lock's holder only."""
        status.write(self.path / "status.json", new, durable=durable)


def interrupted(current: JobStatus) -> JobStatus:
    """The status of a job whose worker is gone without having written its end."""
    return current.over(
        status.INTERRUPTED,
        _("Graft was closed, or its worker ended, while this job ran. Resume it."),
        "worker_ended",
    )


def create(workspace_id: str, spec: JobSpec) -> Job:
    """A new job, queued, in a workspace; it appears whole or not at all."""
    created = time.time()
    job_id = f"{datetime.fromtimestamp(created, UTC):%Y%m%d-%H%M%S-%f}-{secrets.token_hex(3)}"
    parent = paths.jobs(workspace_id)
    draft = paths.made(parent / f".{job_id}")
    try:
        paths.write_json(draft / "spec.json", spec.to_json())
        status.write(draft / "status.json", JobStatus(status.QUEUED, created), durable=True)
        draft.rename(parent / job_id)
    except BaseException:
        shutil.rmtree(draft, ignore_errors=True)
        raise
    return Job(job_id, parent / job_id, spec)


def open_job(workspace_id: str, job_id: str) -> Job:
    """A job of a workspace.

    Raises:
        JobError: there is none with this id.
    """
    missing = JobError(_("There is no such job in this workspace; it may have been deleted."))
    if not _ID.fullmatch(job_id):
        raise missing
    path = paths.jobs(workspace_id) / job_id
    try:
        return at(path)
    except (OSError, ValueError):
        raise missing from None


def at(path: Path) -> Job:
    """The job in a directory.

    Raises:
        OSError: there is none.
        ValueError: the directory holds no job.
    """
    return Job(path.name, path, _spec(path / "spec.json"))


@read_once(most=4096)
def _spec(file: Path) -> JobSpec:
    return JobSpec.from_json(paths.read_json(file))


@read_once(most=1024)
def _status(file: Path) -> JobStatus:
    return JobStatus.from_json(paths.read_json(file))


def list_jobs(workspace_id: str, *, unlisted: bool = False) -> list[Job]:
    """The jobs of a workspace, newest first.

    Args:
        workspace_id: the workspace.
        unlisted: whether to include those that lists do not show.
    """
    return [job for job in _jobs_in(paths.jobs(workspace_id)) if unlisted or job.spec.listed]


def all_jobs() -> list[Job]:
    """The jobs of all workspaces, oldest first."""
    try:
        workspaces = sorted((paths.home() / "workspaces").iterdir())
    except OSError:
        return []
    return sorted((job for workspace in workspaces for job in _jobs_in(workspace / "jobs")), key=lambda job: job.id)


def delete_job(workspace_id: str, job_id: str) -> None:
    """Removes a job with all its files.

    Raises:
        JobError: there is no such job, or it is running.
    """
    job = open_job(workspace_id, job_id)
    removed = job.path.with_name(f".{job_id}.gone")
    with job.held() as free:
        if not free:
            raise JobError(_("This job is running. Cancel it before you delete it."))
        job.path.rename(removed)
    shutil.rmtree(removed, ignore_errors=True)


def request_cancel(job: Job) -> None:
    """Asks a job to stop: a queued one at once, a running one at its next report; one that is over stays as it is."""
    if job.status().is_over:
        return
    (job.path / "cancel").touch()
    with job.held() as free:
        if free and (current := job.status()).state == status.QUEUED:
            job.write_status(current.over(status.CANCELLED))


def prune(workspace_id: str, older_s: float = 3600.0) -> None:
    """Removes a workspace's jobs that are neither listed nor kept and that ended more than `older_s` seconds ago."""
    for job in _jobs_in(paths.jobs(workspace_id)):
        if job.spec.listed or job.spec.kept:
            continue
        with contextlib.suppress(JobError):
            current = job.status()
            if current.is_over and time.time() - (current.ended or current.created) > older_s:
                delete_job(workspace_id, job.id)


def _jobs_in(folder: Path) -> list[Job]:
    try:
        directories = sorted((path for path in folder.iterdir() if _ID.fullmatch(path.name)), reverse=True)
    except OSError:
        return []
    jobs = []
    for path in directories:
        try:
            jobs.append(at(path))
        except (OSError, ValueError):
            continue  # being deleted, or not a job
    return jobs
