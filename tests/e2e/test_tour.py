"""The tour in a real browser: taken, left, and taken once more from the sidebar when there are photos."""

from __future__ import annotations

from tests.e2e.visitor import Visitor

TOUR = "A sample, all the way"


def test_the_tour_shows_one_bar_and_can_be_taken_again(visitor: Visitor):
    visitor.go()
    visitor.press("Try a sample")
    visitor.sees(visitor.page.get_by_text("Step 1 of 4"))
    assert visitor.page.get_by_test_id("stMain").get_by_role("progressbar").count() == 1
    assert visitor.page.get_by_role("button", name="Cancel").count() == 1
    visitor.sees(visitor.page.get_by_text("Step 2 of 4"))
    assert visitor.page.get_by_role("heading", name="2. Compare backbones").is_visible()
    visitor.press("Cancel")
    visitor.sees(visitor.page.get_by_text("This was cancelled", exact=False).first)
    visitor.press("Leave the tour: back to")
    visitor.sees(visitor.page.get_by_role("heading", level=1, name="Textures"))
    visitor.press("Take the tour")
    visitor.sees(visitor.page.get_by_role("heading", level=1, name=TOUR))
    visitor.press("Start the tour")
    visitor.sees(visitor.page.get_by_text("Step 2 of 4"))
    visitor.press("Cancel")
    visitor.sees(visitor.page.get_by_text("This was cancelled", exact=False).first)
