"""A photo shown large in a real browser, with those before and behind it."""

from __future__ import annotations

from pathlib import Path

from playwright.sync_api import expect

from tests.e2e.visitor import Visitor, frame_of


def test_a_photo_is_shown_large_and_keys_lead_to_the_next_and_back(visitor: Visitor, photos: Path):
    page = visitor.page
    visitor.bring(photos)

    second = page.get_by_role("button", name="Enlarge").nth(1)
    second.scroll_into_view_if_needed()
    small = page.get_by_test_id("stImage").nth(1)
    second.click()
    large = page.get_by_role("dialog").get_by_role("img").first
    expect(page.get_by_role("dialog").get_by_text("2 of 48")).to_be_visible()
    expect(large).to_be_visible()
    natural = large.evaluate("image => image.naturalWidth")
    assert min(natural, 300) <= frame_of(large)["width"]
    assert frame_of(small)["width"] < 140

    name = large.get_attribute("alt")
    page.keyboard.press("ArrowRight")
    expect(page.get_by_role("dialog").get_by_text("3 of 48")).to_be_visible()
    page.get_by_role("dialog").get_by_role("button", name="Previous").click()
    expect(page.get_by_role("dialog").get_by_text("2 of 48")).to_be_visible()
    expect(large).to_have_attribute("alt", str(name))
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)
