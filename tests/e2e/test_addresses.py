"""An address is a place: opened as the first one of a fresh server, or kept across its restart, it shows the same."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
from playwright.sync_api import expect

from core.data.ingest import ingest
from core.jobs import store
from core.jobs.spec import JobSpec
from tests.conftest import ZipBuilder
from tests.e2e.server import SMALL, App, start_app, stop_app
from tests.e2e.visitor import Visitor
from tests.pages.conftest import W, compare_spec, finetune_spec, finish, make_run


@dataclass(frozen=True)
class PageAddress:
    """An address of the app, and what a person sees there."""

    path: str
    parameters: dict[str, str]
    heading: str
    words: str = ""

    @property
    def address(self) -> str:
        """The path with its parameters."""
        return f"{self.path}?{urlencode(self.parameters)}"


@pytest.fixture
def places(graft_home: Path, small_zip: ZipBuilder) -> dict[str, PageAddress]:
    """A place on each page, none of which is what the page shows by itself: there are newer photos, jobs and models."""
    photos = ingest(small_zip(name="older.zip", per_class=8))
    models, jobs = [], {}
    for right in (0.0, 1.0):
        job = store.create(W, finetune_spec(photos))
        models.append(make_run(photos, job, right=right))
        finish(job, state="failed", error=f"The training that is right for {right:.0%} has failed.")
        jobs.setdefault("finetune", job)
    for name in ("older", "newer"):
        job = store.create(W, compare_spec(photos))
        finish(job, state="failed", error=f"The {name} comparison has failed.")
        jobs.setdefault("compare", job)
    newer = ingest(small_zip(name="newer.zip", classes=("cow", "dog"), per_class=8))
    finish(store.create(W, JobSpec("ingest", title="Read 'newer'")), {"dataset": newer.id, "images": 16})
    run = {"run": models[0].path.relative_to(jobs["finetune"].path.parent).as_posix()}
    of_photos = {"dataset": photos.id}
    compared, trained = ({**of_photos, "job": jobs[kind].id} for kind in ("compare", "finetune"))
    return {
        "data": PageAddress("/", of_photos, "older"),
        "compare": PageAddress("/compare", compared, "Compare backbones", "The older comparison has failed."),
        "finetune": PageAddress("/finetune", trained, "Fine-tune", "The training that is right for 0% has failed."),
        "evaluate": PageAddress("/evaluate", {**of_photos, **run}, "Evaluate", "0.0 %"),
        "explain": PageAddress("/explain", {**of_photos, **run}, "Explain"),
        "predict": PageAddress("/predict", {**of_photos, **run}, "Predict & export"),
        "runs": PageAddress("/runs", of_photos, "Runs", "Read 'newer'"),
    }


@pytest.fixture
def app(places: dict[str, PageAddress], graft_home: Path) -> Iterator[App]:
    """A fresh server over these places, which nobody has asked for anything yet."""
    started = start_app(graft_home, **SMALL)
    yield started
    stop_app(started)


def is_at(visitor: Visitor, place: PageAddress) -> None:
    """The page, the photos and the job or model are those of the place, and nothing is said to be missing."""
    visitor.sees(visitor.page.get_by_role("heading", level=1, name=place.heading, exact=True))
    if place.words:
        visitor.sees(place.words)
    visitor.settle()
    url = urlsplit(visitor.page.url)
    shown = {name: values[0] for name, values in parse_qs(url.query).items()}
    assert (url.path, {name: shown.get(name) for name in place.parameters}) == (place.path, place.parameters)
    expect(visitor.page.get_by_test_id("stSidebar").get_by_role("combobox")).to_have_value("older")
    assert visitor.page.get_by_test_id("stSidebarNav").get_by_role("link").count() == 7
    assert visitor.page.get_by_text("Page not found").count() == 0
    assert visitor.page.get_by_role("dialog").count() == 0


@pytest.mark.parametrize("page", ["data", "compare", "evaluate", "explain", "predict", "runs"])
def test_a_link_into_the_app_is_the_first_thing_a_fresh_server_is_asked_for(
    visitor: Visitor, places: dict[str, PageAddress], page: str
):
    visitor.go(places[page].address)
    is_at(visitor, places[page])


def test_a_link_to_a_training_is_the_first_thing_and_a_restart_loses_neither_page_nor_photos_nor_job(
    visitor: Visitor, places: dict[str, PageAddress], app: App
):
    visitor.go(places["finetune"].address)
    is_at(visitor, places["finetune"])
    stop_app(app)
    again = start_app(app.home, port=urlsplit(app.url).port or 0, **SMALL)
    try:
        is_at(visitor, places["finetune"])  # the page that stood open finds the new server by itself
        visitor.reload()
        is_at(visitor, places["finetune"])
    finally:
        stop_app(again)
