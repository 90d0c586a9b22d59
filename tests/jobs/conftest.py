"""Fixtures for jobs: a pool with real workers and a spec of the tests' own verbs."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from core.jobs.pool import Pool
from core.jobs.spec import JobSpec
from core.jobs.status import JobStatus
from core.jobs.store import Job

PATIENCE_S = 60.0


def spec(kind: str, slot: str = "long", listed: bool = True, language: str = "en", **params: Any) -> JobSpec:
    return JobSpec(kind, params, slot=slot, verbs="tests.jobs.verbs", listed=listed, language=language)


def until(condition: Callable[[], Any], description: str = "the condition") -> Any:
    """Waits until `condition` gives something true, and returns it."""
    end = time.monotonic() + PATIENCE_S
    while time.monotonic() < end:
        outcome = condition()
        if outcome:
            return outcome
        time.sleep(0.01)
    raise AssertionError(f"{description} did not come true in {PATIENCE_S:.0f} s")


def end_of(job: Job) -> JobStatus:
    """Waits until a job is over, and gives its status."""
    until(lambda: job.status().is_over, f"the end of {job.spec.kind}")
    return job.status()


def begun(job: Job) -> int:
    """Waits until a verb has written `begun`, and gives the id of its worker's process."""
    return int(until(lambda: (job.path / "begun").exists() and (job.path / "begun").read_text().split())[-1])


def go(*jobs: Job) -> None:
    """Lets the verb `wait` end in each of the jobs."""
    for job in jobs:
        (job.path / "go").touch()


def alive(pid: int) -> bool:
    """Whether a process runs; one that ended and was not waited for does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


@pytest.fixture
def pool() -> Iterator[Pool]:
    with Pool(shared=False, grace_s=0.3) as fast_pool:
        yield fast_pool
