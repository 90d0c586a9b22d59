"""A running Graft and a real browser that looks at it: Debian's chromium, driven by Playwright."""

from __future__ import annotations

import os
import re
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Locator, Page, expect, sync_playwright

from tests.conftest import photo_bytes

ROOT = Path(__file__).resolve().parents[2]
WAIT_MS = 120_000
PAGES = ("Data", "Compare", "Fine-tune", "Evaluate", "Predict & export", "Runs")
_FLAGS = ("no-sandbox disable-gpu disable-quic no-first-run disable-background-networking disable-component-update "
          "disable-sync")  # fmt: skip


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Everything in this folder drives a browser, and has more time than other tests."""
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.e2e)
            item.add_marker(pytest.mark.slow)
            item.add_marker(pytest.mark.timeout(900))


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Chromium. Without it these tests are skipped; on a CI machine, which must have it, they fail."""
    found = os.environ.get("CHROMIUM") or shutil.which("chromium")
    if not found:
        reason = "no chromium on this machine: install Debian's package, or name a browser in CHROMIUM"
        if os.environ.get("CI") == "true":
            pytest.fail(reason)
        pytest.skip(reason)
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=found, args=[f"--{flag}" for flag in _FLAGS.split()])
        yield started
        started.close()


@dataclass(frozen=True)
class App:
    """A `streamlit run` of this repository, with a home of its own."""

    url: str
    process: subprocess.Popen[bytes]
    home: Path
    log: Path

    def tracebacks(self) -> list[str]:
        """The tracebacks the server has written."""
        return re.findall(r"Traceback \(most recent call last\):.*?(?=\n\S|\Z)", self.log.read_text(), re.DOTALL)

    def has_loaded(self, library: str) -> bool:
        """Whether a shared library whose path holds `library` is in the server's memory."""
        return library in Path(f"/proc/{self.process.pid}/maps").read_text()


def start_app(home: Path, port: int = 0, **environment: str) -> App:
    """Starts Graft as the README does, but for no browser of its own, and waits until it answers.

    Args:
        home: its GRAFT_HOME, where its log is kept too.
        port: of an earlier server that this one takes the place of; 0 for a free one.
        environment: more of the server's environment.
    """
    if not port:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
    command = [sys.executable, "-m", "streamlit", "run", "streamlit_app.py", "--server.headless", "true"]
    command += ["--server.address", "127.0.0.1", "--server.port", str(port)]
    log = home / "server.log"
    with log.open("ab") as out:
        env = {**os.environ, "GRAFT_HOME": str(home), **environment}
        process = subprocess.Popen(command, cwd=ROOT, env=env, stdout=out, stderr=subprocess.STDOUT)
    app = App(f"http://127.0.0.1:{port}", process, home, log)
    for _ in range(240):
        try:
            with urllib.request.urlopen(f"{app.url}/_stcore/health", timeout=2):
                return app
        except OSError:
            assert process.poll() is None, log.read_text()
            time.sleep(0.25)
    stop_app(app)
    raise AssertionError(f"Graft did not answer within a minute: {log.read_text()}")


def stop_app(app: App) -> None:
    """Ends the server, as a person does with Ctrl-C."""
    app.process.terminate()
    try:
        app.process.wait(30)
    except subprocess.TimeoutExpired:
        app.process.kill()
        app.process.wait()


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[App]:
    """Graft with an empty home, shared by the tests of a module."""
    started = start_app(tmp_path_factory.mktemp("home"))
    yield started
    stop_app(started)


