"""A page that is left open while its server ends and another takes its place comes back to the truth by itself."""

from __future__ import annotations

import threading
import time
from pathlib import Path

from playwright.sync_api import Browser, expect

from core.data.ingest import ingest
from core.jobs import store
from tests.conftest import ZipBuilder
from tests.e2e.conftest import Visitor, start_app, stop_app
from tests.pages.conftest import W, finetune_spec

PAGES = ("finetune", "runs")
SOON_MS = 15_000


def test_a_job_whose_worker_went_with_its_server_is_not_shown_as_working(
    browser: Browser, graft_home: Path, small_zip: ZipBuilder
) -> None:
    photos = ingest(small_zip(per_class=8))
    job = store.create(W, finetune_spec(photos))
    server, ended, working = None, threading.Event(), f"{job.spec.title} …"

    def beat() -> None:
        while not ended.wait(0.5):
            (job.path / "heartbeat").touch()

    context = browser.new_context(viewport={"width": 1280, "height": 900})
    try:
        with job.held() as free:  # as a worker holds it, until the server is gone
            assert free
            (job.path / "heartbeat").touch()
            job.write_status(job.recorded().but(state="running", started=time.time(), share=0.25))
            beating = threading.Thread(target=beat)
            beating.start()
            server = start_app(graft_home)
            visitors = [Visitor(context.new_page(), server) for _page in PAGES]
            for visitor, page in zip(visitors, PAGES, strict=True):
                visitor.go(f"/{page}?dataset={photos.id}")
                visitor.sees(working)
            server.process.kill()
            server.process.wait()
            ended.set()
            beating.join()
        server = start_app(graft_home, int(server.url.rsplit(":", 1)[1]))
        for visitor in visitors:
            expect(visitor.page.get_by_text("Graft was closed").first).to_be_visible(timeout=SOON_MS)
            expect(visitor.page.get_by_text(working)).to_have_count(0)
    finally:
        ended.set()
        context.close()
        if server is not None:
            stop_app(server)
