from __future__ import annotations

import subprocess
import sys

import pytest

from core.errors import TrainingError
from core.training.choices import MODES, OPTIMIZERS, mode_label, suggested_lr
from core.training.config import FinetuneConfig
from core.training.images.augmentation import FILLS, KINDS, PRESETS, Augmentation, parse, preset_label


def test_needs_no_torch() -> None:
    code = "import sys, core.training.config; assert 'torch' not in sys.modules and 'numpy' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True)


def test_every_kind_of_the_form_is_a_field_that_can_be_off() -> None:
    assert len(KINDS) == 15
    for kind in KINDS:
        assert getattr(Augmentation(), kind.name) is None
        assert kind.min <= kind.default <= kind.max
        assert Augmentation(**{kind.name: kind.default}).strengths == {kind.name: kind.default}
        assert kind.label
        assert kind.help


def test_one_kind_is_changed_and_the_rest_stays() -> None:
    light, rotation = PRESETS["light"], next(kind for kind in KINDS if kind.name == "rotation")
    turned = light.having(rotation, 20.0)
    assert turned.strengths == {**light.strengths, "rotation": 20.0}
    assert turned.having(rotation, None) == light


def test_presets_hold_more_and_more() -> None:
    assert [len(aug.strengths) for aug in PRESETS.values()] == [0, 2, 5, 9]
    assert [preset_label(name) for name in PRESETS] == ["None", "Light", "Standard", "Strong"]
    assert not PRESETS["none"]


@pytest.mark.parametrize(
    ("text", "strengths"),
    [
        ("", {}),
        ("flip,rotation=15", {"horizontal_flip": 0.5, "rotation": 15.0}),
        (" Resized-Crop = 0.3 , zoom", {"resized_crop": 0.3, "scale": 0.2}),
        ("light", {"translation": 0.1, "horizontal_flip": 0.5}),
        ("light,flip=off", {"translation": 0.1}),
        ("randaugment,erase=0.5", {"randaugment": 9.0, "erasing": 0.5}),
        ("rotation,none", {}),
        ("none", {}),
    ],
)
def test_the_command_line_way_of_writing_it(text: str, strengths: dict[str, float]) -> None:
    assert parse(text).strengths == strengths


def test_the_command_line_sets_the_options() -> None:
    aug = parse("crop,ratio=2,fill=black")
    assert (aug.ratio, aug.fill) == (2.0, "black")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("spin", ["'spin'", "rotation", "standard"]),
        ("rotation=much", ["'rotation'", "'much'"]),
        ("rotation=500", ["'rotation'", "1 to 180", "500"]),
        ("fill=red", ["fill", "red", *FILLS]),
        ("rotation=nan", ["rotation"]),
    ],
)
def test_a_mistake_names_the_key_the_value_and_the_remedy(text: str, words: list[str]) -> None:
    with pytest.raises(TrainingError) as raised:
        parse(text)
    assert all(word in str(raised.value) for word in words)


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"mode": "all"}, ["mode", "'all'", "head, norms, lora, last, full"]),
        ({"optimizer": "adam"}, ["optimizer", "'adam'"]),
        ({"schedule": "linear"}, ["schedule", "cosine"]),
        ({"epochs": 0}, ["epochs", "0", "1 to 1000"]),
        ({"epochs": 2.5}, ["epochs", "whole"]),
        ({"epochs": True}, ["epochs"]),
        ({"batch_size": 1}, ["batch_size", "2 to 1024"]),
        ({"lr": 0}, ["lr", "0"]),
        ({"lr": float("nan")}, ["lr", "nan"]),
        ({"lr": "fast"}, ["lr", "'fast'"]),
        ({"label_smoothing": 1.0}, ["label_smoothing", "0 to 0.9"]),
        ({"weight_decay": -1}, ["weight_decay"]),
        ({"seed": -1}, ["seed"]),
        ({"backbone": ""}, ["backbone"]),
        ({"learning_rate": 1}, ["'learning_rate'", "lr"]),
        ({"augmentation": {"spin": 1}}, ["'spin'"]),
        ({"head_start": "random"}, ["head_start", "probe, zero"]),
        ({"lora_rank": 0}, ["lora_rank", "1 to 64"]),
        ({"batch_norm": "on"}, ["batch_norm", "auto, frozen, learnt"]),
        ({"layer_decay": 0}, ["layer_decay", "0.1 to 1"]),
        ({"ema": 1}, ["ema", "0 to 0.9999"]),
        ({"views": -1}, ["views", "0 to 1000"]),
        ({"average": 1}, ["average", "true or false"]),
        ({"epochs": 5, "restarts": [5]}, ["restarts", "below epochs, 5"]),
        ({"epochs": 5, "restarts": [3, 2]}, ["restarts", "rising"]),
        ({"epochs": 5, "restarts": 3}, ["restarts"]),
        ({"balance_classes": "yes"}, ["balance_classes"]),
        ({"balanced_sampling": 1}, ["balanced_sampling"]),
        ({"balance_classes": True, "balanced_sampling": True}, ["balance_classes", "balanced_sampling", "one"]),
        ({"mixup": -0.1}, ["mixup", "0 to 10"]),
        ({"cutmix": "much"}, ["cutmix"]),
        ({"focal_gamma": 11}, ["focal_gamma"]),
        ({"dropout": 1.0}, ["dropout", "0 to 0.9"]),
    ],
)
def test_a_config_is_checked_where_it_is_made(given: dict[str, object], words: list[str]) -> None:
    with pytest.raises(TrainingError) as raised:
        FinetuneConfig.from_json({"backbone": "b", **given})
    assert all(word in str(raised.value) for word in words)


def test_json_there_and_back() -> None:
    config = FinetuneConfig("b", mode="last", last_stages=2, lr=1, augmentation=PRESETS["strong"], patience=3).extended(
        2
    )
    assert FinetuneConfig.from_json(config.to_json()) == config
    assert config.to_json()["lr"] == 1.0


def test_what_is_missing_or_null_has_its_default() -> None:
    config = FinetuneConfig.from_json({"backbone": "b", "lr": None, "epochs": None, "augmentation": "flip"})
    assert config == FinetuneConfig("b", augmentation=Augmentation(horizontal_flip=0.5))


def test_every_mode_has_a_name_and_a_rate() -> None:
    assert len({mode_label(mode) for mode in MODES}) == len(MODES) == 5
    assert {mode for mode in MODES if FinetuneConfig("b", mode, trunk_cache="on").may_keep_trunk} == {"last"}


def test_the_learning_rate_follows_what_is_trained() -> None:
    assert FinetuneConfig("b", mode="full", optimizer="sgd").lr == suggested_lr("full", "sgd")
    for optimizer in OPTIMIZERS:
        rates = {mode: suggested_lr(mode, optimizer) for mode in MODES}
        assert rates["head"] >= rates["last"] >= rates["full"] > 0
        assert rates["norms"] >= rates["last"]  # few numbers that change little each
        assert rates["lora"] >= rates["last"]


def test_only_a_frozen_backbone_without_augmentation_is_instant() -> None:
    assert FinetuneConfig("b").is_instant
    assert not FinetuneConfig("b", mode="last").is_instant
    assert not FinetuneConfig("b", augmentation=PRESETS["light"]).is_instant


def test_views_are_few_where_what_is_frozen_makes_the_same_of_each_again():
    assert {mode: FinetuneConfig("b", mode).views for mode in MODES} == {
        "head": 4, "norms": 0, "lora": 0, "last": 4, "full": 0,
    }  # fmt: skip
    assert FinetuneConfig("b", "last", views=0).views == 0
