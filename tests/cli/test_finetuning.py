"""The options of `finetune`: one for each setting, and a file with settings."""

from __future__ import annotations

import json
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import pytest

from core.tasks import models
from core.tasks.requests import FinetuneRequest
from core.training.config import FinetuneConfig
from core.training.images.augmentation import parse
from tests.cli.conftest import mistake, run

GIVEN: dict[str, tuple[list[str], Any]] = {
    "backbone": (["--backbone", "graft_plain"], "graft_plain"),
    "mode": (["--mode", "last"], "last"),
    "last_stages": (["--last-stages", "2"], 2),
    "lora_rank": (["--lora-rank", "4"], 4),
    "head_start": (["--head-start", "zero"], "zero"),
    "epochs": (["--epochs", "3"], 3),
    "lr": (["--lr", "0.5"], 0.5),
    "layer_decay": (["--layer-decay", "0.7"], 0.7),
    "unfreeze_epochs": (["--unfreeze-epochs", "1"], 1),
    "batch_size": (["--batch-size", "16"], 16),
    "optimizer": (["--optimizer", "sgd"], "sgd"),
    "schedule": (["--schedule", "onecycle"], "onecycle"),
    "warmup_epochs": (["--warmup-epochs", "0.5"], 0.5),
    "weight_decay": (["--weight-decay", "0.02"], 0.02),
    "clip_norm": (["--clip-norm", "2"], 2.0),
    "label_smoothing": (["--label-smoothing", "0.1"], 0.1),
    "focal_gamma": (["--focal-gamma", "2"], 2.0),
    "dropout": (["--dropout", "0.3"], 0.3),
    "mixup": (["--mixup", "0.2"], 0.2),
    "cutmix": (["--cutmix", "1"], 1.0),
    "batch_norm": (["--batch-norm", "learnt"], "learnt"),
    "ema": (["--ema", "0.9"], 0.9),
    "average": (["--no-average"], False),
    "calibrate": (["--no-calibrate"], False),
    "patience": (["--patience", "4"], 4),
    "seed": (["--seed", "7"], 7),
    "augmentation": (["--augment", "flip,rotation=20"], parse("flip,rotation=20")),
    "views": (["--views", "8"], 8),
    "trunk_cache": (["--trunk-cache", "off"], "off"),
    "balance_classes": (["--balance-classes"], True),
    "balanced_sampling": (["--balanced-sampling"], True),
}
RECIPE = FinetuneConfig("graft_plain", mode="full", epochs=7, mixup=0.3, average=False, balance_classes=True)


class Asked(Exception):
    """Ends the command where training would begin."""

    def __init__(self, config: FinetuneConfig) -> None:
        super().__init__()
        self.config = config


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch, data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Any:
    """Which config a command line asks for; `err` is what it said on stderr."""

    def finetune(_folder: Path, request: FinetuneRequest, _report: object) -> None:
        raise Asked(request.config)

    monkeypatch.setattr(models, "finetune", finetune)

    class Asking:
        err = ""

        def __call__(self, *options: object) -> FinetuneConfig:
            with pytest.raises(Asked) as raised:
                run(capsys, "finetune", data, "--out", tmp_path / "run", *options)
            self.err = capsys.readouterr().err
            return raised.value.config

    return Asking()


def test_every_setting_has_an_option(asked: Any) -> None:
    assert set(GIVEN) == {field.name for field in fields(FinetuneConfig)} - {"restarts"}
    together = [word for name, (words, _value) in GIVEN.items() if name != "balanced_sampling" for word in words]
    config = asked(*together)
    for name, (_words, value) in GIVEN.items():
        assert getattr(config, name) == (value if name != "balanced_sampling" else False), name
    assert asked("--backbone", "graft_plain", "--balanced-sampling").balanced_sampling
    assert asked("--backbone", "graft_plain") == FinetuneConfig("graft_plain")


def test_a_file_gives_the_settings_and_options_beside_it_win(asked: Any, tmp_path: Path) -> None:
    alone, record = tmp_path / "config.json", tmp_path / "run.json"
    alone.write_text(json.dumps(RECIPE.to_json()))
    record.write_text(json.dumps({"kind": "finetune", "config": RECIPE.to_json()}), encoding="utf-8-sig")
    assert asked("--config", alone) == asked("--config", record) == RECIPE
    other = asked("--config", alone, "--epochs", "2", "--no-balance-classes", "--average", "--framing", "whole")
    expected = {"epochs": 2, "balance_classes": False, "average": True, "backbone": "graft_plain@whole"}
    assert other == FinetuneConfig.from_json({**RECIPE.to_json(), **expected})
    assert asked("--config", alone, "--backbone", "graft_residual").backbone == "graft_residual"


