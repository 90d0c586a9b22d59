"""The closer looks of the Compare page in a real browser, one question after the other, on real photos if possible."""

from __future__ import annotations

import json
from pathlib import Path

from playwright.sync_api import expect

from core.backbones.names import called
from tests.e2e.visitor import Visitor, frame_of

LOOP = ((0.01, 0.01), (0.99, 0.01), (0.99, 0.99), (0.01, 0.99), (0.01, 0.02))


def test_every_question_about_a_comparison_is_answered(visitor: Visitor, photos: Path, tmp_path: Path):
    page = visitor.page

    visitor.bring(photos)
    visitor.visit("Compare")
    visitor.unfold("How they are compared")
    visitor.choose("Probes", "Nearest class mean")
    visitor.sees("The verdict is about the first")
    visitor.press("Compare", exact=True)
    visitor.sees("of 5-fold cross-validation")
    visitor.settle()

    drawn(visitor, "side-accuracy")
    drawn(visitor, "side-against")
    page.get_by_text("Would another probe say otherwise?").click()
    visitor.sees("Nearest class mean")
    document = json.loads(downloaded(visitor, "Download the comparison (JSON)", tmp_path).read_text())
    assert set(document["verdicts"]) == {"logistic", "nearest_mean"}
    assert called(document["verdict"]["recommended"]) in visitor.sees("of 5-fold cross-validation").inner_text()

    ask(visitor, "What would more photos bring?")
    visitor.press("Measure the curve")
    drawn(visitor, "curve-")

    ask(visitor, "Where to begin to fine-tune?")
    visitor.press("Probe each stage")
    drawn(visitor, "depth-")

    ask(visitor, "How many dimensions are enough?")
    visitor.press("Count the components")
    drawn(visitor, "components-")

    ask(visitor, "What does a backbone see?")
    drawn(visitor, "map-")
    lasso(visitor, "map-")
    visitor.sees("photos are chosen; the first 3 are shown")
    expect(page.locator("[class*=st-key-chosen-]").get_by_role("button", name="Enlarge").first).to_be_visible()

    visitor.reload()  # nothing is computed again
    visitor.sees("of 5-fold cross-validation")
    expect(page.get_by_role("progressbar")).to_have_count(0)


def ask(visitor: Visitor, question: str) -> None:
    """Goes on to another question."""
    visitor.page.get_by_test_id("stButtonGroup").get_by_text(question).click()
    visitor.settle()


def drawn(visitor: Visitor, key: str) -> None:
    """Waits for the figure whose key begins so."""
    visitor.sees(visitor.page.locator(f"[class*=st-key-{key}] .js-plotly-plot .main-svg"))
    visitor.settle()


def lasso(visitor: Visitor, key: str) -> None:
    """Draws a loop around all points of a map, with the mouse."""
    visitor.page.get_by_test_id("stButtonGroup").get_by_text("Choose photos").click()
    visitor.settle()
    plot = visitor.page.locator(f"[class*=st-key-{key}] .js-plotly-plot .nsewdrag").first
    plot.scroll_into_view_if_needed()
    frame, mouse = frame_of(plot), visitor.page.mouse
    corners = [(frame["x"] + x * frame["width"], frame["y"] + y * frame["height"]) for x, y in LOOP]
    mouse.move(*corners[0])
    mouse.down()
    for corner in corners[1:]:
        mouse.move(*corner, steps=4)
    with visitor.asking():
        mouse.up()


def downloaded(visitor: Visitor, label: str, folder: Path) -> Path:
    """The file that a button gives."""
    with visitor.page.expect_download() as download:
        visitor.page.get_by_role("button", name=label).click()
    path = folder / download.value.suggested_filename
    download.value.save_as(path)
    return path
