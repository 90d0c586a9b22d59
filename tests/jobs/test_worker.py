"""The worker's own parts, in this process: a full disk, and a job that is deleted while it runs."""

import errno
import json
import shutil
from dataclasses import dataclass
from pathlib import Path

import pytest

from core.errors import Cancelled
from core.jobs import outcome, status, store, worker
from core.jobs.reporter import Reporter
from core.jobs.status import JobStatus
from core.progress import Progress
from tests.jobs.conftest import spec


@dataclass(frozen=True)
class FullDisk(store.Job):
    """A job whose status cannot be written until `reserve` is gone, nor before the file `room` is there if `strict`."""

    strict: bool = False

    def write_status(self, new: JobStatus, *, durable: bool = True) -> None:
        if (self.path / "reserve").exists() or (self.strict and not (self.path / "room").exists()):
            raise OSError(errno.ENOSPC, "No space left on device")
        super().write_status(new, durable=durable)


def _job(strict: bool = False) -> FullDisk:
    job = store.create("default", spec("count", n=1))
    (job.path / "reserve").write_bytes(b"0")
    return FullDisk(job.id, job.path, job.spec, strict)


def test_the_result_has_room_of_its_own() -> None:
    job = _job()
    assert worker.save(job, job.recorded().over(status.DONE).but(result={"accuracy": 0.9}))
    assert job.recorded().result == {"accuracy": 0.9}


def test_a_result_that_cannot_be_saved_is_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(worker, "SAVE_S", 0.0)
    job = _job(strict=True)
    assert not worker.save(job, job.recorded().over(status.DONE))
    assert "disk is full" in outcome.unsaved(job.recorded()).error


def test_nobody_waits_for_the_result_of_a_job_whose_directory_is_gone() -> None:
    job = _job(strict=True)
    last = job.recorded().over(status.DONE)
    shutil.rmtree(job.path)
    assert worker.save(job, last)


def test_progress_that_cannot_be_written_does_not_stop_the_verb() -> None:
    job = _job(strict=True)
    report = Reporter(job, job.recorded().but(state=status.RUNNING))
    report(Progress(1, 2, "half"))
    report.flush()
    assert job.recorded().state == "queued"
    (job.path / "reserve").unlink()
    (job.path / "room").touch()
    report(Progress(2, 2, "whole", "another stage"))
    assert (job.recorded().done, job.recorded().message) == (2, "whole")


def test_steps_that_come_too_fast_are_held_back_but_data_is_not() -> None:
    job = store.create("default", spec("count", n=1))
    report = Reporter(job, job.recorded().but(state=status.RUNNING))
    for i in range(100):
        report(Progress(i, 100, data={"epoch": i} if i % 50 == 49 else {}))
    assert [e.done for e in job.events()] == [0, 49, 99]
    report.flush()
    assert job.recorded().done == 99


def test_a_report_raises_when_someone_asked_to_stop() -> None:
    job = store.create("default", spec("count", n=1))
    report = Reporter(job, job.recorded().but(state=status.RUNNING))
    (job.path / "cancel").touch()
    with pytest.raises(Cancelled):
        report(Progress(1, 2))


@pytest.mark.parametrize("state", ["done", "cancelled", "interrupted", "failed"])
def test_only_queued_jobs_run(state: str) -> None:
    job = store.create("default", spec("count", n=1))
    job.write_status(job.recorded().over(state))
    assert worker.run(job.path)
    assert job.recorded().state == state
    assert not (job.path / "result.txt").exists()


def test_a_job_that_another_worker_holds_is_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(worker, "LOCK_S", 0.0)
    job = store.create("default", spec("count", n=1))
    with job.held():
        assert worker.run(job.path)
    assert job.recorded().state == "queued"


def test_a_directory_that_is_no_job_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "spec.json").write_text(json.dumps({"kind": "not a verb"}))
    assert worker.run(tmp_path)
    assert worker.run(tmp_path / "none")


@pytest.mark.parametrize(
    ("code", "out_of_memory", "error_code", "words"),
    [
        (-9, True, "memory", "because memory ran out (signal 9, SIGKILL)"),
        (137, True, "memory", "because memory ran out (signal 9, SIGKILL)"),
        (-9, False, "worker_ended", "in the middle of the job (signal 9, SIGKILL)"),
        (-11, True, "worker_ended", "in the middle of the job (signal 11, SIGSEGV)"),
        (1, False, "worker_ended", "in the middle of the job (exit code 1)"),
        (None, False, "worker_ended", "No worker could be started"),
    ],
)
def test_memory_is_blamed_only_where_the_kernel_says_so(
    code: int | None, out_of_memory: bool, error_code: str, words: str
) -> None:
    ended = outcome.after_death(JobStatus(status.RUNNING, created=0.0), code, out_of_memory)
    assert (ended.state, ended.error_code) == ("interrupted", error_code)
    assert words in ended.error
    assert ("memory" in ended.error) is (error_code == "memory")
