"""Trainings where the machine is quick in bfloat16: each kind of them learns about the same as in float32."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from core.data.dataset import Dataset
from core.training.config import FinetuneConfig
from core.training.finetune import finetune
from core.training.results.history import read_history
from tests.training.conftest import Precision
from tests.training.test_interrupted import RECIPES, backbone_for
from tests.training.tiny import pets

CUT = {"mode": "last", "augmentation": "flip"}
KINDS = {
    **{name: RECIPES[name] for name in ("head", "full", "lora", "norms", "mixed", "balanced")},
    "last": {**CUT, "views": 0},
    "last, mixed": {**CUT, "views": 0, "mixup": 0.4, "cutmix": 1.0},
    "last, kept": {**CUT, "views": 2, "trunk_cache": "on"},
    "last, kept and mixed": {**CUT, "views": 2, "trunk_cache": "on", "mixup": 0.4},
    "plain": {"mode": "last", "batch_norm": "learnt", "focal_gamma": 1.0, "label_smoothing": 0.1},
}
OFTEN = ("full", "last, mixed", "last, kept and mixed")


@pytest.fixture(scope="module")
def dataset(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Dataset]:
    with pets(tmp_path_factory.mktemp("photos"), cat=(160, 90, 80), dog=(90, 150, 90)) as photos:
        yield photos


@pytest.mark.parametrize(
    "kind", [kind if kind in OFTEN else pytest.param(kind, marks=pytest.mark.slow) for kind in KINDS]
)
def test_it_learns_as_in_float32(dataset: Dataset, tmp_path: Path, in_bf16: Precision, kind: str) -> None:
    given = {"backbone": "graft_residual", "epochs": 2, "batch_size": 8, "lr": 1e-3, **KINDS[kind]}
    losses = []
    for on in (False, True):
        in_bf16(on)
        out = tmp_path / str(on)
        finetune(dataset, FinetuneConfig.from_json(given), out, backbone=backbone_for(kind))
        losses.append([loss for epoch in read_history(out) for loss in (epoch.train_loss, epoch.val_loss) if loss])
    assert len(losses[0]) == 5
    assert losses[1] == pytest.approx(losses[0], rel=0.05, abs=0.02)
