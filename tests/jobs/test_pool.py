"""The pool with real workers."""

import os
import sys
from pathlib import Path

import pytest

from core.errors import JobError
from core.jobs.pool import Pool
from tests.jobs.conftest import alive, begun, end_of, go, spec, until


def test_a_job_is_done_and_its_result_is_kept(pool: Pool) -> None:
    job = pool.submit("default", spec("count", n=3, text="ants & bees 蚂蚁", language="de"))
    status = end_of(job)
    assert status.state == "done"
    assert status.result is not None
    assert {k: status.result[k] for k in ("n", "text", "language")} == {
        "n": 3,
        "text": "ants & bees 蚂蚁",
        "language": "de",
    }
    assert (status.done, status.total, status.message) == (3, 3, "ступень 3 🐜")
    assert [(e.data, e.stage) for e in job.events()] == [({"i": i}, f"part {i % 2}") for i in range(3)]
    assert (job.path / "result.txt").read_text() == "ok"
    assert status.created <= (status.started or 0) <= (status.ended or 0)


def test_a_worker_stays_for_the_next_job_and_runs_beside_the_server(pool: Pool) -> None:
    results = [end_of(pool.submit("default", spec("count", n=1))).result for _ in range(2)]
    pids = {result["pid"] for result in results if result}
    assert len(pids) == 1
    assert pids != {os.getpid()}


def test_the_two_slots_run_at_the_same_time(pool: Pool) -> None:
    jobs = [pool.submit("default", spec("wait", slot=slot)) for slot in ("long", "short")]
    assert len({begun(job) for job in jobs}) == 2
    go(*jobs)
    assert [end_of(job).state for job in jobs] == ["done", "done"]


def test_a_small_machine_has_one_worker_and_short_jobs_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GRAFT_MEMORY_MB", "1000")
    with Pool() as pool:
        first = pool.submit("default", spec("wait"))
        begun(first)
        late = pool.submit("default", spec("count", n=1))
        short = pool.submit("default", spec("count", slot="short", n=1))
        assert (pool.position(short), pool.position(late), pool.position(first)) == (1, 2, None)
        go(first)
        assert (end_of(short).ended or 0) <= (end_of(late).started or 0)


def test_a_running_job_is_cancelled_at_its_next_report(pool: Pool) -> None:
    job = pool.submit("default", spec("wait"))
    pid = begun(job)
    pool.cancel(job)
    status = end_of(job)
    assert (status.state, status.error, status.result) == ("cancelled", "", None)
    after = pool.submit("default", spec("wait"))
    assert begun(after) == pid, "the worker was asked, not killed"
    go(after)


def test_a_verb_that_never_reports_is_killed_after_the_grace(pool: Pool) -> None:
    job = pool.submit("default", spec("deaf"))
    begun(job)
    pool.cancel(job)
    assert end_of(job).state == "cancelled"
    assert end_of(pool.submit("default", spec("count", n=1))).state == "done"


def test_a_forked_child_does_not_outlive_its_job(pool: Pool) -> None:
    job = pool.submit("default", spec("children"))
    begun(job)
    child = int((job.path / "child").read_text())
    pool.cancel(job)
    assert end_of(job).state == "cancelled"
    until(lambda: not alive(child), "the child's end")


def test_a_waiting_job_is_cancelled_at_once_and_the_others_move_up(pool: Pool) -> None:
    running, second, third = (pool.submit("default", spec("wait")) for _ in range(3))
    begun(running)
    assert (pool.position(second), pool.position(third)) == (1, 2)
    pool.cancel(second)
    assert second.status().state == "cancelled"
    assert (pool.position(second), pool.position(third)) == (None, 1)
    go(running, third)
    assert end_of(third).state == "done"
    assert not (second.path / "begun").exists()


def test_a_deleted_job_leaves_the_queue(pool: Pool) -> None:
    running, second, third = (pool.submit("default", spec("wait")) for _ in range(3))
    begun(running)
    pool.delete(second)
    assert pool.position(third) == 1
    with pytest.raises(JobError, match="Cancel it"):
        pool.delete(running)
    go(running, third)
    assert end_of(third).state == "done"


