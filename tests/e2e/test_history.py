"""The browser's Back and Forward: each press shows the page before or after, with the same photos and model."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import expect

from core.data.dataset import Dataset
from core.data.ingest import ingest
from core.jobs import store
from tests.conftest import zip_of_photos
from tests.e2e.conftest import at_home
from tests.e2e.visitor import Visitor
from tests.pages.conftest import W, finetune_spec, finish, make_run

HEADINGS = {
    "Data": "older",
    "Compare": "Compare backbones",
    "Fine-tune": "Fine-tune",
    "Evaluate": "Evaluate",
    "Predict & export": "Predict & export",
    "Runs": "Runs",
}


@pytest.fixture(scope="module")
def photos(home: Path, tmp_path_factory: pytest.TempPathFactory) -> Dataset:
    """Photos with two models, which are not the newest photos there are; no test changes any of it."""
    zips = tmp_path_factory.mktemp("zips")
    with at_home(home):
        photos = ingest(zip_of_photos(zips / "older.zip", per_class=8))
        for right in (0.0, 1.0):
            job = store.create(W, finetune_spec(photos))
            run = make_run(photos, job, right=right)
            finish(job, {"run": run.path.name, "dataset": photos.id})
        ingest(zip_of_photos(zips / "newer.zip", classes=("cow", "dog"), per_class=8))
    return photos


def entries(visitor: Visitor) -> int:
    """How many entries the browser's history has."""
    return int(visitor.page.evaluate("history.length"))


def is_at(visitor: Visitor, title: str, address: str) -> None:
    """The page, its whole address, and the photos are what they were."""
    visitor.sees(visitor.page.get_by_role("heading", level=1, name=HEADINGS[title], exact=True))
    visitor.settle()
    assert visitor.page.url == address
    expect(visitor.page.get_by_test_id("stSidebar").get_by_role("combobox")).to_have_value("older")


def goes_back_and_forth(visitor: Visitor, places: list[tuple[str, str]]) -> None:
    """Back through all places and Forward again, one press each; a reload in between changes nothing."""
    for title, address in places[-2::-1]:
        visitor.page.go_back()
        is_at(visitor, title, address)
    visitor.reload()
    is_at(visitor, *places[0])
    for title, address in places[1:]:
        visitor.page.go_forward()
        is_at(visitor, title, address)


def walk(visitor: Visitor, steps: dict[str, Callable[[], None]]) -> list[tuple[str, str]]:
    """Takes each step to the page it is named by, which adds one entry to the history; gives the addresses."""
    places = [("Data", visitor.page.url)]
    for title, step in steps.items():
        before = entries(visitor)
        step()
        is_at(visitor, title, visitor.page.url)
        assert entries(visitor) == before + 1, title
        places.append((title, visitor.page.url))
    return places


def test_each_page_of_the_navigation_is_one_entry(visitor: Visitor, photos: Dataset):
    visitor.go(f"/?dataset={photos.id}")
    places = walk(visitor, {title: lambda title=title: visitor.visit(title) for title in list(HEADINGS)[1:]})
    assert {urlsplit(address).query for _, address in places} == {f"dataset={photos.id}"}
    goes_back_and_forth(visitor, places)


def test_each_next_step_is_one_entry_and_keeps_its_model(visitor: Visitor, photos: Dataset):
    visitor.go(f"/?dataset={photos.id}")
    steps = {
        "Compare": lambda: visitor.follow("Next: compare backbones"),
        "Fine-tune": lambda: visitor.visit("Fine-tune"),
        "Evaluate": lambda: visitor.follow("Next: see where it fails"),
        "Predict & export": lambda: visitor.follow("Next: predict and export"),
        "Runs": lambda: visitor.visit("Runs"),
    }
    places = walk(visitor, steps)
    assert "run=" in places[-1][1]
    goes_back_and_forth(visitor, places)


def test_the_first_address_needs_nothing_written_into_it(visitor: Visitor, photos: Dataset):
    visitor.go()
    before, address = entries(visitor), visitor.page.url
    visitor.visit("Evaluate")
    assert entries(visitor) == before + 1
    visitor.page.go_back()
    visitor.sees(visitor.page.get_by_role("heading", level=1, name="newer", exact=True))
    visitor.settle()
    assert visitor.page.url == address


def test_another_model_is_a_place_to_come_back_to(visitor: Visitor, photos: Dataset):
    visitor.go(f"/evaluate?dataset={photos.id}")
    accuracies = [visitor.page.get_by_text(share, exact=True) for share in ("100.0 %", "0.0 %")]
    visitor.sees(accuracies[0])
    address = visitor.page.url
    visitor.page.get_by_role("combobox", name="Model").click()
    visitor.page.get_by_role("option", name=re.compile(r"· 0\.0 %")).click()
    visitor.sees(accuracies[1])
    visitor.settle()
    assert "run=" in visitor.page.url
    visitor.page.go_back()
    visitor.sees(accuracies[0])
    visitor.settle()
    assert visitor.page.url == address
