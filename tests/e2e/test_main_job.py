"""The whole main job in a real browser: upload, compare, fine-tune, reload in the middle, evaluate, export, predict."""

from __future__ import annotations

import json
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.e2e.conftest import PAGES
from tests.e2e.server import App, start_app, stop_app
from tests.e2e.visitor import Visitor


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[App]:
    """Graft on this machine as it is: two workers, of which one has loaded torch before it is needed."""
    started = start_app(tmp_path_factory.mktemp("home"))
    yield started
    stop_app(started)


def test_the_main_job(visitor: Visitor, photos: Path, tmp_path: Path, app: App):
    page = visitor.page

    visitor.go()
    visitor.upload(photos)
    visitor.sees(page.get_by_role("heading", name="insects"))
    visitor.chart("counts")
    visitor.sees(page.get_by_test_id("stImage").locator("img"))

    visitor.visit("Compare")
    visitor.unfold("Search for more backbones, or list fewer")
    page.get_by_text("Only those on this machine").click()
    visitor.settle()
    visitor.press("Clear all")
    visitor.choose("Backbones", "graft_plain", "pixels_16")  # the quickest, since it is trained below
    visitor.press("Compare", exact=True)
    visitor.sees("of 5-fold cross-validation")
    visitor.sees(page.locator("[class*=st-key-side-accuracy] .js-plotly-plot"))
    visitor.sees(page.locator("[class*=st-key-side-against] .js-plotly-plot"))
    visitor.settle()

    visitor.follow("Next: fine-tune graft")
    visitor.sees(page.get_by_role("heading", level=1, name="Fine-tune"))
    page.get_by_text("By hand").click()
    visitor.settle()
    visitor.slide("Epochs, at most", 15)  # long enough to be met in the middle
    visitor.slide("Stop after so many epochs without a better one", 0)
    visitor.press("Fine-tune", exact=True)
    curves = page.locator("[class*=st-key-curves] .js-plotly-plot")
    visitor.sees(curves)
    visitor.reload()
    end = page.get_by_text("validation photos are right").first
    visitor.sees(page.get_by_role("progressbar").or_(end))  # a busy machine may train while the page loads
    visitor.sees(curves)
    visitor.sees(end)
    visitor.settle()

    visitor.follow("Next: see where it fails")
    visitor.sees(page.get_by_role("heading", level=1, name="Evaluate"))
    visitor.chart("per-class")
    visitor.settle()
    pick_a_cell(visitor)

    visitor.visit("Predict & export")
    predict(visitor, photos, tmp_path)
    export(visitor, tmp_path)

    visitor.visit("Runs")
    visitor.sees("validation accuracy")
    for title in PAGES:
        visitor.visit(title)
    if sys.platform == "linux":
        assert app.has_loaded("libpython") or app.has_loaded("python")
        assert not app.has_loaded("libtorch")


def pick_a_cell(visitor: Visitor) -> None:
    """Selects a cell of the confusion matrix that holds images, and sees them."""
    plot = visitor.page.locator("[class*=st-key-confusion] .js-plotly-plot").first
    expect(plot).to_be_visible()
    cells = plot.evaluate("p => p.data.filter(t => t.customdata)[0].customdata.map(c => Array.from(c))")
    key = plot.evaluate("p => [...p.closest('[class*=st-key-confusion]').classList].find(c => c.startsWith('st-key-'))")
    true, predicted = cells[0]
    before = visitor.page.get_by_test_id("stImage").locator("img").count()
    visitor.select_point(key.removeprefix("st-key-"), predicted, true)
    expect(visitor.page.get_by_test_id("stImage").locator("img")).not_to_have_count(before)


def predict(visitor: Visitor, photos: Path, tmp_path: Path) -> None:
    """Drops two new photos on the model and sees an answer for each."""
    with zipfile.ZipFile(photos) as archive:
        names = [n for n in archive.namelist() if "/val/" in n]
        new = [Path(archive.extract(n, tmp_path)) for n in (names[0], names[-1])]
    visitor.upload(*new)
    visitor.sees(visitor.page.locator("[class*='st-key-answer'] .js-plotly-plot"))
    visitor.settle()
    assert visitor.page.locator("[class*='st-key-answer'] .js-plotly-plot").count() == 2
    visitor.press("Enlarge")
    expect(visitor.page.get_by_role("dialog").get_by_text("1 of 2")).to_be_visible()
    large = visitor.page.get_by_role("dialog").get_by_role("img").first
    assert large.evaluate("image => image.decode().then(() => image.naturalWidth)") > 256
    visitor.page.keyboard.press("Escape")


def export(visitor: Visitor, tmp_path: Path) -> None:
    """Downloads the bundle, which holds what it says."""
    visitor.page.get_by_role("tab", name="Take it home").click()
    visitor.press("Make the bundle")
    button = visitor.sees(visitor.page.get_by_role("button", name="Download the bundle"))
    with visitor.page.expect_download() as waiting:
        button.click()
    bundle = tmp_path / "bundle.zip"
    waiting.value.save_as(bundle)
    with zipfile.ZipFile(bundle) as archive:
        names = set(archive.namelist())
        assert {"manifest.json", "model.safetensors"} <= names
        assert any(name.endswith(".md") for name in names)
        manifest = json.loads(archive.read("manifest.json"))
    assert manifest["classes"] == ["ants", "bees"]


@pytest.mark.parametrize("width", [390])
def test_a_phone_shows_every_page_without_scrolling_sideways(visitor: Visitor, width: int):
    visitor.page.set_viewport_size({"width": width, "height": 800})
    for path in ("/", "/compare", "/finetune", "/evaluate", "/explain", "/predict", "/runs"):
        visitor.go(path)
        over = visitor.page.evaluate(
            "() => { const m = document.querySelector('[data-testid=stMain]'); return m.scrollWidth - m.clientWidth; }"
        )
        assert over <= 1, f"{path} is {over} px wider than the screen"


def test_deleted_photos_leave_a_phone_at_the_top_of_the_page(visitor: Visitor, photos: Path):
    visitor.page.set_viewport_size({"width": 390, "height": 800})
    visitor.bring(photos)
    visitor.page.get_by_role("button", name="Delete these photos").click()
    visitor.page.get_by_role("button", name="Delete", exact=True).press("Enter")  # photos that load late push it away
    visitor.sees("is deleted")
    visitor.settle()
    assert visitor.page.get_by_test_id("stMain").evaluate("main => main.scrollTop") == 0
