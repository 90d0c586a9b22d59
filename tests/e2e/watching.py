"""What a person would read on a page, letter by letter, and a watch over what a name must not bring about."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable
from pathlib import Path
from urllib.parse import urlsplit

from playwright.sync_api import Locator, Page, Request

from pages.ui.text import shortened
from tests.e2e.visitor import Visitor

# What would be on the page if a name had been read as markup, by any reader there is; Graft's own has none of it.
MARKUP = """
  img[src="x"], svg[onload], iframe, object, embed, .katex, [aria-label="home icon"], img[alt="Streamlit logo"],
  a[href^="javascript:"], a[href^="mailto:"], a[href*="evil"]:not([href^="#"]), [src*="evil"],
  .js-plotly-plot a, .js-plotly-plot .ytick tspan, .js-plotly-plot .xtick tspan, .js-plotly-plot .legendtext tspan
"""


class Watch:
    """Notices what a name must not bring about: a script that runs, an asking elsewhere, markup."""

    def __init__(self, page: Page, home: str) -> None:
        self._page, self._home = page, urlsplit(home).netloc
        self._seen: list[str] = []
        page.on("dialog", lambda dialog: self._seen.append(f"dialog {dialog.message}") or dialog.dismiss())
        page.on("popup", lambda opened: self._seen.append(f"window {opened.url}"))
        page.context.on("request", self._asked)

    def _asked(self, request: Request) -> None:
        url = urlsplit(request.url)
        if url.scheme not in ("data", "blob") and url.netloc != self._home:
            self._seen.append(f"request {request.url}")

    def finds_nothing(self) -> None:
        """Nothing of it has happened so far, nor is on the page now."""
        markup = self._page.locator(MARKUP).evaluate_all("markup => markup.map(e => e.outerHTML.slice(0, 200))")
        assert not markup
        assert not self._page.evaluate("() => window.__xss")
        assert not self._seen


def texts(elements: Locator) -> list[str]:
    """What stands in each of the elements, letter by letter."""
    return [" ".join(words.split()) for words in elements.all_text_contents()]


def table(visitor: Visitor) -> list[str]:
    """What stands in the cells of the first table on the page; it is drawn once it is looked at."""
    drawn = visitor.page.get_by_test_id("stDataFrame").first
    drawn.scroll_into_view_if_needed()
    drawn.locator("[role=gridcell]").first.wait_for(state="attached")
    return texts(drawn.locator("[role=gridcell]"))


def only(shown: Iterable[str], names: Iterable[str]) -> None:
    """Something is shown, and all of it are names."""
    shown = set(shown)
    assert shown
    assert not shown - set(names)


def cut(names: Iterable[str], most: int = 40) -> list[str]:
    """The names as they are shown where there is room for so many characters."""
    return [shortened(name, most) for name in names]


def hovered(visitor: Visitor, key: str, most: int = 3) -> set[str]:
    """The first lines of what hovers over some points of a figure."""
    plot = visitor.chart(key).locator(".js-plotly-plot")
    return set(plot.evaluate(_HOVER, most))


_HOVER = """async (plot, most) => {
  const lines = [], {xaxis, yaxis} = plot._fullLayout, drag = plot.querySelector('.nsewdrag');
  const points = plot._fullData.filter(trace => Array.isArray(trace.hovertext))
    .flatMap(trace => Object.keys(trace.hovertext).slice(0, most).map(i => [trace, i]));
  for (const [trace, i] of points.slice(0, most)) {
    const box = drag.getBoundingClientRect();
    const x = box.x + xaxis.c2p(trace.type === 'bar' ? trace.x[i] / 2 : trace.x[i]), y = box.y + yaxis.c2p(trace.y[i]);
    drag.dispatchEvent(new MouseEvent('mousemove', {clientX: x, clientY: y, bubbles: true}));
    await new Promise(done => setTimeout(done, 150));
    const line = plot.querySelector('.hoverlayer text tspan.line');
    if (!line || line.children.length) throw new Error('no line of plain text hovers over ' + trace.hovertext[i]);
    lines.push(line.textContent);
  }
  return lines;
}"""


def download(visitor: Visitor, label: str, tmp_path: Path) -> Path:
    """Presses a button and keeps the file that comes."""
    button = visitor.sees(visitor.page.get_by_role("button", name=label))
    with visitor.page.expect_download() as waiting:
        button.click()
    path = tmp_path / f"got-{waiting.value.suggested_filename}"
    waiting.value.save_as(path)
    return path


def spreadsheet(path: Path) -> list[list[str]]:
    """The cells of a file of comma-separated values."""
    return list(csv.reader(io.StringIO(path.read_bytes().decode("utf-8-sig"))))
