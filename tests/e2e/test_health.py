"""What is wrong with photos, found and mended in a real browser; every other page then uses the photos as edited."""

from __future__ import annotations

import csv
import io
import re
import zipfile
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import expect

from tests.e2e.visitor import Visitor
from tests.health.conftest import saved, scene


@pytest.fixture
def dirty(tmp_path: Path) -> Path:
    """Photos of two classes: one photo in both, a smaller copy of one, and one that is black."""
    path = tmp_path / "dirty.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for seed in range(48):
            archive.writestr(f"{('cat', 'dog')[seed % 2]}/{seed:02d}.jpg", saved(scene(seed)))
        archive.writestr("dog/also_a_cat.jpg", saved(scene(0)))
        archive.writestr("cat/smaller.jpg", saved(scene(2).resize((80, 60))))
        archive.writestr("cat/black.jpg", saved(Image.new("RGB", (160, 120), (4, 4, 4))))
    return path


def test_what_is_found_can_be_mended(visitor: Visitor, dirty: Path, tmp_path: Path):
    page = visitor.page

    visitor.bring(dirty)
    visitor.press("Check these photos")
    visitor.sees("1 pair of alike photos lies in two classes")
    visitor.sees("Some photos show little")
    visitor.settle()
    expect(page.get_by_text("the same file")).to_have_count(1)
    expect(page.get_by_text("nearly the same")).to_have_count(1)

    visitor.press("Leave out one photo of each pair (1)")
    visitor.sees("The photos were edited after this check")
    page.get_by_role("tab", name="Poor photos").click()
    visitor.settle()
    page.get_by_text("Leave out", exact=True).first.click()
    visitor.sees("2 decisions")
    visitor.sees(visitor.page.get_by_text(re.compile("A probe (gains|is right as often)")))

    page.get_by_role("tab", name="Your decisions").click()
    visitor.sees("photos of test that no edit touches")
    with page.expect_download() as taken:
        page.get_by_role("button", name="Download the edits (CSV)").click()
    rows = list(csv.DictReader(io.StringIO(taken.value.path().read_text("utf-8-sig"))))
    assert {row["image"] for row in rows} & {"cat/smaller.jpg", "cat/02.jpg"}
    assert {row["action"] for row in rows} == {"exclude"}

    visitor.press("Make a zip of the edited photos")
    with page.expect_download() as taken:
        page.get_by_role("button", name="Download the edited photos").click()
    with zipfile.ZipFile(taken.value.path()) as archive:
        assert len(archive.namelist()) == 49

    visitor.reload()
    expect(page.get_by_test_id("stMetricValue").first).to_have_text("49")
    page.get_by_role("tab", name="Your decisions").click()
    visitor.press("Discard all edits")
    visitor.sees("No decisions yet")
    visitor.reload()
    expect(page.get_by_test_id("stMetricValue").first).to_have_text("51")
    visitor.settle()
