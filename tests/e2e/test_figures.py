"""A figure's menu in a real browser: it gives four files that open, and no button lies on the figure."""

from __future__ import annotations

import csv
import io
from pathlib import Path
from xml.etree import ElementTree

from PIL import Image
from playwright.sync_api import Browser, Page, expect

from core.tables import BOM
from tests.e2e.conftest import Visitor
from tests.e2e.server import App


def saved(page: Page, label: str) -> tuple[str, bytes]:
    """The name and the content of the file that a button of the open menu gives."""
    with page.expect_download() as downloading:
        page.get_by_role("button", name=label).click()
    path = Path(downloading.value.path())
    return downloading.value.suggested_filename, path.read_bytes()


def test_the_menu_of_a_figure_gives_four_files_that_open(visitor: Visitor, photos: Path):
    page = visitor.page
    visitor.go()
    visitor.upload(photos)
    visitor.sees(page.get_by_role("heading", name="insects"))
    visitor.settle()
    figure = visitor.chart("counts")
    figure.hover()
    expect(page.locator(".modebar")).to_have_count(0)

    page.get_by_role("button", name="Download this figure: Photos in each class and split").click()
    visitor.sees(page.get_by_role("button", name="Picture (PNG)"))
    page.set_default_timeout(60_000)
    visitor.settle()
    name, png = saved(page, "Picture (PNG)")
    picture = Image.open(io.BytesIO(png))
    assert (name, picture.format, picture.width) == ("insects-images_by_class.png", "PNG", 1800)
    assert picture.convert("RGB").getpixel((2, 2)) == (255, 255, 255)
    name, svg = saved(page, "Drawing (SVG)")
    drawing = ElementTree.fromstring(svg)
    assert (name, drawing.tag) == ("insects-images_by_class.svg", "{http://www.w3.org/2000/svg}svg")
    assert "ants" in "".join(drawing.itertext())
    name, html = saved(page, "Page (HTML)")
    assert name == "insects-images_by_class.html"
    assert b"<h1>Photos in each class and split</h1>" in html
    name, table = saved(page, "Numbers (CSV)")
    assert name == "insects-images_by_class.csv"
    text = table.decode()
    assert text.startswith(BOM)
    headings, *rows = csv.reader(io.StringIO(text[1:]))
    assert headings[:2] == ["class", "training"]
    assert [(name, sum(map(int, counts))) for name, *counts in rows] == [("ants", 24), ("bees", 24)]


def test_no_button_lies_on_a_figure_on_a_touch_screen(browser: Browser, app: App, photos: Path):
    context = browser.new_context(viewport={"width": 390, "height": 800}, has_touch=True, is_mobile=True)
    visitor = Visitor(context.new_page(), app)
    visitor.go()
    visitor.upload(photos)
    visitor.sees(visitor.page.get_by_role("heading", name="insects"))
    visitor.settle()
    visitor.chart("counts").tap()
    expect(visitor.page.locator(".modebar")).to_have_count(0)
    context.close()
