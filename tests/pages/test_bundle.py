"""A bundle from elsewhere on the Predict page: what it says about itself, and that it stays."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from core.backbones.spec import Preprocessing
from core.bundle.archive import write
from core.bundle.manifest import Manifest
from core.runs import MODEL
from core.scores import KeptEpoch, SplitScore
from pages.ui.text import unbroken
from tests.pages.conftest import Open, button, texts


@pytest.fixture
def pets(tmp_path: Path) -> Path:
    """A bundle of a probe that tells cats from dogs, whose weights nobody asks for."""
    (tmp_path / "model").write_bytes(b"weights")
    score = SplitScore(n=8, accuracy=0.75, accuracy_ci=(0.4, 0.93), macro_f1=0.7, macro_f1_ci=(0.4, 0.9))
    manifest = Manifest(
        kind="probe", backbone="resnet18", weights="", architecture="", feature_dim=512, classes=("cat", "dog"),
        preprocessing=Preprocessing(resize_px=232, crop_px=224), metrics={"val": score}, kept=KeptEpoch(), config={},
        seed=0, dataset="pets", fingerprint="", versions={}, created="2026-01-02T03:04:05+00:00", sha256="0" * 64,
        n_bytes=7, tensors={"head.weight": ("F32", (2, 512)), "head.bias": ("F32", (2,))},
    )  # fmt: skip
    write(tmp_path / "pets.zip", json.dumps(manifest.to_json()).encode(), b"card", {MODEL: tmp_path / "model"})
    return tmp_path / "pets.zip"


def held(app: AppTest, path: Path) -> AppTest:
    """The page of a session that has brought this bundle."""
    app.session_state["fact-bundle"] = (path.name, str(path))
    return app.run()


def test_a_bundle_says_what_it_is_how_good_and_what_it_tells_apart(visit: Open, pets: Path) -> None:
    app = held(visit("predict"), pets)
    assert not app.exception
    assert "A probe on resnet18, made from the photos 'pets' on 2026" in texts(app)
    assert unbroken("Accuracy on its 8 validation photos: 75.0 % (95 % interval 40.0–93.0 %).") in texts(app)
    assert "It knows 2 classes: cat, dog." in texts(app)


def test_another_bundle_can_be_taken(visit: Open, pets: Path) -> None:
    app = held(visit("predict"), pets)
    button(app, "Take another bundle").click().run()
    assert app.file_uploader[0].label == "A bundle that Graft has exported (zip)"


def test_what_is_no_bundle_is_refused(visit: Open, tmp_path: Path) -> None:
    (tmp_path / "b.zip").write_bytes(b"hello")
    app = held(visit("predict"), tmp_path / "b.zip")
    assert app.error