def test_what_suits_the_mode_of_a_file_gives_way_with_it(asked: Any, tmp_path: Path) -> None:
    file = tmp_path / "config.json"
    head = FinetuneConfig("graft_plain", mode="head")
    file.write_text(json.dumps(head.to_json()))
    assert (head.lr, head.views) == (1e-3, 4)
    full = asked("--config", file, "--mode", "full")
    assert (full.lr, full.views) == (3e-4, 0)
    sgd = asked("--config", file, "--optimizer", "sgd")
    assert (sgd.lr, sgd.views) == (3e-3, 4)
    assert asked("--config", file, "--mode", "head") == head
    assert asked("--config", file, "--mode", "full", "--lr", "0.001", "--views", "4").lr == 1e-3
    file.write_text(json.dumps(replace(head, lr=0.02, views=7).to_json()))
    own = asked("--config", file, "--mode", "full", "--optimizer", "sgd")
    assert (own.lr, own.views) == (0.02, 7)


def test_the_file_of_an_extended_run_takes_other_epochs(asked: Any, tmp_path: Path) -> None:
    file = tmp_path / "run.json"
    file.write_text(json.dumps({"config": FinetuneConfig("graft_plain", epochs=9, restarts=(3, 6)).to_json()}))
    assert asked("--config", file).restarts == (3, 6)
    assert asked("--config", file, "--epochs", "12").restarts == (3, 6)
    assert asked("--config", file, "--epochs", "6").restarts == (3,)
    assert asked("--config", file, "--epochs", "2").restarts == ()


@pytest.mark.parametrize(
    ("words", "lines"),
    [
        (["--last-stages", "3", "--lora-rank", "4"], ["--last-stages --mode head", "--lora-rank --mode head"]),
        (["--layer-decay", "0.5", "--batch-norm", "learnt"], ["--layer-decay --mode head", "--batch-norm --mode head"]),
        (["--schedule", "step", "--warmup-epochs", "2"], ["--warmup-epochs --schedule step"]),
        (["--mode", "full", "--trunk-cache", "on"], ["--trunk-cache --mode full"]),
        (["--trunk-cache", "on", "--views", "3"], ["--views --augment none", "--trunk-cache --augment none"]),
        (["--mode", "last", "--last-stages", "2", "--warmup-epochs", "2", "--layer-decay", "0.5"], []),
        (["--mode", "last", "--augment", "flip", "--views", "3", "--trunk-cache", "on"], []),
    ],
)  # fmt: skip
def test_an_option_that_does_nothing_is_said_in_a_line(asked: Any, words: list[str], lines: list[str]) -> None:
    asked("--backbone", "graft_plain", *words)
    said = [line.split(" has no effect with ") for line in asked.err.splitlines()]
    assert [f"{option} {setting.removesuffix('.')}" for option, setting in said] == lines


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"{", ["no JSON"]),
        (b"[1]", ["no JSON object"]),
        (b'{"config": 3}', ["no JSON object"]),
        (b'{"backbone": "graft_plain", "epoch": 3}', ["'epoch'", "epochs"]),
        (b'{"backbone": "graft_plain", "epochs": 0}', ["epochs", "1 to 1000"]),
        (b'{"epochs": 3}', ["--backbone"]),
        (b"\xff\xfe\x00", ["is no text"]),
        (None, ["cannot be read", "No such file"]),
    ],
)
def test_a_file_that_is_wrong_is_told_in_a_line(
    capsys: pytest.CaptureFixture[str], data: Path, tmp_path: Path, content: bytes | None, words: list[str]
) -> None:
    file = tmp_path / "config.json"
    if content is not None:
        file.write_bytes(content)
    line = mistake(capsys, "finetune", data, "--config", file, "--out", tmp_path / "run")
    assert all(word in line for word in words)


def test_without_a_backbone_it_is_asked_for(capsys: pytest.CaptureFixture[str], data: Path, tmp_path: Path) -> None:
    assert "--backbone" in mistake(capsys, "finetune", data, "--out", tmp_path / "run")
