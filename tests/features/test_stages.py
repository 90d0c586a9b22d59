import dataclasses
from collections.abc import Callable

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from core.backbones.backbone import Backbone
from core.backbones.encode import encode
from core.backbones.load import load
from core.backbones.networks.trunks import torchvision_trunk
from core.backbones.preprocess import preprocess
from core.data.dataset import Dataset
from core.data.images.decode import open_rgb
from core.errors import BackboneError, Cancelled
from core.features.extract import extract
from core.features.stages import Stages, pooled, stage_features
from core.progress import Progress
from tests.fakes import install, install_tiny, tiny_info

EMBEDDED = "graft_plain"


@pytest.fixture
def dataset(small_dataset: Callable[..., Dataset]) -> Dataset:
    return small_dataset(per_class=6, size_px=40)


def test_stages_are_those_of_a_network_that_is_run_by_hand(dataset: Dataset) -> None:
    by_stage = stage_features(dataset, EMBEDDED)
    backbone = load(EMBEDDED)
    maps = torch.stack([preprocess(open_rgb(dataset.path(i)), backbone.info.preprocessing) for i in dataset.items])
    assert tuple(by_stage) == backbone.info.stages
    with torch.inference_mode():
        for name, (module,) in backbone.stages:
            maps = module(maps)
            expected = maps.mean((2, 3)).numpy()
            np.testing.assert_allclose(by_stage[name].X, expected, rtol=1e-3, atol=1e-4)


def test_the_last_stage_is_what_extract_gives_and_all_are_of_the_same_images(dataset: Dataset) -> None:
    by_stage = stage_features(dataset, EMBEDDED)
    features_of_backbone = extract(dataset, EMBEDDED)
    last = list(by_stage.values())[-1]
    np.testing.assert_allclose(last.X, features_of_backbone.X, rtol=1e-3, atol=1e-4)
    for features in by_stage.values():
        assert features.ids == features_of_backbone.ids
        np.testing.assert_array_equal(features.y, features_of_backbone.y)
        np.testing.assert_array_equal(features.groups, features_of_backbone.groups)
        np.testing.assert_array_equal(features.split, features_of_backbone.split)


