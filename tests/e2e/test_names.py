"""Names come from users: a real browser shows them as they are, and runs nothing that is in them."""

from __future__ import annotations

from tests.conftest import ZipBuilder
from tests.e2e.conftest import Visitor
from views.ui.text import shortened


def test_class_names_are_shown_as_they_are(visitor: Visitor, small_zip: ZipBuilder):
    names = ("<img src=x onerror=alert(1)>", "10", "<b>R&D $x$ $y$", "*cat* [dog](x)")
    asked: list[str] = []
    visitor.page.on("dialog", lambda dialog: asked.append(dialog.message) or dialog.dismiss())
    visitor.go()
    visitor.upload(small_zip(name="names.zip", classes=names, per_class=8))
    visitor.sees(visitor.page.get_by_role("heading", name="names"))
    ticks = visitor.chart("counts").locator(".ytick text").all_text_contents()
    assert sorted(ticks) == sorted(shortened(name, 22) for name in names)
    for name in names:
        visitor.sees(visitor.page.get_by_text(f"{name} · ", exact=False))
    assert not asked
