"""Training on backbones side by side: what each sees of a photo, and that both learn."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file

from core.backbones.backbone import Backbone, SideBySide
from core.backbones.pairs import side_by_side
from core.backbones.preprocess import preprocess
from core.data.dataset import Dataset
from core.data.images.decode import open_rgb
from core.models.classifier import Classifier
from core.training.config import FinetuneConfig
from core.training.finetune import finetune
from core.training.images.augmentation import Augmentation
from core.training.images.photos import Budget, Photos
from tests.training.tiny import HOW, tiny_backbone

WIDE = replace(HOW, resize_px=48, crop_px=48)


def pair() -> SideBySide:
    """Two tiny backbones, of 32 and of 48 px."""
    small, wide = tiny_backbone("small"), tiny_backbone("wide")
    wide = Backbone(replace(wide.info, preprocessing=WIDE, input_px=48), wide.trunk, wide.stages)
    return SideBySide(side_by_side([small.info, wide.info]), [small, wide])


def test_a_photo_in_training_is_what_each_sees(small_dataset: Callable[..., Dataset]) -> None:
    dataset = small_dataset()
    how = pair().info.preprocessing
    for budget in (Budget(), Budget(0)):
        photos = Photos(dataset, dataset.items, Augmentation(), how, budget)
        for _again in range(2):
            assert torch.equal(photos.sample(1, 0, 0), preprocess(open_rgb(dataset.path(dataset.items[1])), how))


def test_both_see_the_same_change(small_dataset: Callable[..., Dataset]) -> None:
    dataset, aug = small_dataset(), Augmentation(horizontal_flip=0.5, rotation=20.0)
    together = Photos(dataset, dataset.items, aug, pair().info.preprocessing, Budget())
    alone = [Photos(dataset, dataset.items, aug, how, Budget()) for how in (HOW, WIDE)]
    for epoch in range(3):
        rows = torch.cat([photos.sample(2, 7, epoch).flatten(1) for photos in alone], dim=1)
        assert torch.equal(together.sample(2, 7, epoch), rows)


@pytest.mark.parametrize(("mode", "learns"), [("head", ()), ("last", ("stage1",)), ("full", ("stem", "stage1"))])
def test_what_is_trained_is_trained_in_both(
    small_dataset: Callable[..., Dataset], mode: str, learns: tuple[str, ...], tmp_path: Path
) -> None:
    dataset = small_dataset(per_class=20)
    config = FinetuneConfig("small+wide", mode, epochs=2, batch_size=8, lr=0.01)
    run = finetune(dataset, config, tmp_path, backbone=pair())
    assert run.backbone == "small+wide"
    before, after = Classifier(pair(), dataset.classes).state_dict(), load_file(tmp_path / "model.safetensors")
    changed = {
        key.split(".", 1)[1] for key in after if key.startswith("backbone") and not before[key].equal(after[key])
    }
    expected = {f"trunk.{n}.trunk.{stage}" for n in (0, 1) for stage in learns}
    assert {key.rsplit(".", 2)[0] for key in changed if key.endswith("weight")} == expected
    classifier = Classifier(pair(), dataset.classes)
    classifier.load_state_dict(after)
    items = dataset.split("val")
    stored = np.load(run.predictions_path("val"))["proba"]
    assert classifier.predict([dataset.path(item) for item in items]) == pytest.approx(stored, abs=1e-4)