def test_a_second_call_computes_nothing_and_does_not_load_the_backbone(
    dataset: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    tiny = install_tiny(monkeypatch)
    first = stage_features(dataset, "tiny")
    assert [features.X.shape for features in first.values()] == [(12, 3), (12, 3)]
    assert {features.from_store for features in first.values()} == {0}
    built = install(monkeypatch, tiny)
    second = stage_features(dataset, "tiny")
    assert built == []
    assert {features.from_store for features in second.values()} == {12}
    for name, features in first.items():
        np.testing.assert_array_equal(second[name].X, features.X)


def test_a_part_of_the_images_serves_the_whole(dataset: Dataset) -> None:
    part = dataclasses.replace(dataset, items=dataset.items[:5])
    stage_features(part, EMBEDDED)
    assert {features.from_store for features in stage_features(dataset, EMBEDDED).values()} == {5}


def test_features_and_stages_are_kept_apart(dataset: Dataset) -> None:
    features_of_backbone = extract(dataset, EMBEDDED)
    stage_features(dataset, EMBEDDED)
    np.testing.assert_array_equal(extract(dataset, EMBEDDED).X, features_of_backbone.X)


def test_nothing_stays_hung_into_the_backbone(dataset: Dataset) -> None:
    stage_features(dataset, EMBEDDED)
    assert not [m for m in load(EMBEDDED).modules() if m._forward_hooks]


def test_when_it_is_stopped_the_backbone_is_left_alone_and_what_was_done_is_kept(dataset: Dataset) -> None:
    def stop(step: Progress) -> None:
        if step.done >= 4:
            raise Cancelled

    with pytest.raises(Cancelled):
        stage_features(dataset, EMBEDDED, report=stop, batch_size=4)
    assert not [m for m in load(EMBEDDED).modules() if m._forward_hooks]
    steps: list[Progress] = []
    second = stage_features(dataset, EMBEDDED, report=steps.append)
    assert next(iter(second.values())).from_store >= 4
    assert steps[-1].done == steps[-1].total == 12 - next(iter(second.values())).from_store


def test_raw_pixels_have_no_stages(dataset: Dataset) -> None:
    with pytest.raises(BackboneError, match="has no stages"):
        stage_features(dataset, "pixels_16")


def test_a_batch_of_one_is_like_a_batch_of_many(dataset: Dataset, monkeypatch: pytest.MonkeyPatch) -> None:
    many = stage_features(dataset, EMBEDDED)
    monkeypatch.setenv("GRAFT_HOME", str(dataset.root / "elsewhere"))
    for name, features in stage_features(dataset, EMBEDDED, batch_size=1).items():
        np.testing.assert_allclose(features.X, many[name].X, rtol=1e-3, atol=1e-4)


@pytest.mark.parametrize(
    ("shape", "over"),
    [((2, 6, 4, 4), (2, 3)), ((2, 4, 4, 6), (1, 2)), ((2, 5, 6), (1,)), ((2, 4, 4, 4), (2, 3)), ((2, 6), ())],
)
def test_the_mean_is_over_places(shape: tuple[int, ...], over: tuple[int, ...]) -> None:
    output = torch.randn(shape)
    torch.testing.assert_close(pooled(output), output.mean(over) if over else output)


@pytest.mark.parametrize(
    ("name", "widths"),
    [
        ("resnet18", [64, 64, 128, 256, 512]),
        pytest.param("vit_b_32", [768, 768, 768, 768], marks=pytest.mark.slow),
        ("swin_t", [96, 192, 384, 768]),
        pytest.param("densenet121", None, marks=pytest.mark.slow),
        pytest.param("convnext_tiny", [96, 192, 384, 768], marks=pytest.mark.slow),
    ],
)
def test_families_of_the_zoo(name: str, widths: list[int] | None) -> None:
    side = 224 if name.startswith("vit") else 64
    torch.manual_seed(0)
    trunk = torchvision_trunk(name, input_px=side)
    backbone = Backbone(dataclasses.replace(tiny_info(name)), trunk, trunk.stages).eval()
    images = torch.randn(1, 3, side, side)
    last = encode(backbone, images)
    stages = Stages(backbone)
    handles = stages.watch()
    measured = stages.widths(side)
    assert widths is None or measured == widths
    all_stages = encode(stages, images)
    assert all_stages.shape == (1, sum(measured))
    np.testing.assert_array_equal(all_stages[:, -measured[-1] :], last)
    for handle in handles:
        handle.remove()


def test_a_stage_of_a_residual_network_is_the_mean_of_its_maps() -> None:
    torch.manual_seed(0)
    trunk = torchvision_trunk("resnet18")
    backbone = Backbone(tiny_info("resnet18"), trunk, trunk.stages).eval()
    stages = Stages(backbone)
    stages.watch()
    images = torch.randn(2, 3, 64, 64)
    all_stages = encode(stages, images)
    with torch.inference_mode():
        model: nn.Module = trunk.model
        x: Tensor = model.relu(model.bn1(model.conv1(images)))
        stem = x.mean((2, 3))
        third = model.layer2(model.layer1(model.maxpool(x))).mean((2, 3))
    np.testing.assert_allclose(all_stages[:, :64], stem.numpy(), rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(all_stages[:, 128:256], third.numpy(), rtol=1e-5, atol=1e-6)


def test_a_damaged_note_of_the_widths_is_made_anew(dataset: Dataset) -> None:
    before = stage_features(dataset, EMBEDDED)
    from core import paths

    (file,) = paths.features().glob("*/widths.json")
    file.write_text("[1, 2")
    second = stage_features(dataset, EMBEDDED)
    assert {name: features.X.shape for name, features in second.items()} == {
        name: features.X.shape for name, features in before.items()
    }
    assert {features.from_store for features in second.values()} == {12}
