import copy
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from timm.data import create_transform, resolve_data_config
from timm.models import get_pretrained_cfg

from core.backbones.networks.timm_trunks import timm_trunk
from core.backbones.preprocess import preprocess
from core.backbones.registry import info
from core.backbones.sources import origins, timm_facts
from core.backbones.sources.timm import FACTS, PREFIX, Timm, good_for
from core.errors import WeightsUnavailable
from core.paths import file_sha256, read_json
from tests.backbones.test_torchvision import assert_stages_hold_every_parameter_once, watch_order
from tests.hub import put, random_state

CURATED = list(good_for())
QUICK = ("mobilenetv4_conv_small.e2400_r224_in1k", "efficientvit_b1.r224_in1k", "vit_small_patch14_dinov2.lvd142m")
EVERY = [pytest.param(name, marks=() if name in QUICK else pytest.mark.slow) for name in CURATED]
TINY = "test_resnet.r160_in1k"
# Parameters that belong to no layer: class tokens and the places of patches.
LOOSE = {"model.cls_token", "model.pos_embed", "model.reg_token"}


def test_the_file_is_about_every_model_of_the_installed_timm_that_can_be_used() -> None:
    assert [facts["name"] for facts in read_json(FACTS)] == timm_facts.names()
    assert len(timm_facts.names()) > 1700


@pytest.mark.parametrize("name", EVERY)
def test_the_facts_are_those_of_the_installed_timm(name: str) -> None:
    committed = next(facts for facts in read_json(FACTS) if facts["name"] == name)
    assert committed == timm_facts.facts(name)
    assert 4 <= len(committed["stages"]) <= 6


@pytest.mark.parametrize("name", EVERY)
def test_features_are_what_timm_gives_without_a_classifier(name: str) -> None:
    facts = info(PREFIX + name)
    state = random_state(name)
    trunk = timm_trunk(name, state, input_px=facts.input_px)
    loaded = copy.deepcopy(trunk.model.state_dict())
    order = watch_order(trunk.stages)
    with torch.inference_mode():
        features = trunk(torch.randn(2, 3, facts.input_px, facts.input_px))
    assert features.shape == (2, facts.feature_dim)
    assert [stage for stage, _modules in trunk.stages] == list(facts.stages)
    assert order == sorted(order)
    held = {id(p) for _name, modules in trunk.stages for module in modules for p in module.parameters()}
    assert {name for name, p in trunk.named_parameters() if id(p) not in held} <= LOOSE
    as_given = {f"model.{key}" for key, value in loaded.items() if torch.equal(value, state[key])}
    assert as_given | LOOSE >= trunk.state_dict().keys()
    assert "state_dict" not in trunk.model.pretrained_cfg


def test_stages_of_a_small_one_hold_every_parameter_once() -> None:
    trunk = timm_trunk(TINY)
    assert_stages_hold_every_parameter_once(trunk, trunk.stages)


def test_facts_of_dinov2() -> None:
    dino = info("timm:vit_small_patch14_dinov2.lvd142m")
    assert (dino.family, dino.feature_dim, dino.input_px) == ("vision_transformer", 384, 224)
    assert dino.repository == dino.weights == "timm/vit_small_patch14_dinov2.lvd142m"
    assert dino.preprocessing.interpolation == "bicubic"
    assert dino.gflops == pytest.approx(6.124)
    assert dino.trained_on == "142 million photos without labels (LVD-142M)"
    assert (dino.licence, dino.commercial) == ("Apache-2.0.", True)
    assert "without labels" in dino.note


def test_the_width_is_that_of_the_features_and_not_of_the_last_maps() -> None:
    assert info("timm:mobilenetv3_large_100.miil_in21k").feature_dim == 1280
    assert info("timm:efficientvit_b1.r224_in1k").feature_dim == 1600


def test_dinov2_at_its_own_size_is_brought_to_ours() -> None:
    name = "vit_small_patch14_dinov2.lvd142m"
    state = random_state(name)
    assert state["pos_embed"].shape == (1, 1 + 37**2, 384)
    assert timm_trunk(name, state, input_px=224).state_dict()["model.pos_embed"].shape == (1, 1 + 16**2, 384)


