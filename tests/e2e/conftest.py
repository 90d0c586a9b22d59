"""A running Graft and a real browser that looks at it: Debian's chromium, driven by Playwright."""

from __future__ import annotations

import os
import shutil
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from core.data.images.decoding import decoding_with
from tests.conftest import photo_bytes
from tests.decoders import InProcessDecoders
from tests.e2e.server import ROOT, SMALL, App, start_app, stop_app
from tests.e2e.visitor import Visitor
from tests.e2e.watching import Watch

PAGES = ("Data", "Compare", "Fine-tune", "Evaluate", "Predict & export", "Runs")
_FLAGS = ("no-sandbox disable-gpu disable-quic no-first-run disable-background-networking disable-component-update "
          "disable-sync")  # fmt: skip


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Everything in this folder drives a browser, and has more time than other tests."""
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.e2e)
            item.add_marker(pytest.mark.slow)
            item.add_marker(pytest.mark.timeout(1500))


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Chromium. Without it these tests are skipped; on a CI machine, which must have it, they fail.

    The same browser without a window of its own comes first: to make and draw that window, whose buttons are web pages
    too, takes a third of the time of a short visit.
    """
    chromium = os.environ.get("CHROMIUM") or shutil.which("chromium-headless-shell") or shutil.which("chromium")
    if not chromium:
        reason = "no chromium on this machine: install Debian's chromium-headless-shell, or name a browser in CHROMIUM"
        if os.environ.get("CI") == "true":
            pytest.fail(reason)
        pytest.skip(reason)
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=chromium, args=[f"--{flag}" for flag in _FLAGS.split()])
        yield started
        started.close()


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A page of a browser without a network, in which nothing goes wrong."""
    context = browser.new_context(offline=True)
    page, problems = context.new_page(), list[str]()
    page.on("console", lambda message: problems.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda problem: problems.append(str(problem)))
    yield page
    context.close()
    assert problems == []


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty home, shared by the tests of a module."""
    return tmp_path_factory.mktemp("home")


@contextmanager
def at_home(home: Path) -> Iterator[None]:
    """What is made in this block, by the test's own process alone, is kept in a home."""
    with pytest.MonkeyPatch.context() as patch, decoding_with(InProcessDecoders):
        patch.setenv("GRAFT_HOME", str(home))
        yield


@pytest.fixture(scope="module")
def app(home: Path) -> Iterator[App]:
    """Graft at home, shared by the tests of a module."""
    started = start_app(home, **SMALL)
    yield started
    stop_app(started)


@pytest.fixture
def visitor(browser: Browser, app: App) -> Iterator[Visitor]:
    """A person with a fresh browser; at the end nothing may be broken."""
    context = browser.new_context(  # what moves for show costs a fifth of the browser's time
        viewport={"width": 1280, "height": 900}, accept_downloads=True, reduced_motion="reduce"
    )
    person = Visitor(context.new_page(), app)
    yield person
    context.close()
    broken = [*person.errors, *app.complaints()]
    assert not broken, broken


@pytest.fixture
def watch(visitor: Visitor) -> Iterator[Watch]:
    """A watch over the visitor's page; in the end nothing has happened."""
    watching = Watch(visitor.page, visitor.app.url)
    yield watching
    watching.finds_nothing()


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
