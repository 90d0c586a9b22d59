"""Decisions about many photos, in a real browser: none is lost, the page stays in place, what they bring is seen."""

from __future__ import annotations

import re
import zipfile
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.e2e.visitor import Visitor, frame_of
from tests.health.conftest import saved, scene

EFFECT = re.compile("A probe (gains|is right as often)")


@pytest.fixture
def copies(tmp_path: Path) -> Path:
    """Photos of two classes, seven of which are there twice: a page of six pairs, and one more."""
    path = tmp_path / "copies.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for seed in range(48):
            archive.writestr(f"{('cat', 'dog')[seed % 2]}/{seed:02d}.jpg", saved(scene(seed)))
        for seed in range(0, 14, 2):
            archive.writestr(f"cat/copy_of_{seed:02d}.jpg", saved(scene(seed)))
    return path


def boxes(page: Page) -> Locator:
    """The boxes that leave photos out, on the page of pairs that is shown."""
    return page.get_by_test_id("stCheckbox")


def test_decisions_stay_and_the_page_does_not_jump(visitor: Visitor, copies: Path):
    page = visitor.page
    visitor.bring(copies)
    visitor.press("Check these photos")
    visitor.sees(page.get_by_role("tab", name="Duplicates (7)"))
    visitor.settle()

    last = boxes(page).nth(11)
    last.scroll_into_view_if_needed()
    visitor.settle()
    before = frame_of(last)["y"]
    last.locator("label").click()
    visitor.sees("Saved: left out.")
    expect(page.get_by_text("1 decision")).to_be_in_viewport()
    assert abs(frame_of(last)["y"] - before) < 3

    effect = page.get_by_text(EFFECT)
    visitor.sees(effect)
    expect(effect).to_be_in_viewport()
    assert abs(frame_of(last)["y"] - before) < 3

    visitor.press("Page 2", exact=True)
    expect(boxes(page)).to_have_count(2, timeout=60_000)
    boxes(page).first.locator("label").click()
    visitor.sees("2 decisions")
    visitor.visit("Runs")
    visitor.visit("Data")
    visitor.settle()
    visitor.press("Page 1", exact=True)
    expect(boxes(page)).to_have_count(12, timeout=60_000)
    expect(page.get_by_role("checkbox", checked=True)).to_have_count(1)

    visitor.press("Undo")
    visitor.press("Undo")
    visitor.sees("No decisions yet")
    expect(page.get_by_role("checkbox", checked=True)).to_have_count(0)
