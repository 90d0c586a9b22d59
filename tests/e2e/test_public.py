"""Graft for strangers: in a real browser, each visitor has an own workspace and is shown nobody else's."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Browser

from tests.e2e.server import SMALL, App, start_app, stop_app
from tests.e2e.visitor import Visitor


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[App]:
    """Graft as it runs on a public server."""
    started = start_app(tmp_path_factory.mktemp("home"), GRAFT_PUBLIC="1", **SMALL)
    yield started
    stop_app(started)


def workspace(visitor: Visitor) -> str:
    """The workspace in the address bar."""
    return parse_qs(urlsplit(visitor.page.url).query)["w"][0]


def test_visitors_do_not_meet(visitor: Visitor, browser: Browser, photos: Path, app: App):
    visitor.go()
    assert visitor.page.get_by_text("A folder on this machine").count() == 0
    visitor.upload(photos)
    visitor.sees(visitor.page.get_by_role("heading", name="insects"))
    mine = workspace(visitor)

    context = browser.new_context()
    stranger = Visitor(context.new_page(), app)
    stranger.go()
    stranger.sees(stranger.page.get_by_role("button", name="Try a sample"))
    assert workspace(stranger) != mine
    assert stranger.page.get_by_text("insects").count() == 0
    stranger.visit("Runs")
    assert stranger.page.get_by_text("insects").count() == 0
    context.close()

    visitor.reload()
    visitor.sees(visitor.page.get_by_role("heading", name="insects"))
    assert workspace(visitor) == mine
