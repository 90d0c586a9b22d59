from pathlib import Path

import pytest
import torch

from core.backbones.load import load
from core.backbones.sources import embedded
from core.backbones.sources.embedded import Embedded, read_card
from core.errors import BackboneError
from core.paths import read_json, write_json

CARDS = sorted(embedded.WEIGHTS.glob("*.json"))
KEYS = {
    "name", "architecture", "feature_dim", "params", "input_px", "preprocessing", "trained_on", "teacher", "recipe",
    "seed", "epochs", "licence", "accuracy", "sha256", "gflops", "stages",
    "images_per_s", "memory_mb",
}  # fmt: skip


@pytest.mark.parametrize("card", CARDS, ids=lambda path: path.stem)
def test_a_card_tells_the_truth_about_its_weights(card: Path) -> None:
    content = read_json(card)
    assert content.keys() >= KEYS
    assert content["name"] == card.stem
    assert content["input_px"] == content["preprocessing"]["crop_px"]
    measured = embedded.measured(content, card.with_suffix(".safetensors"))
    assert {key: content[key] for key in measured} == measured
    assert read_card(card).memory_mb == content["memory_mb"] > 4 * content["params"] / 2**20
    assert read_card(card).images_per_s == content["images_per_s"] > 100


@pytest.mark.parametrize("card", CARDS, ids=lambda path: path.stem)
def test_it_loads_and_its_features_tell_images_apart(card: Path) -> None:
    backbone = load(card.stem)
    side = backbone.info.input_px
    torch.manual_seed(0)
    with torch.inference_mode():
        features = backbone(torch.randn(4, 3, side, side))
    assert features.dtype == torch.float32
    assert features.shape == (4, backbone.info.feature_dim)
    assert features.std(dim=0).max() > 0.01
    assert tuple(name for name, _modules in backbone.stages) == backbone.info.stages


def test_weights_without_a_card_and_cards_without_weights_are_not_listed(tmp_path: Path) -> None:
    (tmp_path / "a.safetensors").write_bytes(b"")
    (tmp_path / "b.json").write_text("{}")
    assert Embedded(tmp_path).infos() == ()


def test_a_damaged_card_is_reported(tmp_path: Path) -> None:
    (tmp_path / "a.safetensors").write_bytes(b"")
    write_json(tmp_path / "a.json", {"name": "a"})
    with pytest.raises(BackboneError, match=r"'a\.json'.*damaged"):
        Embedded(tmp_path).infos()


def test_the_better_one_comes_first(tmp_path: Path) -> None:
    card = read_json(CARDS[0])
    for name, accuracy in (("a", 0.6), ("b", 0.8)):
        (tmp_path / f"{name}.safetensors").write_bytes(b"")
        write_json(
            tmp_path / f"{name}.json", {**card, "name": name, "accuracy": {"photos": {"value": accuracy, "n": 100}}}
        )
    assert [info.name for info in Embedded(tmp_path).infos()] == ["b", "a"]
