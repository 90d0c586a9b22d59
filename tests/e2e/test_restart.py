"""A page that is left open while its server ends and another takes its place comes back to the truth by itself."""

from __future__ import annotations

from pathlib import Path

from playwright.sync_api import Browser, expect

from core.data.ingest import ingest
from core.jobs import store
from tests.conftest import ZipBuilder
from tests.e2e.conftest import Visitor, start_app, stop_app
from tests.pages.conftest import W, finetune_spec, running

PAGES = ("finetune", "runs")
SOON_MS = 15_000


def test_a_job_whose_worker_went_with_its_server_is_not_shown_as_working(
    browser: Browser, graft_home: Path, small_zip: ZipBuilder
) -> None:
    photos = ingest(small_zip(per_class=8))
    job = store.create(W, finetune_spec(photos))
    working, server = f"{job.spec.title} …", None
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    try:
        with running(job):
            server = start_app(graft_home)
            visitors = [Visitor(context.new_page(), server) for _page in PAGES]
            for visitor, page in zip(visitors, PAGES, strict=True):
                visitor.go(f"/{page}?dataset={photos.id}")
                visitor.sees(working)
            server.process.kill()
            server.process.wait()
        server = start_app(graft_home, int(server.url.rsplit(":", 1)[1]))
        for visitor in visitors:
            expect(visitor.page.get_by_text("Graft was closed").first).to_be_visible(timeout=SOON_MS)
            expect(visitor.page.get_by_text(working)).to_have_count(0)
    finally:
        context.close()
        if server is not None:
            stop_app(server)
