"""What features are: the backbone's own, in the order of the photos, whatever the batches; and what stops them."""

import dataclasses
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from core.data.dataset import Dataset
from core.data.images.decode import open_rgb
from core.data.ingest import ingest
from core.errors import BackboneError, FeatureError, WeightsUnavailable
from core.features.extract import extract
from core.progress import Progress
from tests.fakes import TINY, TinyBackbone, install, random_weights, tiny_info
from tests.steps import works

ZipBuilder = Callable[..., Path]


def test_features_are_the_backbones_own_in_the_order_of_the_items(tiny: TinyBackbone, dataset: Dataset) -> None:
    features = extract(dataset, TINY, batch_size=7)

    means = [np.asarray(open_rgb(dataset.path(item)).resize((16, 16), 2)).mean((0, 1)) / 255 for item in dataset.items]
    np.testing.assert_allclose(features.X, means, atol=1e-3)
    assert features.X.dtype == np.float32
    assert features.y.dtype == np.int64
    assert features.y.tolist() == [item.label for item in dataset.items]
    assert features.ids == tuple(item.sha256 for item in dataset.items)
    assert features.split.tolist() == [item.split for item in dataset.items]
    assert (features.classes, features.backbone, features.from_store) == (("cat", "dog"), TINY, 0)
    assert (features.dataset_id, features.fingerprint) == (dataset.id, dataset.fingerprint)
    assert features.images_per_s > 0
    train = features.of("train")
    assert len(train.ids) == len(dataset.split("train"))
    assert set(train.split) == {"train"}
    np.testing.assert_array_equal(train.X, features.X[features.split == "train"])


def test_copies_of_a_photo_are_extracted_once(tiny: TinyBackbone, dataset: Dataset) -> None:
    twice = dataclasses.replace(dataset, items=dataset.items + dataset.items[:5])
    steps: list[Progress] = []
    features = extract(twice, TINY, report=steps.append)
    assert steps[-1].total == 40
    assert features.X.shape == (45, 3)
    np.testing.assert_array_equal(features.X[40:], features.X[:5])


def test_progress_counts_images(tiny: TinyBackbone, dataset: Dataset) -> None:
    steps: list[Progress] = []
    extract(dataset, TINY, report=steps.append, batch_size=16)
    assert works(steps) == [f"extract/{TINY}"]
    assert [step.done for step in steps if step.total] == [0, 16, 32, 40, 40]
    assert {step.total for step in steps} == {0, 40}
    assert {step.stage for step in steps} == {TINY}
    assert "32 of 40 photos" in next(step for step in steps if step.done == 32).message


def test_an_image_that_cannot_be_read_is_named(tiny: TinyBackbone, dataset: Dataset) -> None:
    dataset.path(dataset.items[3]).unlink()  # other tests' homes hold links to it
    dataset.path(dataset.items[3]).write_bytes(b"not an image")
    with pytest.raises(FeatureError, match=dataset.items[3].name):
        extract(dataset, TINY)
    dataset.path(dataset.items[3]).unlink()
    with pytest.raises(FeatureError, match=dataset.items[3].name):
        extract(dataset, TINY)


def test_values_that_are_no_numbers_are_refused(
    monkeypatch: pytest.MonkeyPatch, tiny: TinyBackbone, dataset: Dataset
) -> None:
    with torch.no_grad():
        tiny.trunk.colour.weight.fill_(float("nan"))
    with pytest.raises(FeatureError, match="no numbers"):
        extract(dataset, TINY)


def test_an_unknown_backbone_and_one_without_weights(
    dataset: Dataset, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("TORCH_HOME", str(tmp_path))
    monkeypatch.setenv("GRAFT_WEIGHTS_URL", "file:///nowhere")
    with pytest.raises(BackboneError, match="no backbone 'resnet'"):
        extract(dataset, "resnet")
    with pytest.raises(WeightsUnavailable, match="resnet18-f37072fd"):
        extract(dataset, "resnet18")


def test_a_download_is_reported_in_words_and_data(
    dataset: Dataset, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    name = "shufflenet_v2_x0_5"
    random_weights(monkeypatch, name, tmp_path / "mirror")
    monkeypatch.setenv("TORCH_HOME", str(tmp_path / "torch"))
    monkeypatch.setenv("GRAFT_WEIGHTS_URL", (tmp_path / "mirror").as_uri())
    steps: list[Progress] = []
    small = dataclasses.replace(dataset, items=dataset.items[:3])
    features = extract(small, name, report=steps.append)
    assert features.X.shape == (3, 1024)
    assert steps[-1].total == 3
    downloads = [step.data for step in steps if "bytes" in step.data]
    assert downloads[-1]["bytes"] == downloads[-1]["bytes_total"] > 1e6


@pytest.mark.parametrize("name", ["graft_residual", "shufflenet_v2_x0_5"])
def test_a_batch_of_one_equals_a_batch_of_eight(
    name: str, dataset: Dataset, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("TORCH_HOME", str(tmp_path))
    random_weights(monkeypatch, "shufflenet_v2_x0_5", tmp_path / "hub" / "checkpoints")
    part = dataclasses.replace(dataset, items=dataset.items[:8])
    eight = extract(part, name, batch_size=8)
    monkeypatch.setenv("GRAFT_HOME", str(tmp_path / "other_home"))
    singly = extract(part, name, batch_size=1)
    assert singly.from_store == 0
    difference = np.linalg.norm(singly.X - eight.X, axis=1) / np.linalg.norm(eight.X, axis=1)
    assert difference.max() < 1e-4


def test_the_photo_of_a_phone_held_upright_is_seen_upright(
    small_zip: ZipBuilder, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    upright = Image.new("RGB", (40, 40), (255, 0, 0))
    upright.paste((0, 0, 255), (0, 20, 40, 40))
    entries = {}
    for name, image, orientation in (("a", upright, 1), ("b", upright.transpose(Image.Transpose.ROTATE_90), 6)):
        exif = Image.Exif()
        exif[0x0112] = orientation
        file = tmp_path / f"{name}.png"
        image.save(file, exif=exif)
        entries[f"cat/{name}.png"] = file.read_bytes()
    features = extract(ingest(small_zip(extra=entries)), "pixels_16")
    rows = features.X[[i for i, item in enumerate(ingest(tmp_path / "photos.zip").items) if item.name in entries]]
    assert len(rows) == 2
    np.testing.assert_allclose(rows[0], rows[1], atol=1e-6)


def test_larger_inputs_take_smaller_batches(dataset: Dataset, monkeypatch: pytest.MonkeyPatch) -> None:
    large = TinyBackbone(tiny_info("large", input_px=448))
    install(monkeypatch, large)
    steps: list[Progress] = []
    extract(dataset, "large", batch_size=32, report=steps.append)
    assert 8 in {step.done for step in steps}


def test_groups_are_kept_and_copies_are_a_group_where_none_are_known(tiny: TinyBackbone, dataset: Dataset) -> None:
    features = extract(dataset, "tiny")
    assert features.groups.tolist() == [item.group_id for item in dataset.items]
    assert features.of("val").groups.tolist() == [item.group_id for item in dataset.split("val")]
    items = tuple(dataclasses.replace(item, group_id=-1) for item in (*dataset.items, dataset.items[0]))
    old = extract(dataclasses.replace(dataset, items=items), "tiny")
    assert old.groups.tolist() == [*range(len(dataset.items)), 0]
