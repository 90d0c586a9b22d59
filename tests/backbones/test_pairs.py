"""Backbones side by side: what is known of them together, and that each sees and says what it does alone."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from PIL import Image

from core.backbones.encode import encode
from core.backbones.framing import left_out
from core.backbones.load import load
from core.backbones.pairs import last_together
from core.backbones.preprocess import preprocess
from core.backbones.registry import backbones, info
from core.backbones.spec import Preprocessing
from core.data.images.levels import Levels
from core.errors import BackboneError, WeightsUnavailable
from tests.fakes import TinyBackbone, install, tiny_info

PAIR = "graft_plain+graft_residual"
LEVELS = Levels(whole=(0, 4095))


def noise(width: int = 150, height: int = 110) -> Image.Image:
    return Image.fromarray(np.random.default_rng(0).integers(0, 255, (height, width, 3), dtype=np.uint8))


def test_a_pair_costs_what_its_parts_cost_together() -> None:
    plain, residual, pair = info("graft_plain"), info("graft_residual"), info(PAIR)
    assert pair.name == PAIR
    assert pair.parts == (plain, residual) == pair.each
    assert plain.each == (plain,)
    for fact in ("params", "gflops", "size_mb", "memory_mb", "feature_dim", "network_s"):
        assert getattr(pair, fact) == pytest.approx(getattr(plain, fact) + getattr(residual, fact)), fact
    assert pair.images_per_s == round(1 / (1 / plain.images_per_s + 1 / residual.images_per_s))
    assert pair.sha256 == f"{plain.sha256}+{residual.sha256}"
    assert pair.input_px == pair.preprocessing.input_px == 128
    assert pair.stages == ("stem", "stage1 + stem", "stage2 + stage1", "stage3 + stage2", "stage4 + stage3")
    assert (pair.trainable, pair.commercial, pair.ready, pair.is_floor) == (True, True, True, False)
    assert info("graft_residual+graft_plain") == pair
    assert not any(known.parts for known in backbones())


def test_what_holds_for_one_part_alone_does_not_hold_for_the_pair(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TORCH_HOME", "/nowhere")
    research = TinyBackbone(replace(tiny_info("research"), commercial=False, licence="for research"))
    install(monkeypatch, research, TinyBackbone())
    pair = info("research+tiny")
    assert not pair.commercial
    assert pair.licence == "research: for research. tiny: none."
    assert pair.trained_on == "nothing"
    assert not info("resnet18+tiny").ready
    assert not info("pixels_16+tiny").trainable
    assert info("pixels_16+tiny").weights == "tiny"
    assert "no network" in info("pixels_16+tiny").trained_on


def test_a_wrong_part_is_named() -> None:
    with pytest.raises(BackboneError, match=r"'resnet19'.*'resnet18'"):
        info("graft_plain+resnet19")


def test_weights_that_are_missing_are_those_of_the_part(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TORCH_HOME", "/nowhere")
    monkeypatch.setenv("GRAFT_WEIGHTS_URL", "file:///nowhere")
    with pytest.raises(WeightsUnavailable, match="The weights of 'resnet18'"):
        load("graft_plain+resnet18")


def test_each_part_sees_what_it_sees_alone() -> None:
    row = preprocess(noise(), info(PAIR).preprocessing)
    plain, residual = (preprocess(noise(), info(name).preprocessing) for name in PAIR.split("+"))
    assert row.shape == info(PAIR).preprocessing.input_shape == (3, 96**2 + 128**2)
    [(_plain, plain_input), (_residual, residual_input)] = load(PAIR).apart(row[None])
    assert torch.equal(plain_input[0], plain)
    assert torch.equal(residual_input[0], residual)


@pytest.mark.parametrize("name", [PAIR, "graft_plain@whole+graft_residual", "graft_plain+pixels_16"])
def test_features_are_those_of_the_parts_in_a_row(name: str) -> None:
    parts = [encode(load(part), preprocess(noise(), info(part).preprocessing)[None]) for part in name.split("+")]
    together = encode(load(name), preprocess(noise(), info(name).preprocessing)[None])
    np.testing.assert_array_equal(together, np.hstack(parts))
    assert together.shape == (1, info(name).feature_dim)


def test_a_pair_shares_the_networks_of_its_parts() -> None:
    (plain, _images), _other = load(PAIR).apart(torch.zeros(1, *info(PAIR).preprocessing.input_shape))
    assert plain is load("graft_plain")
    assert load(PAIR).trunk is not load(PAIR, pretrained=False).trunk


def test_the_last_stages_are_those_of_each() -> None:
    pair = load(PAIR)
    assert tuple(name for name, _modules in pair.stages) == pair.info.stages
    plain, residual = load("graft_plain"), load("graft_residual")
    assert pair.stages[-1][1] == (*plain.stages[-1][1], *residual.stages[-1][1])
    assert pair.stages[0][1] == plain.stages[0][1]
    assert last_together(["abc", "d", "ef"]) == [("a",), ("b", "e"), ("c", "d", "f")]


def test_the_preprocessing_of_several_is_kept_as_json() -> None:
    how = info("graft_plain@whole+graft_residual").preprocessing.with_levels(LEVELS)
    assert [view.framing for view in how.views] == ["whole", "centre"]
    assert [view.levels for view in how.views] == [LEVELS, LEVELS]
    assert Preprocessing.from_json(how.to_json()) == how
    assert "beside" not in info("graft_plain").preprocessing.to_json()
    with pytest.raises(ValueError, match="nothing beside it"):
        Preprocessing.from_json({**how.to_json(), "beside": [how.to_json()]})


def test_where_one_sees_all_of_a_photo_nothing_is_left_out() -> None:
    def share(name: str) -> float:
        return left_out([(200, 100)], info(name).preprocessing)

    assert share("efficientnet_lite0+graft_residual") == 0.5
    assert share("efficientnet_lite0+graft_residual@whole") == 0.0