@pytest.mark.parametrize(
    "name",
    ["resnet50.a1_in1k", "mobilenetv3_large_100.miil_in21k", "tf_efficientnetv2_s.in21k",
     "convnext_tiny.in12k_ft_in1k_384", "eva_large_patch14_196.in22k_ft_in22k_in1k"],
)  # fmt: skip
@pytest.mark.parametrize("size", [(500, 375), (333, 500), (64, 64)])
def test_preprocessing_is_timms_own(name: str, size: tuple[int, int]) -> None:
    rng = np.random.default_rng(0)
    small = Image.fromarray(rng.integers(0, 256, (size[1] // 4, size[0] // 4, 3), dtype=np.uint8))
    image = small.resize(size, Image.Resampling.BICUBIC)
    how = resolve_data_config(pretrained_cfg=get_pretrained_cfg(name).to_dict())
    theirs = create_transform(**how)(image)
    ours = preprocess(image, timm_facts.preprocessing(name))
    std = torch.tensor(how["std"])[:, None, None]
    assert (ours - theirs).mul(std).abs().max() < 1.5 / 255


def test_weights_that_do_not_fit_are_refused() -> None:
    state = random_state(TINY)
    state.pop("conv1.0.weight")
    with pytest.raises(RuntimeError, match="Missing key"):
        timm_trunk(TINY, state)
    state = random_state(TINY)
    state["fc.weight"] = state["fc.weight"][:10]
    with pytest.raises(RuntimeError, match=r"size mismatch for fc\.weight"):
        timm_trunk(TINY, state)


def test_a_file_that_is_no_safetensors_is_refused() -> None:
    put(f"timm/{TINY}", random_state(TINY))
    known = info(PREFIX + TINY)
    assert known.file is not None
    known.file.resolve().write_bytes(b"something else")
    blob = known.file.resolve()
    blob.rename(blob.with_name(file_sha256(blob)))
    known.file.unlink()
    known.file.symlink_to(Path("../../blobs") / file_sha256(next(blob.parent.iterdir())))
    with pytest.raises(WeightsUnavailable, match="cannot be read"):
        Timm().read(info(PREFIX + TINY), lambda _step: None)


@pytest.mark.parametrize(
    ("tag", "photos"),
    [
        ("in12k_ft_in1k", "ImageNet-12K, then ImageNet-1K"),
        ("dist_in22k", "ImageNet-21K"),
        ("laion2b_ft_in12k_in1k", "2 billion photos with captions (LAION-2B), then ImageNet-12K, then ImageNet-1K"),
        ("fb_swsl_ig1b_ft_in1k", "a billion photos with hashtags (Instagram), then ImageNet-1K"),
        ("bamboo", "see its page on the Hugging Face Hub"),
    ],
)
def test_what_weights_were_learned_from(tag: str, photos: str) -> None:
    assert origins.trained_on(tag) == photos


@pytest.mark.parametrize(
    ("name", "commercial", "words"),
    [
        ("timm:resnet50.a1_in1k", True, "Apache-2.0. The weights were learned from ImageNet"),
        ("timm:vit_small_patch16_dinov3.lvd1689m", True, "DINOv3 License, Meta's own"),
        ("timm:resnet50.fb_swsl_ig1b_ft_in1k", False, "CC BY-NC 4.0: not for commercial use"),
        ("timm:res2net50d.in1k", False, "name no licence"),
        ("timm:vit_base_patch16_clip_224.dfn2b", False, "'apple-ascl', a licence of its makers' own"),
    ],
)
def test_licences(name: str, commercial: bool, words: str) -> None:
    known = info(name)
    assert known.commercial is commercial
    assert words in known.licence


def test_what_is_listed_unasked_allows_commercial_use_and_says_what_it_is_good_for() -> None:
    listed = [known for known in Timm().infos() if known.listed]
    assert {known.name for known in listed} == {PREFIX + name for name in CURATED}
    assert all(known.commercial and known.note for known in listed)
