"""A model on backbones side by side: its bundle, what it does with photos that cannot be read, and bent ones."""

from __future__ import annotations

import json
import zipfile

import numpy as np
import pytest

from core.bundle.archive import read_card, read_manifest
from core.errors import BundleError
from core.models.export import export
from core.models.load import classifier_of
from tests.models.conftest import EMBEDDED, PAIR


@pytest.fixture(scope="module")
def bundle(runs, tmp_path_factory):
    return export(runs["pair"], tmp_path_factory.mktemp("bundles") / "pair.zip")


def test_a_bundle_holds_both_networks_and_how_each_sees(bundle):
    manifest = read_manifest(bundle)
    assert manifest.backbone == PAIR
    assert [view.crop_px for view in manifest.preprocessing.views] == [96, 128]
    assert {name.split(".")[2] for name in manifest.tensors if name.startswith("backbone.")} == {"0", "1"}
    card = read_card(bundle)
    assert "It sees 96 × 96 and 128 × 128 pixels, cut from the middle" in card
    assert [line.split(":")[0] for line in card.split("\n") if line.startswith("- `graft")] == [
        "- `graft_plain`", f"- `{EMBEDDED}`",
    ]  # fmt: skip


def test_a_photo_that_cannot_be_read_stops_no_other(bundle, dataset, tmp_path):
    (tmp_path / "broken.png").write_bytes(b"no photo")
    photos, problems = [dataset.path(item) for item in dataset.items[:20]], {}
    classifier = classifier_of(bundle)
    whole = classifier.predict(photos)
    some = classifier.predict([photos[0], tmp_path / "broken.png", *photos[1:]], problems=problems)
    assert list(problems) == [1]
    assert np.isnan(some[1]).all()
    assert np.delete(some, 1, axis=0) == pytest.approx(whole, abs=1e-5)


@pytest.mark.parametrize(
    "bent",
    [
        {"beside": []},
        {"beside": [{"crop_px": 64, "resize_px": 64}]},
        {"beside": [{"beside": [{}]}]},
        {"beside": [{"mean": [0.5, 0.5]}]},
        {"beside": [{"std": [0.5, 0.5, "a"]}]},
        {"beside": [{"resize_px": 100_000}]},
        {"beside": {"a": 1}},
        {"beside": [1]},
        {"beside": None},
    ],
)
def test_a_bent_preprocessing_is_refused(bent, bundle, tmp_path):
    with zipfile.ZipFile(bundle) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    manifest = json.loads(parts["manifest.json"])
    how = manifest["preprocessing"]
    beside = bent["beside"]
    if isinstance(beside, list):
        beside = [{**how["beside"][0], **view} if isinstance(view, dict) else view for view in beside]
    how["beside"] = beside
    with zipfile.ZipFile(tmp_path / "bent.zip", "w") as archive:
        for name, content in {**parts, "manifest.json": json.dumps(manifest).encode()}.items():
            archive.writestr(name, content)
    with pytest.raises(BundleError, match=r"Export it again"):
        classifier_of(tmp_path / "bent.zip")


def test_one_part_is_not_taken_for_the_pair(bundle, runs, tmp_path):
    single = read_manifest(export(runs["probe"], tmp_path / "single.zip"))
    assert single.backbone == EMBEDDED
    assert single.preprocessing.beside == ()
