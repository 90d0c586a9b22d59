"""Photos of more than 8 bits in a dataset: one scale for all of them, which features, runs and bundles remember."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from core.backbones.preprocess import preprocess
from core.bundle.archive import read_manifest
from core.data.dataset import Dataset
from core.data.images.decode import open_rgb
from core.data.images.levels import Levels
from core.data.ingest import ingest
from core.data.library import open_dataset
from core.data.pack import pack
from core.data.regroup import regroup
from core.evaluation.predictions import Predictions
from core.features.extract import extract
from core.models.export import export
from core.models.load import classifier_of
from core.paths import read_json, write_json
from core.probing.crossval.save import save_probe_run
from core.probing.probes.probe import ProbeConfig, fit_probe
from core.training.config import FinetuneConfig
from core.training.finetune import finetune
from tests.conftest import photo_bytes
from tests.fakes import TINY, install_tiny

PIXELS = "pixels_16"


def shot(top: int, seed: int, size_px: int = 40) -> bytes:
    """A photo of 16 bits whose brightest hundredth is `top`."""
    values = np.random.default_rng(seed).integers(0, 600, (size_px, size_px)).astype(np.uint16)
    values[seed % 7 :: 9, ::3] = top
    out = io.BytesIO()
    Image.fromarray(values).save(out, "PNG")
    return out.getvalue()


def series(path: Path, tops: dict[str, int], per_class: int = 8, extra: dict[str, bytes] | None = None) -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        for k, (label, top) in enumerate(tops.items()):
            for i in range(per_class):
                archive.writestr(f"{label}/{i}.png", shot(top, 100 * k + i))
        for name, content in (extra or {}).items():
            archive.writestr(name, content)
    return path


@pytest.fixture
def dataset(tmp_path: Path) -> Dataset:
    return ingest(series(tmp_path / "a.zip", {"dim": 4000, "lit": 4200}))


def brightest(dataset: Dataset, label: str) -> set[int]:
    """The greatest grey value of each photo of a class, as a network sees it."""
    items = [item for item in dataset.items if dataset.classes[item.label] == label]
    images = [open_rgb(dataset.path(item), levels=dataset.levels) for item in items]
    return {int(np.asarray(image).max()) for image in images}


def test_all_photos_are_scaled_alike(dataset: Dataset) -> None:
    assert dataset.levels == Levels(whole=(0, 8191))
    assert {item.deep for item in dataset.items} == {"whole"}
    assert (brightest(dataset, "dim"), brightest(dataset, "lit")) == ({125}, {131})
    assert open_dataset("default", dataset.id) == dataset


def test_their_thumbnails_are_scaled_so_too(dataset: Dataset) -> None:
    for item in dataset.items:
        with Image.open(dataset.thumbnail(item)) as small:
            assert 100 < np.asarray(small).max() < 160  # the dim ones by themselves would reach 249


def test_photos_of_8_bits_are_left_alone(tmp_path: Path) -> None:
    extra = {f"lit/plain{i}.png": photo_bytes((200, 60, 50), i) for i in range(3)}
    mixed = ingest(series(tmp_path / "a.zip", {"dim": 4000, "lit": 4200}, extra=extra))
    plain = [item for item in mixed.items if not item.deep]
    assert len(plain) == 3
    assert all(mixed.view_id(item) == item.sha256 for item in plain)
    assert all(mixed.view_id(item) != item.sha256 for item in mixed.items if item.deep)
    extra |= {f"dim/{i}.png": photo_bytes((1, 2, 3), 9 + i) for i in range(3)}
    only = ingest(series(tmp_path / "b.zip", {}, extra=extra))
    assert only.levels is None
    assert read_json(only.root / "dataset.json")["levels"] is None


def test_more_photos_of_the_same_camera_are_all_that_is_computed(
    tmp_path: Path, dataset: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    install_tiny(monkeypatch)
    first = extract(dataset, TINY)
    assert (first.from_store, first.levels) == (0, dataset.levels)
    more = {f"lit/more{i}.png": shot(5000, 900 + i) for i in range(10)}
    grown = ingest(series(tmp_path / "b.zip", {"dim": 4000, "lit": 4200}, extra=more))
    assert grown.levels == dataset.levels
    assert extract(grown, TINY).from_store == len(dataset.items)
    brighter = ingest(series(tmp_path / "c.zip", {"dim": 4000, "lit": 4200}, extra={"lit/x.png": shot(9000, 950)}))
    assert brighter.levels == Levels(whole=(0, 16383))
    anew = extract(brighter, TINY)
    assert anew.from_store == 0
    same = [anew.ids.index(id_) for id_ in first.ids]
    np.testing.assert_allclose(anew.X[same], first.X / 2, atol=0.01)


def test_a_single_photo_is_predicted_at_the_scale_of_the_photos_that_the_model_learned_from(
    dataset: Dataset, tmp_path: Path
) -> None:
    features, config = extract(dataset, PIXELS), ProbeConfig()
    probe = save_probe_run(features, config, fit_probe(features, config), None, tmp_path / "probe")
    tuned = finetune(dataset, FinetuneConfig(backbone="graft_plain", mode="last", epochs=1), tmp_path / "tuned")
    assert probe.preprocessing.levels == dataset.levels
    assert tuned.preprocessing.levels == dataset.levels
    bundle = export(probe, tmp_path / "probe.zip")
    assert read_manifest(bundle).preprocessing.levels == dataset.levels
    photo = tmp_path / "new.png"
    photo.write_bytes(shot(4000, 7000))
    for model in (bundle, probe, tuned):
        seen = classifier_of(model).input_of(photo)
        assert torch.equal(seen, preprocess(open_rgb(photo, levels=dataset.levels), classifier_of(model).preprocessing))
    proba = classifier_of(bundle).predict([dataset.path(item) for item in dataset.split("val")])
    np.testing.assert_allclose(proba, Predictions.load(probe.predictions_path("val")).proba, atol=1e-4)


def test_a_dataset_of_an_earlier_graft_is_read_and_scaled_photo_by_photo(dataset: Dataset) -> None:
    manifest = dataset.root / "dataset.json"
    facts = read_json(manifest)
    del facts["levels"]
    write_json(manifest, facts)
    old = open_dataset("default", dataset.id)
    assert old.levels is None
    assert (brightest(old, "dim"), brightest(old, "lit")) == ({249}, {16})
    assert all(old.view_id(item) == item.sha256 for item in old.items)


def test_groups_and_a_pack_leave_the_scale_as_it_is(dataset: Dataset, tmp_path: Path) -> None:
    assert regroup("default", dataset, "*/{group}.png").levels == dataset.levels
    again = ingest(pack(dataset, tmp_path / "out.zip"))
    assert again.levels == dataset.levels
    assert {item.sha256 for item in again.items} == {item.sha256 for item in dataset.items}


@pytest.mark.processes
def test_decoding_processes_are_told_the_scale(tmp_path: Path) -> None:
    made = ingest(series(tmp_path / "a.zip", {"dim": 4000, "lit": 4200}, per_class=3))
    assert made.levels == Levels(whole=(0, 8191))
    with Image.open(made.thumbnail(made.items[0])) as small:
        assert np.asarray(small).max() < 160