@pytest.mark.parametrize(
    ("kind", "params", "error", "code"),
    [
        ("refuse", {}, "Choose another backbone.", ""),
        ("refuse", {"code": "zip_bomb"}, "This zip is a bomb.", "zip_bomb"),
        ("bug", {}, "KeyError", "bug"),
        ("leave", {}, "SystemExit", "bug"),
        ("no_json", {}, "ValueError", "bug"),
        ("none_such", {}, "AttributeError", "bug"),
        ("no_memory", {}, "not enough memory", "memory"),
        ("no_room", {}, "disk is full", "disk_full"),
    ],
)
def test_a_failure_says_what_and_keeps_the_rest_to_itself(
    shared_pool: Pool, kind: str, params: dict[str, str], error: str, code: str
) -> None:
    job = shared_pool.submit("default", spec(kind, **params))
    status = end_of(job)
    assert (status.state, status.error_code, status.result) == ("failed", code, None)
    assert error in status.error
    assert "secret" not in status.error
    assert "Traceback" not in status.error
    assert (job.path / "traceback.txt").exists() == (code in ("bug", "memory"))


@pytest.fixture(scope="module")
def shared_pool() -> object:
    with Pool(shared=True) as pool:
        yield pool


def test_what_libraries_print_goes_to_the_jobs_log(pool: Pool) -> None:
    job = pool.submit("default", spec("chatter"))
    assert end_of(job).result == {"input": ""}
    log = (job.path / "worker.log").read_text()
    assert all(line in log for line in ("printed", "to the descriptor", "to the error output"))


def test_the_last_step_before_a_long_silence_is_shown(pool: Pool) -> None:
    job = pool.submit("default", spec("hold_back"))
    until(lambda: job.status().message == "second", "the second step")
    go(job)
    assert end_of(job).state == "done"


def test_a_worker_that_waited_too_long_is_ended_and_started_again() -> None:
    with Pool(shared=True, idle_s=0.05) as pool:
        first = end_of(pool.submit("default", spec("count", n=1))).result
        assert first
        until(lambda: not alive(first["pid"]), "the idle worker's end")
        assert end_of(pool.submit("default", spec("count", n=1))).state == "done"


def test_a_warm_worker_loads_its_verbs_before_the_first_job(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GRAFT_MEMORY_MB", "8000")
    monkeypatch.setenv("GRAFT_TEST_WARM", str(tmp_path / "warm"))
    with Pool(warm="tests.jobs.verbs"):
        until((tmp_path / "warm").exists)


@pytest.mark.slow
def test_a_worker_that_has_run_a_job_uses_its_spare_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    calls = tmp_path / "calls"
    monkeypatch.setenv("GRAFT_TEST_SPARE", str(calls))
    with Pool(shared=True) as pool:
        end_of(pool.submit("default", spec("count", n=1)))
        until(lambda: calls.exists() and calls.read_text() == "done\n" * 2, "the use of spare time")
        assert end_of(pool.submit("default", spec("count", n=1))).state == "done"


def test_a_worker_that_cannot_start_does_not_stop_the_pool(pool: Pool, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as broken:
        broken.setattr(sys, "executable", "/none/such/python")
        status = end_of(pool.submit("default", spec("count", n=1)))
        assert (status.state, status.error_code) == ("interrupted", "worker_ended")
    assert end_of(pool.submit("default", spec("count", n=1))).state == "done"


def test_strangers_cannot_fill_the_queue(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GRAFT_PUBLIC", "1")
    with Pool(shared=True) as pool:
        running = pool.submit("aaa", spec("wait"))
        begun(running)
        for _ in range(10):
            pool.submit("aaa", spec("count", n=1))
        with pytest.raises(JobError, match="10 jobs of yours are waiting"):
            pool.submit("aaa", spec("count", n=1))
        pool.submit("bbb", spec("count", n=1))


def test_the_workers_have_as_many_threads_as_cores_unless_told_otherwise(monkeypatch: pytest.MonkeyPatch) -> None:
    from core import machine
    from core.jobs import process

    for name in machine.thread_settings():
        monkeypatch.delenv(name, raising=False)
    assert process.environment()["OMP_NUM_THREADS"] == str(machine.cores())
    monkeypatch.setenv("OMP_NUM_THREADS", "7")
    assert process.environment()["OMP_NUM_THREADS"] == "7"
    assert process.environment()["OMP_WAIT_POLICY"] == "PASSIVE"
