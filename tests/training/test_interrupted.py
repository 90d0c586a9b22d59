"""A training that is killed or stopped anywhere ends as one that never was."""

from __future__ import annotations

import errno
import os
import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from core.backbones.backbone import Backbone
from core.data.dataset import Dataset
from core.data.ingest import ingest
from core.errors import Cancelled, DatasetError, TrainingError
from core.progress import Progress
from core.training.checkpoint import read_state
from core.training.config import FinetuneConfig
from core.training.finetune import finetune
from core.training.results.history import Epoch, read_history
from tests.conftest import photo
from tests.training.tiny import pets, tiny_backbone, tiny_transformer

RECIPES: dict[str, dict[str, object]] = {
    "head": {"mode": "head", "augmentation": "flip"},
    "last": {"mode": "last", "optimizer": "sgd", "schedule": "plateau", "views": 2, "augmentation": "standard"},
    "full": {"mode": "full", "unfreeze_epochs": 1, "schedule": "onecycle", "batch_norm": "learnt"},
    "plain": {"mode": "full", "head_start": "zero", "ema": 0, "average": False, "balance_classes": True},
    "lora": {"mode": "lora", "lora_rank": 2, "optimizer": "sgd"},
    "norms": {"mode": "norms", "batch_norm": "learnt", "ema": 0.9},
    "mixed": {"mode": "full", "mixup": 0.4, "cutmix": 1.0, "focal_gamma": 1.0, "label_smoothing": 0.1},
    "balanced": {
        "mode": "head",
        "balanced_sampling": True,
        "dropout": 0.5,
        "mixup": 0.2,
        "augmentation": "flip,randaugment,erasing=0.5,noise",
    },
}

SELDOM = ("full", "mixed")
"""Stopped among the slow tests. The others differ in what learns alone: `test_killed` kills them all, in processes."""


class Killed(Exception):
    """Stands for a signal: nothing is put in order."""


@pytest.fixture(scope="module")
def dataset(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Dataset]:
    with pets(tmp_path_factory.mktemp("photos"), cat=(160, 90, 80), dog=(90, 150, 90)) as photos:
        yield photos


def config(recipe: str) -> FinetuneConfig:
    given = {"backbone": "graft_residual", "epochs": 3, "batch_size": 4, "lr": 0.01, **RECIPES[recipe]}
    return FinetuneConfig.from_json(given)


def outcome(out: Path) -> tuple[list[Epoch], bytes]:
    epochs = [replace(epoch, seconds=0.0, images_per_s=None) for epoch in read_history(out)]
    return epochs, (out / "model.safetensors").read_bytes()


def stopping_after(n: int, error: Exception) -> tuple[list[Progress], object]:
    """A report that raises at its n-th step."""
    steps: list[Progress] = []

    def report(step: Progress) -> None:
        steps.append(step)
        if len(steps) == n:
            raise error

    return steps, report


def backbone_for(recipe: str) -> Backbone:
    return tiny_transformer() if recipe == "lora" else tiny_backbone()


@pytest.mark.parametrize("recipe", ["last", *(pytest.param(recipe, marks=pytest.mark.slow) for recipe in SELDOM)])
def test_killed_again_and_again_it_ends_bit_for_bit_the_same(dataset: Dataset, tmp_path: Path, recipe: str) -> None:
    given, whole, broken = config(recipe), tmp_path / "whole", tmp_path / "broken"
    steps: list[Progress] = []
    finetune(dataset, given, whole, steps.append, backbone=backbone_for(recipe))
    rng = np.random.default_rng(len(recipe))
    kills = 0
    for n in rng.integers(4, 14, 20):
        _seen, report = stopping_after(int(n), Killed())
        try:
            finetune(dataset, given, broken, report, backbone=backbone_for(recipe), keep_every_s=0.0)
        except Killed:
            kills += 1
    finetune(dataset, given, broken, backbone=backbone_for(recipe), keep_every_s=0.0)
    assert kills >= 4
    assert outcome(broken) == outcome(whole)


