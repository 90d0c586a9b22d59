"""The first minutes of a newcomer in a real browser: the pages before there is anything, and the sample all the way."""

from __future__ import annotations

from tests.e2e.conftest import PAGES
from tests.e2e.visitor import Visitor


def test_a_newcomer_finds_every_page_in_order_before_there_is_anything(visitor: Visitor):
    visitor.go()
    visitor.sees(visitor.page.get_by_role("button", name="Try a sample"))
    for title in PAGES:
        visitor.visit(title)


def test_one_button_takes_the_sample_all_the_way(visitor: Visitor):
    visitor.go()
    visitor.press("Try a sample")
    visitor.sees(visitor.page.get_by_role("heading", level=1, name="A sample, all the way"))
    visitor.chart("tour-confusion")
    visitor.unfold("2. Compare backbones")
    visitor.chart("tour-compare")
    visitor.settle()
    assert visitor.page.get_by_text("validation photos are right").count() == 1
