"""A training that is killed or stopped anywhere ends as one that never was."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from core.data.dataset import Dataset
from core.data.ingest import ingest
from core.errors import Cancelled
from core.progress import Progress
from core.training.checkpoint import read_state
from core.training.config import FinetuneConfig
from core.training.finetune import finetune
from core.training.history import Epoch, read_history
from tests.conftest import photo
from tests.training.tiny import tiny_backbone

RECIPES: dict[str, dict[str, object]] = {
    "head": {"mode": "head", "augmentation": "flip"},
    "last": {"mode": "last", "optimizer": "sgd", "schedule": "plateau", "views": 2, "augmentation": "standard"},
    "full": {"mode": "full", "unfreeze_epochs": 1, "schedule": "onecycle", "batch_norm": "learnt"},
    "plain": {"mode": "full", "head_start": "zero", "ema": 0, "average": False, "balance_classes": True},
    "mixed": {"mode": "full", "mixup": 0.4, "cutmix": 1.0, "focal_gamma": 1.0, "label_smoothing": 0.1},
    "balanced": {"mode": "head", "balanced_sampling": True, "dropout": 0.5, "mixup": 0.2, "augmentation": "flip"},
}


class Killed(Exception):
    """Stands for a signal: nothing is put in order."""


@pytest.fixture(scope="module")
def dataset(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Dataset]:
    folder = tmp_path_factory.mktemp("photos")
    for label, colour in (("cat", (160, 90, 80)), ("dog", (90, 150, 90))):
        (folder / "pets" / label).mkdir(parents=True)
        for i in range(20):
            photo(colour, seed=i).save(folder / "pets" / label / f"{i}.png")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GRAFT_HOME", str(folder / "home"))
        yield ingest(folder / "pets")


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


@pytest.mark.parametrize("recipe", RECIPES)
def test_killed_again_and_again_it_ends_bit_for_bit_the_same(dataset: Dataset, tmp_path: Path, recipe: str) -> None:
    given, whole, broken = config(recipe), tmp_path / "whole", tmp_path / "broken"
    steps: list[Progress] = []
    finetune(dataset, given, whole, steps.append, backbone=tiny_backbone())
    rng = np.random.default_rng(len(recipe))
    kills = 0
    for n in rng.integers(4, 14, 20):
        _seen, report = stopping_after(int(n), Killed())
        try:
            finetune(dataset, given, broken, report, backbone=tiny_backbone(), keep_every_s=0.0)
        except Killed:
            kills += 1
    finetune(dataset, given, broken, backbone=tiny_backbone(), keep_every_s=0.0)
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
