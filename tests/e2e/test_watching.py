"""A job that is watched while its page is left and found again: no tick asks the server for what is gone."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from core.data.ingest import ingest
from core.jobs import store
from core.jobs.store import Job
from tests.conftest import ZipBuilder
from tests.e2e.server import SMALL, App, start_app, stop_app
from tests.e2e.visitor import Visitor
from tests.pages.conftest import W, compare_spec, finetune_spec


@contextmanager
def running(job: Job) -> Iterator[None]:
    """The job is held by this process, which gives a sign of life as a worker does, and is cancelled at the end."""
    over = threading.Event()

    def beat() -> None:
        while not over.wait(0.5):
            (job.path / "heartbeat").touch()

    with job.held() as free:
        assert free
        (job.path / "heartbeat").touch()
        job.write_status(job.recorded().but(state="running", started=time.time(), share=0.25))
        beating = threading.Thread(target=beat)
        beating.start()
        try:
            yield
        finally:
            over.set()
            beating.join()
            job.write_status(job.recorded().over("cancelled"))


@pytest.fixture
def jobs(graft_home: Path, small_zip: ZipBuilder) -> Iterator[None]:
    """A comparison and a training of the same photos, both running for as long as the test."""
    photos = ingest(small_zip(per_class=8))
    with running(store.create(W, compare_spec(photos))), running(store.create(W, finetune_spec(photos))):
        yield


@pytest.fixture
def app(jobs: None, graft_home: Path) -> Iterator[App]:
    """A server over these jobs."""
    started = start_app(graft_home, **SMALL)
    yield started
    stop_app(started)


def test_no_tick_is_left_over_when_the_page_changes(visitor: Visitor):
    visitor.go()
    for leaving in ("before a tick", "during a tick", "after a tick"):
        for title in ("Compare", "Runs", "Fine-tune"):
            visitor.visit(title)
            visitor.sees(visitor.page.get_by_role("progressbar"))
            if leaving != "before a tick":
                visitor.sees_a_tick(whole=leaving == "after a tick")
    visitor.visit("Data")
    visitor.runs.ticking.clear()
    visitor.page.wait_for_timeout(2500)  # longer than it takes a tick to come again
    assert len(visitor.runs.ticking) == 1  # of the job that goes on, in the sidebar


def test_the_sidebar_of_a_phone_closes_when_the_job_in_it_is_opened(visitor: Visitor):
    page = visitor.page
    page.set_viewport_size({"width": 390, "height": 844})
    visitor.go("/evaluate")
    page.get_by_test_id("stExpandSidebarButton").click()
    page.get_by_test_id("stSidebar").get_by_test_id("stPageLink-NavLink").click()
    visitor.sees(page.get_by_role("heading", level=1, name="Compare backbones"))
    visitor.sees(page.get_by_test_id("stExpandSidebarButton"))
