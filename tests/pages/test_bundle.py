"""A bundle from elsewhere on the Predict page: what it says about itself, and that it stays."""

from __future__ import annotations

from pathlib import Path

from pages.ui.text import unbroken
from tests.pages.conftest import Open, button, held, texts


def test_a_bundle_says_what_it_is_how_good_and_what_it_tells_apart(visit: Open, pets: Path) -> None:
    app = held(visit("predict"), pets)
    assert not app.exception
    assert "A probe on resnet18, made from the photos 'pets' on 2026" in texts(app)
    assert unbroken("Accuracy on its 8 validation photos: 75.0 % (95 % interval 40.0 to 93.0 %).") in texts(app)
    assert "It knows 2 classes: cat, dog." in texts(app)


def test_another_bundle_can_be_taken(visit: Open, pets: Path) -> None:
    app = held(visit("predict"), pets)
    button(app, "Take another bundle").click().run()
    assert app.file_uploader[0].label == "A bundle that Graft has exported (zip)"


def test_what_is_no_bundle_is_refused(visit: Open, tmp_path: Path) -> None:
    (tmp_path / "b.zip").write_bytes(b"hello")
    app = held(visit("predict"), tmp_path / "b.zip")
    assert app.error
