import dataclasses
import os
import time
from pathlib import Path

import pytest

from core import paths
from core.errors import GraftError, JobError
from core.jobs import status, store
from core.jobs.status import JobStatus
from tests.jobs.conftest import spec


def test_a_new_job_is_queued_and_can_be_opened() -> None:
    job = store.create("default", spec("count", text="ants & bees 蚂蚁", n=3))
    assert job.workspace_id == "default"
    assert job.status().state == "queued"
    assert store.open_job("default", job.id) == job


def test_jobs_are_listed_newest_first_and_only_where_wished() -> None:
    first, second = store.create("default", spec("count", n=1)), store.create("default", spec("count", n=1))
    hidden = store.create("default", spec("count", n=1, listed=False))
    store.create("other", spec("count", n=1))
    assert [job.id for job in store.list_jobs("default")] == [second.id, first.id]
    assert [job.id for job in store.list_jobs("default", unlisted=True)] == [hidden.id, second.id, first.id]
    assert store.list_jobs("empty") == []


@pytest.mark.parametrize("job_id", ["..", "../default", "a/b", "", "x" * 80, "none-such"])
def test_an_id_from_an_address_cannot_leave_the_workspace(job_id: str) -> None:
    with pytest.raises(JobError, match="no such job"):
        store.open_job("default", job_id)


def test_a_workspace_from_an_address_cannot_leave_home() -> None:
    with pytest.raises(GraftError, match="names no workspace"):
        store.open_job("../..", "x")


def test_a_deleted_job_is_gone() -> None:
    job = store.create("default", spec("count", n=1))
    store.delete_job("default", job.id)
    assert list(job.path.parent.iterdir()) == []
    with pytest.raises(JobError, match="deleted"):
        job.status()
    with pytest.raises(JobError, match="no such job"):
        store.delete_job("default", job.id)


def test_a_running_job_is_not_deleted() -> None:
    job = store.create("default", spec("count", n=1))
    with job.held() as free:
        assert free
        with pytest.raises(JobError, match="Cancel it"):
            store.delete_job("default", job.id)
    assert job.path.is_dir()


def test_a_queued_job_is_cancelled_at_once() -> None:
    job = store.create("default", spec("count", n=1))
    store.request_cancel(job)
    assert job.status().state == "cancelled"


def test_a_job_that_is_over_is_not_cancelled() -> None:
    job = store.create("default", spec("count", n=1))
    job.write_status(job.status().over(status.DONE))
    store.request_cancel(job)
    assert job.status().state == "done"
    assert not job.is_cancelled()


def _running(age_s: float) -> store.Job:
    job = store.create("default", spec("count", n=1))
    job.write_status(JobStatus(status.RUNNING, created=1.0, started=2.0, done=3, total=9))
    (job.path / "heartbeat").touch()
    os.utime(job.path / "heartbeat", (time.time() - age_s,) * 2)
    return job


def test_a_job_without_a_worker_is_interrupted_for_its_readers() -> None:
    current = _running(age_s=60).status()
    assert (current.state, current.done, current.error_code) == ("interrupted", 3, "worker_ended")
    assert current.is_resumable


def test_a_worker_that_is_silent_but_holds_the_lock_runs() -> None:
    job = _running(age_s=60)
    with job.held():
        assert job.status().state == "running"


def test_a_fresh_heartbeat_is_believed() -> None:
    assert _running(age_s=0).status().state == "running"


def test_a_status_damaged_by_a_power_cut_is_an_interrupted_job() -> None:
    job = store.create("default", spec("count", n=1))
    (job.path / "status.json").write_bytes(b"")
    assert job.status().state == "interrupted"


def test_looking_at_a_deleted_job_does_not_bring_its_directory_back() -> None:
    job = store.create("default", spec("count", n=1))
    store.delete_job("default", job.id)
    assert not job.is_free()
    assert not job.path.exists()


def test_hidden_jobs_are_removed_an_hour_after_their_end() -> None:
    old, fresh = (store.create("default", spec("count", n=1, listed=False)) for _ in range(2))
    listed = store.create("default", spec("count", n=1))
    kept = store.create("default", dataclasses.replace(spec("count", n=1, listed=False), kept=True))
    for job, ended in ((old, 10.0), (fresh, time.time()), (listed, 10.0), (kept, 10.0)):
        job.write_status(job.status().over(status.DONE).but(ended=ended))
    store.prune("default")
    assert {job.id for job in store.list_jobs("default", unlisted=True)} == {fresh.id, listed.id, kept.id}


def test_what_is_not_a_job_is_passed_over() -> None:
    job = store.create("default", spec("count", n=1))
    (paths.jobs("default") / "stray").mkdir()
    (paths.jobs("default") / "broken").mkdir()
    (paths.jobs("default") / "broken" / "spec.json").write_text("{")
    assert store.list_jobs("default") == [job]
    assert store.all_jobs() == [job]


def test_a_status_tells_share_and_seconds() -> None:
    current = JobStatus(status.RUNNING, created=0.0, started=10.0, ended=12.5, share=0.25)
    assert (current.share, current.seconds) == (0.25, 2.5)
    assert JobStatus(status.QUEUED, created=0.0).share is None
    assert JobStatus(status.QUEUED, created=0.0).seconds is None


def test_a_state_is_known() -> None:
    with pytest.raises(ValueError, match="state is one of"):
        JobStatus("asleep", created=0.0)


def test_a_status_that_cannot_be_written_leaves_the_old_one(tmp_path: Path) -> None:
    job = store.create("default", spec("count", n=1))
    with pytest.raises(TypeError):
        job.write_status(job.status().but(result={"x": object()}))
    assert job.status().state == "queued"
    assert not [p for p in job.path.iterdir() if p.suffix == ".tmp"]
