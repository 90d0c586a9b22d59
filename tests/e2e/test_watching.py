"""A job that is watched while its page is left and found again: no tick asks the server for what is gone."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from core.data.ingest import ingest
from core.jobs import store
from tests.conftest import zip_of_photos
from tests.e2e.conftest import at_home
from tests.e2e.visitor import Visitor
from tests.pages.conftest import W, compare_spec, finetune_spec, running


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The home of a comparison and a training of the same photos, both running for as long as the tests."""
    home = tmp_path_factory.mktemp("home")
    with at_home(home):
        photos = ingest(zip_of_photos(tmp_path_factory.mktemp("zips") / "photos.zip", per_class=8))
        jobs = [store.create(W, spec) for spec in (compare_spec(photos), finetune_spec(photos))]
    with running(jobs[0]), running(jobs[1]):
        yield home


def test_no_tick_is_left_over_when_the_page_changes(visitor: Visitor):
    visitor.go()
    for leaving in ("before a tick", "during a tick", "after a tick"):
        for title in ("Compare", "Runs", "Fine-tune"):
            visitor.visit(title)
            visitor.sees(visitor.page.get_by_role("progressbar"))
            if leaving != "before a tick":
                visitor.sees_a_tick(whole=leaving == "after a tick")
    visitor.visit("Data")
    visitor.runs.ticks.clear()
    visitor.until(lambda: max(visitor.runs.ticks.values(), default=0) > 3, "a fourth tick")
    assert len(visitor.runs.ticks) == 1  # of the job that goes on, in the sidebar: any other would have come again


def test_the_sidebar_of_a_phone_closes_when_the_job_in_it_is_opened(visitor: Visitor):
    page = visitor.page
    page.set_viewport_size({"width": 390, "height": 844})
    visitor.go("/evaluate")
    page.get_by_test_id("stExpandSidebarButton").click()
    page.get_by_test_id("stSidebar").get_by_test_id("stPageLink-NavLink").click()
    visitor.sees(page.get_by_role("heading", level=1, name="Compare backbones"))
    visitor.sees(page.get_by_test_id("stExpandSidebarButton"))
