"""What a training shows of itself while it goes on."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from core.data.dataset import Dataset
from core.data.ingest import ingest
from core.evaluation.metrics import evaluate
from core.evaluation.predictions import Predictions
from core.progress import Progress
from core.training.config import FinetuneConfig
from core.training.finetune import finetune
from core.training.results.history import read_history
from core.training.results.live import Live, confusion_of, judged_epochs, live_predictions
from tests.conftest import ZipBuilder
from tests.training.tiny import tiny_backbone


@pytest.fixture
def photos(small_zip: ZipBuilder) -> Dataset:
    return ingest(small_zip(per_class=12))


def test_the_latest_predictions_are_those_of_the_epoch_that_ended(photos: Dataset, tmp_path: Path) -> None:
    seen: dict[int, tuple[float | None, ...]] = {}
    told: dict[int, tuple[float | None, ...]] = {}

    def look(step: Progress) -> None:
        if epoch := step.data.get("epoch"):
            scores = evaluate(Predictions.load(live_predictions(tmp_path))).per_class
            seen[epoch["epoch"]] = tuple(score.recall for score in scores)
            told[epoch["epoch"]] = tuple(epoch["recall"])

    config = FinetuneConfig("graft_residual", "full", epochs=1, batch_size=8, lr=0.01)
    finetune(photos, config, tmp_path, look, backbone=tiny_backbone())
    assert seen[0] == pytest.approx(told[0])
    assert not live_predictions(tmp_path).exists()


def test_an_instant_training_shows_nothing_before_its_end(photos: Dataset, tmp_path: Path) -> None:
    there = []
    config = FinetuneConfig("pixels_16", epochs=3)
    finetune(photos, config, tmp_path, lambda _step: there.append(live_predictions(tmp_path).exists()))
    assert not any(there)


@pytest.mark.parametrize(("every_s", "kept"), [(0.0, 1), (3600.0, 0)])
def test_what_comes_too_soon_is_left_out(photos: Dataset, tmp_path: Path, every_s: float, kept: int) -> None:
    live = Live(tmp_path, photos, every_s)
    n, c = len(photos.split("val")), len(photos.classes)
    for predicted in range(2):
        live.show(predicted, np.tile(np.eye(c, dtype=np.float32)[predicted], (n, 1)))
    latest = Predictions.load(live_predictions(tmp_path))
    assert set(latest.y_pred) == {kept}
    assert latest.ids == tuple(item.sha256 for item in photos.split("val"))
    assert latest.y_true.tolist() == [item.label for item in photos.split("val")]


def test_each_epoch_leaves_its_confusion_matrix(photos: Dataset, tmp_path: Path) -> None:
    config = FinetuneConfig("graft_residual", "full", epochs=3, batch_size=8, lr=0.01)
    run = finetune(photos, config, tmp_path, backbone=tiny_backbone())
    judged = Predictions.load(run.predictions_path("val"))
    assert judged_epochs(tmp_path) == [0, 1, 2, 3]
    for epoch in read_history(tmp_path):
        matrix = confusion_of(tmp_path, epoch.epoch, judged)
        assert matrix is not None
        assert matrix.sum(1).tolist() == np.bincount(judged.y_true).tolist()
        assert np.trace(matrix) / matrix.sum() == pytest.approx(epoch.val_accuracy)


def test_an_epoch_of_other_photos_or_a_damaged_one_has_no_matrix(photos: Dataset, tmp_path: Path) -> None:
    n, y = len(photos.split("val")), np.array([item.label for item in photos.split("val")])
    judged = Predictions(photos.classes, y, np.eye(2)[y], tuple(map(str, range(n))), "val")
    live = Live(tmp_path, photos)
    live.show(1, np.eye(2, dtype=np.float32)[y])
    assert confusion_of(tmp_path, 1, judged) is not None
    np.save(tmp_path / "epochs" / "2.npy", np.zeros(n + 1, np.uint16))
    np.save(tmp_path / "epochs" / "3.npy", np.full(n, 7, np.uint16))
    (tmp_path / "epochs" / "4.npy").write_bytes(b"")
    (tmp_path / "epochs" / "notes.npy").write_bytes(b"")
    assert judged_epochs(tmp_path) == [1, 2, 3, 4]
    assert [confusion_of(tmp_path, epoch, judged) for epoch in (0, 2, 3, 4)] == [None] * 4
