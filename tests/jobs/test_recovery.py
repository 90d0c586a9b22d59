"""Jobs whose worker or server ends, and two servers that share a home."""

import subprocess
import sys
import threading
from pathlib import Path

import pytest

import core
from core.errors import JobError
from core.jobs import store
from core.jobs.pool import Pool
from tests.jobs.conftest import PATIENCE_S, alive, begun, end_of, go, spec, until

ROOT = Path(core.__file__).resolve().parents[1]


@pytest.mark.parametrize(
    ("name", "code", "words"),
    [("SIGKILL", "worker_ended", "signal 9, SIGKILL"), ("SIGSEGV", "worker_ended", "signal 11, SIGSEGV")],
)
def test_a_killed_worker_interrupts_its_job_which_can_be_resumed(pool: Pool, name: str, code: str, words: str) -> None:
    job = pool.submit("default", spec("die", signal=name))
    status = end_of(job)
    assert (status.state, status.error_code) == ("interrupted", code)
    assert words in status.error
    assert (status.done, status.total) == (1, 2)
    pool.resume(job)
    status = until(lambda: job.status().state == "done" and job.status())
    assert status.result == {"resumed": True}
    assert status.error == ""


def test_a_job_can_be_resumed_while_its_slot_still_tidies_up_after_it(
    pool: Pool, monkeypatch: pytest.MonkeyPatch
) -> None:
    tidying, go_on = threading.Event(), threading.Event()

    def prune(_workspace_id: str) -> None:
        tidying.set()
        go_on.wait(PATIENCE_S)

    monkeypatch.setattr(store, "prune", prune)
    job = pool.submit("default", spec("die", signal="SIGKILL"))
    assert end_of(job).state == "interrupted"
    assert tidying.wait(PATIENCE_S)
    pool.resume(job)
    assert pool.position(job) == 1
    go_on.set()
    assert until(lambda: job.status().state == "done" and job.status()).result == {"resumed": True}


def test_a_cancelled_job_can_be_resumed_and_a_done_one_cannot(pool: Pool) -> None:
    job = pool.submit("default", spec("wait"))
    begun(job)
    with pytest.raises(JobError, match="cannot be resumed"):
        pool.resume(job)
    pool.cancel(job)
    assert end_of(job).state == "cancelled"
    pool.resume(job)
    go(job)
    status = until(lambda: job.status().state == "done" and job.status())
    assert status.result == {"begun": 2}
    with pytest.raises(JobError, match="cannot be resumed"):
        pool.resume(job)


def test_closing_interrupts_the_running_job_and_keeps_the_queue() -> None:
    with Pool(shared=True) as pool:
        running, waiting = (pool.submit("default", spec("wait")) for _ in range(2))
        pid = begun(running)
    assert not alive(pid)
    assert (running.status().state, waiting.status().state) == ("interrupted", "queued")
    with pytest.raises(JobError, match="closing"):
        pool.submit("default", spec("count", n=1))
    lost = next(job for job in store.all_jobs() if job.id not in (running.id, waiting.id))
    go(waiting)
    with Pool(shared=True) as pool:
        assert pool.recover() == [waiting, lost]
        assert end_of(waiting).state == "done"
        assert running.status().state == "interrupted"


def test_two_servers_on_one_home_run_a_job_once() -> None:
    with Pool(shared=True) as first_pool, Pool(shared=True) as two:
        jobs = [first_pool.submit("default", spec("wait")) for _ in range(4)]
        go(*jobs)
        two.recover()
        assert [end_of(job).result for job in jobs] == [{"begun": 1}] * 4


def test_another_server_can_cancel_a_running_job(pool: Pool) -> None:
    job = pool.submit("default", spec("deaf"))
    begun(job)
    with Pool(shared=True) as other_pool:
        assert other_pool.recover() == []
        assert job.status().state == "running"
        other_pool.cancel(job)
        assert end_of(job).state == "cancelled"


_SERVER = """
import sys
import threading
from core.jobs.pool import Pool
from tests.jobs.conftest import begun, spec
pool = Pool(shared=True)
job = pool.submit("default", spec("deaf"))
later = pool.submit("default", spec("count", n=1))
print(begun(job), job.id, later.id, flush=True)
sys.stdin.read()
"""


def test_a_worker_ends_with_a_killed_server_and_the_next_one_sees_it() -> None:
    server = subprocess.Popen(
        [sys.executable, "-c", _SERVER], stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=ROOT, text=True
    )
    assert server.stdin
    assert server.stdout
    worker, running_id, waiting_id = server.stdout.readline().split()
    server.kill()
    server.wait()
    server.stdin.close()
    server.stdout.close()
    until(lambda: not alive(int(worker)), "the worker's end")
    running, waiting = (store.open_job("default", i) for i in (running_id, waiting_id))
    with Pool(shared=True) as pool:
        assert pool.recover() == [waiting]
        assert (running.recorded().state, running.recorded().error_code) == ("interrupted", "worker_ended")
        assert end_of(waiting).state == "done"