@pytest.mark.parametrize("recipe", ["last", "full"])
def test_what_is_learnt_when_someone_asks_to_stop_is_kept(dataset: Dataset, tmp_path: Path, recipe: str) -> None:
    given = config(recipe)
    learnt: list[int] = []

    def report(step: Progress) -> None:
        if step.message.startswith("Epoch 2"):
            learnt.append(step.done)
        if len(learnt) == 3:
            raise Cancelled

    with pytest.raises(Cancelled):
        finetune(dataset, given, tmp_path, report, backbone=tiny_backbone(), keep_every_s=1e9)
    state = read_state(tmp_path)
    assert state is not None
    assert state.epochs == 1
    assert state.under_way.steps == 3
    assert state.under_way.images == 12
    assert (tmp_path / "best.safetensors").is_file()


@pytest.mark.parametrize("recipe", ["instant", "head", "full"])
def test_a_training_keeps_its_first_epoch_at_once_and_then_now_and_then(
    dataset: Dataset, tmp_path: Path, recipe: str
) -> None:
    given = (
        config("full") if recipe != "instant" else replace(config("full"), mode="head", epochs=40, unfreeze_epochs=0)
    )
    given = config("head") if recipe == "head" else given
    kept: list[int] = []

    def report(step: Progress) -> None:
        if "epoch" in step.data:
            state = read_state(tmp_path)
            assert state is not None
            kept.append(state.epochs)

    finetune(dataset, given, tmp_path, report, backbone=tiny_backbone())
    assert set(kept) == {0}  # it took less than twenty seconds


def test_a_disk_without_room_is_told_before_anything_is_learnt(
    dataset: Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda _path: SimpleNamespace(free=2000))
    with pytest.raises(TrainingError, match=r"The disk has .* free, and what this training keeps takes .* kB"):
        finetune(dataset, config("full"), tmp_path, backbone=tiny_backbone())
    assert not (tmp_path / "start.safetensors").exists()


def test_a_full_disk_leaves_the_checkpoint_before(
    dataset: Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    given, broken = config("last"), tmp_path / "broken"
    finetune(dataset, given, tmp_path / "whole", backbone=tiny_backbone())
    sync, left = os.fsync, iter([True] * 20)

    def full(file: int) -> None:
        if not next(left, False):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        sync(file)

    with monkeypatch.context() as disk:
        disk.setattr(os, "fsync", full)
        with pytest.raises(OSError, match="No space left"):
            finetune(dataset, given, broken, backbone=tiny_backbone(), keep_every_s=0.0)
    state = read_state(broken)
    assert state is not None
    assert (state.epochs, state.under_way.steps) > (0, 0)
    finetune(dataset, given, broken, backbone=tiny_backbone())
    assert outcome(broken) == outcome(tmp_path / "whole")


def test_photos_that_are_deleted_under_a_training_are_named_and_what_was_learnt_stays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GRAFT_HOME", str(tmp_path / "home"))
    for label, colour in (("cat", (160, 90, 80)), ("dog", (90, 150, 90))):
        (tmp_path / "pets" / label).mkdir(parents=True)
        for i in range(12):
            photo(colour, seed=i).save(tmp_path / "pets" / label / f"{i}.png")
    photos = ingest(tmp_path / "pets")

    def report(step: Progress) -> None:
        if "epoch" in step.data:
            for item in photos.items:
                photos.path(item).unlink(missing_ok=True)

    out = tmp_path / "run"
    with pytest.raises(DatasetError, match=r"^'.*\.png': The photo is not there any more\. .* What was learnt is kept"):
        finetune(photos, config("last"), out, report, backbone=tiny_backbone(), keep_every_s=0.0)
    assert not (out / "run.json").exists()
    assert read_state(out) is not None


def test_two_processes_never_write_one_run(dataset: Dataset, tmp_path: Path) -> None:
    refused: list[str] = []

    def report(step: Progress) -> None:
        if not refused:
            with pytest.raises(TrainingError, match="Another process is training") as problem:
                finetune(dataset, config("last"), tmp_path, backbone=tiny_backbone())
            refused.append(str(problem.value))

    finetune(dataset, config("last"), tmp_path, report, backbone=tiny_backbone())
    assert refused
