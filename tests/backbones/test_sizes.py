"""Inputs of other sizes: which a backbone takes, what it costs, and that its network is the one it is without."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from torchvision.models.vision_transformer import interpolate_embeddings

from core.backbones.load import load
from core.backbones.networks.trunks import torchvision_trunk
from core.backbones.places import torch_folder
from core.backbones.registry import backbones, canonical, chosen, info, source
from core.backbones.sizes import in_common, is_fixed, resized, share_of_time, sizes
from core.backbones.sources.torchvision import Torchvision
from core.errors import BackboneError
from core.features.store import FeatureStore
from tests.fakes import TinyBackbone, install, random_weights, tiny_info


def test_sizes_are_multiples_of_the_stride_up_to_four_times_the_area() -> None:
    assert list(sizes(224))[:3] == [64, 96, 128]
    assert sizes(224)[-1] == 448
    assert sizes(260)[-1] == 512
    assert sizes(600)[-1] == 576
    assert list(sizes(96, step_px=16, least_px=50)) == [64, 80, 96, 112, 128, 144, 160, 176, 192]
    assert 160 not in info("vit_h_14").sizes
    assert 168 in info("vit_h_14").sizes


@pytest.mark.parametrize("name", ["graft_plain", "graft_inception", "graft_residual", "efficientnet_lite1"])
def test_networks_that_are_here_take_their_least_and_their_largest_size(name: str) -> None:
    trunk = source(name).build(info(name), None).to("meta")
    for px in (info(name).sizes[0], info(name).sizes[-1]):
        with torch.no_grad():
            assert trunk(torch.zeros(2, 3, px, px, device="meta")).shape == (2, info(name).feature_dim)


FAMILIES = {known.family: known for known in Torchvision().infos() if known.family != "maxvit"}


@pytest.mark.parametrize(
    "name",
    [
        pytest.param(known.name, marks=() if known.family in ("alexnet", "inception", "vit") else pytest.mark.slow)
        for known in FAMILIES.values()
    ],
)
def test_every_family_of_torchvision_takes_its_least_and_its_largest_size(name: str) -> None:
    known = info(name)
    for px in (known.sizes[0], known.sizes[-1]):
        trunk = torchvision_trunk(name, input_px=px, hollow=True).to("meta")
        with torch.no_grad():
            assert trunk(torch.zeros(2, 3, px, px, device="meta")).shape == (2, known.feature_dim)


def test_another_size_is_another_input_of_the_same_backbone() -> None:
    plain, small = info("resnet18"), info("resnet18@160")
    assert (small.name, small.base, small.input_px) == ("resnet18@160", "resnet18", 160)
    assert (small.preprocessing.crop_px, small.preprocessing.resize_px) == (160, 183)
    assert (small.sha256, small.stages, small.feature_dim) == (plain.sha256, plain.stages, plain.feature_dim)
    whole = info("resnet18@160@whole")
    assert whole.preprocessing == replace(small.preprocessing, framing="whole")
    assert info("resnet18@whole@160") == whole
    assert not any("@" in known.name for known in backbones())


def test_what_it_costs_grows_with_the_area_and_what_was_measured_at_the_trained_size_is_left_out() -> None:
    plain, large, lite = info("resnet18"), info("resnet18@448"), info("efficientnet_lite0@160")
    assert large.gflops == pytest.approx(4 * plain.gflops)
    assert large.network_s == pytest.approx(4 * plain.network_s)
    weights_mb = 4 * plain.params / 2**20
    assert large.memory_mb == pytest.approx(weights_mb + 4 * (plain.memory_mb - weights_mb), abs=0.1)
    assert (large.imagenet_top1, large.accuracy) == (None, {})
    assert lite.images_per_s == round(info("efficientnet_lite0").images_per_s * (224 / 160) ** 2)
    assert (lite.imagenet_top1, lite.accuracy) == (None, {})


def test_the_trained_size_is_the_backbone_itself() -> None:
    assert info("resnet18@224") == info("resnet18")
    assert info("efficientnet_lite2@260@whole") == info("efficientnet_lite2@whole")
    assert canonical("resnet18@224@centre") == "resnet18"
    assert canonical("nowhere@224") == "nowhere@224"
    assert FeatureStore(info("resnet18@224")).root == FeatureStore(info("resnet18")).root


@pytest.mark.parametrize("size", [1, 32, 161, 200, 480, 99999])
def test_sizes_that_make_no_sense_are_answered_with_those_that_do(size: int) -> None:
    with pytest.raises(BackboneError, match=r"multiple of 32 from 64 to 448, such as \d+, or the 224") as raised:
        info(f"resnet18@{size}")
    if size == 200:
        assert "such as 192" in str(raised.value)


@pytest.mark.parametrize(("name", "own"), [("pixels_16", 16), ("maxvit_t", 224)])
def test_what_has_but_one_size_says_so(name: str, own: int) -> None:
    assert info(f"{name}@{own}") == info(name)
    with pytest.raises(BackboneError, match=f"'{name}' takes no input but its own of {own} px, so not 160 px"):
        info(f"{name}@160@whole")


def test_a_size_for_all_leaves_the_floor_and_what_has_a_size_of_its_own() -> None:
    assert chosen("resnet18", "whole", 160) == "resnet18@160@whole"
    assert chosen("resnet18@96", input_px=160) == "resnet18@96"
    assert chosen("resnet18", input_px=224) == "resnet18"
    assert chosen("pixels_16", "whole", 160) == "pixels_16@whole"
    with pytest.raises(BackboneError, match="'maxvit_t'"):
        chosen("maxvit_t", input_px=160)


def test_of_backbones_side_by_side_each_has_its_size() -> None:
    assert chosen("resnet18+graft_plain", input_px=96) == "graft_plain+resnet18@96"
    pair = info("resnet18@96+graft_plain@96@whole")
    assert [part.name for part in pair.parts] == ["graft_plain@whole", "resnet18@96"]
    assert [view.crop_px for view in pair.preprocessing.views] == [96, 96]
    assert pair.network_s == info("graft_plain").network_s + info("resnet18@96").network_s
    assert 224 in in_common([info("resnet18+efficientnet_lite2")])
    assert canonical("resnet18@224+graft_plain@96") == "graft_plain+resnet18"


def test_networks_that_run_with_one_input_alone_are_known() -> None:
    assert all(is_fixed(info(name)) for name in ("pixels_16", "maxvit_t", "vit_b_16@160", "resnet18+graft_plain"))
    assert not any(is_fixed(info(name)) for name in ("resnet18@160", "swin_t", "efficientnet_lite0"))


def test_sizes_in_common_are_those_that_all_networks_take() -> None:
    names = ("efficientnet_lite0", "graft_plain", "pixels_16")
    assert in_common([info(name) for name in names]) == (64, 96, 128, 160, 192)
    assert 224 not in in_common([info("resnet18")])
    assert in_common([info("resnet18"), info("maxvit_t")]) == ()
    assert in_common([info("pixels_16")]) == in_common([]) == ()


def test_the_share_of_time_is_that_of_all_together() -> None:
    quick, slow = replace(tiny_info(input_px=100), images_per_s=400), replace(tiny_info(input_px=200), images_per_s=100)
    quick, slow = (replace(each, sizes=range(100, 401, 100)) for each in (quick, slow))
    assert share_of_time([quick], 200) == pytest.approx(4)
    assert share_of_time([slow], 100) == pytest.approx(0.25)
    assert share_of_time([quick, slow, info("pixels_16")], 200) == pytest.approx((0.01 + 0.01) / 0.0125)
    assert share_of_time([info("pixels_16")], 160) == 1


def test_features_of_other_sizes_are_kept_apart() -> None:
    names = ("resnet18", "resnet18@160", "resnet18@160@whole", "resnet18@192")
    assert len({FeatureStore(info(name)).root for name in names}) == 4


def test_sizes_share_the_weights(monkeypatch: pytest.MonkeyPatch) -> None:
    tiny = TinyBackbone(replace(tiny_info(), sizes=range(8, 33, 8)))
    built = install(monkeypatch, tiny)
    small = load("tiny@8@whole")
    assert small.info == info("tiny@8@whole")
    assert small.trunk is load("tiny").trunk is tiny.trunk
    assert built == ["tiny"]


@pytest.mark.slow
def test_a_vision_transformer_is_built_for_its_size_and_the_places_of_its_patches_are_interpolated(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("TORCH_HOME", str(tmp_path))
    known = random_weights(monkeypatch, "vit_b_32", torch_folder())
    assert known.file is not None
    state = OrderedDict(torch.load(known.file, weights_only=True))
    large = load("vit_b_32@320@whole")
    assert large.trunk is load("vit_b_32@320").trunk is not load("vit_b_32").trunk
    own = state["encoder.pos_embedding"]
    expected = interpolate_embeddings(320, 32, state)["encoder.pos_embedding"]
    assert expected.shape == (1, 101, 768)
    assert torch.equal(large.state_dict()["trunk.model.encoder.pos_embedding"], expected)
    assert torch.equal(load("vit_b_32").state_dict()["trunk.model.encoder.pos_embedding"], own)
    with torch.inference_mode():
        assert large(torch.zeros(1, 3, 320, 320)).shape == (1, 768)


def test_an_unknown_backbone_is_suggested_others_whatever_its_size() -> None:
    with pytest.raises(BackboneError, match=r"'resnet19'.*'resnet18'"):
        info("resnet19@160")
    assert resized(info("resnet18"), 224) is info("resnet18")