class Visitor:
    """A person at a page of the app: does what a person does, and notices what a person would call broken."""

    def __init__(self, page: Page, app: App) -> None:
        self.page, self.app = page, app
        page.set_default_timeout(WAIT_MS)
        self.errors: list[str] = []
        page.on("pageerror", lambda error: self.errors.append(str(error)))

    def go(self, path: str = "/") -> None:
        """Opens an address of the app."""
        self.page.goto(self.app.url + path)
        self.settle()

    def reload(self) -> None:
        """Presses the browser's own reload button."""
        self.page.reload()
        self.settle()

    def visit(self, title: str) -> None:
        """Follows the navigation to the page called `title`."""
        link = self.page.get_by_test_id("stSidebarNav").get_by_role("link", name=title, exact=True)
        link.click()
        expect(link).to_have_attribute("aria-current", "page")
        self.settle()

    def settle(self) -> None:
        """Waits until the script has stopped running, and looks for exception boxes."""
        self.page.wait_for_selector("[data-testid=stApp][data-test-connection-state=CONNECTED]")
        self.page.wait_for_timeout(300)
        self.page.wait_for_selector("[data-testid=stApp][data-test-script-state=notRunning]")
        self.is_well()

    def is_well(self) -> None:
        """No exception on the page, none in the browser, none on the server."""
        boxes = self.page.get_by_test_id("stException").all_inner_texts()
        assert not boxes, boxes
        assert not self.errors
        assert not self.app.tracebacks()

    def follow(self, name: str) -> None:
        """Clicks a link on the page."""
        self.page.get_by_role("link", name=name).first.click()
        self.settle()

    def press(self, name: str, exact: bool = False) -> None:
        """Presses a button."""
        self.page.get_by_role("button", name=name, exact=exact).first.click()
        self.settle()

    def sees(self, what: str | Locator) -> Locator:
        """Waits until a text, or an element, is seen."""
        found = self.page.get_by_text(what).first if isinstance(what, str) else what.first
        expect(found).to_be_visible(timeout=WAIT_MS)
        return found

    def upload(self, *files: Path, place: int = 0) -> None:
        """Drops files on an uploader of the page."""
        self.page.locator("[data-testid=stFileUploader] input[type=file]").nth(place).set_input_files(list(files))
        self.settle()

    def chart(self, key: str) -> Locator:
        """The figure with this key, once it is drawn."""
        drawn = self.page.locator(f".st-key-{key} .js-plotly-plot .main-svg").first
        drawn.scroll_into_view_if_needed()
        expect(drawn).to_be_visible(timeout=WAIT_MS)
        return self.page.locator(f".st-key-{key}")

    def select_point(self, key: str, x: float, y: float) -> None:
        """Clicks on the point (x, y) of a figure, in the units of its axes."""
        chart = self.chart(key)
        chart.locator(".js-plotly-plot").evaluate("plot => plot.scrollIntoView({block: 'center'})")
        self.page.wait_for_timeout(500)
        left, top = chart.locator(".js-plotly-plot").evaluate(
            """(plot, [x, y]) => { const l = plot._fullLayout;
                return [l.xaxis._offset + l.xaxis.c2p(x), l.yaxis._offset + l.yaxis.c2p(y)]; }""",
            [x, y],
        )
        box = chart.locator(".js-plotly-plot").bounding_box()
        assert box is not None
        self.page.mouse.move(box["x"] + left, box["y"] + top)
        self.page.mouse.click(box["x"] + left, box["y"] + top)
        self.page.wait_for_timeout(500)
        self.settle()


@pytest.fixture
def visitor(browser: Browser, app: App) -> Iterator[Visitor]:
    """A person with a fresh browser; at the end nothing may be broken."""
    context = browser.new_context(viewport={"width": 1280, "height": 900}, accept_downloads=True)
    someone = Visitor(context.new_page(), app)
    yield someone
    context.close()
    assert not someone.errors
    assert not app.tracebacks()


@pytest.fixture(scope="module")
def photos(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small zip of photos of ants and bees with train and val; generated ones where the real ones are not there."""
    path = tmp_path_factory.mktemp("photos") / "insects.zip"
    real = ROOT.parent / "shared" / "data" / "ants_bees.zip"
    with zipfile.ZipFile(path, "w") as out:
        for entry, content in _real(real) if real.is_file() else _generated():
            out.writestr(entry, content)
    return path


def _real(archive: Path) -> Iterator[tuple[str, bytes]]:
    with zipfile.ZipFile(archive) as source:
        for folder, n in (("train/ants", 16), ("train/bees", 16), ("val/ants", 8), ("val/bees", 8)):
            names = sorted(e for e in source.namelist() if f"/{folder}/" in e and e.endswith(".jpg"))
            yield from ((f"insects/{folder}/{Path(e).name}", source.read(e)) for e in names[:n])


def _generated() -> Iterator[tuple[str, bytes]]:
    for split, n, start in (("train", 16, 0), ("val", 8, 100)):
        for label, colour in (("ants", (120, 60, 40)), ("bees", (210, 180, 60))):
            for i in range(n):
                yield f"insects/{split}/{label}/{i}.jpg", photo_bytes(colour, start + i + len(label), 96, "JPEG")
