from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file

from core.backbones.preprocess import preprocess
from core.data.dataset import Dataset
from core.data.images.decode import open_rgb
from core.data.ingest import ingest
from core.errors import Cancelled, TrainingError
from core.evaluation.predictions import Predictions
from core.evaluation.temperature import without_temperature
from core.models.classifier import Classifier
from core.models.runs import load_run
from core.progress import Progress
from core.runs import Run
from core.scores import KeptEpoch
from core.training import finetune as training
from core.training.config import FinetuneConfig
from core.training.finetune import finetune
from core.training.network.losses import balanced_weights
from core.training.results.history import Epoch, best_of, read_averages, read_history
from tests.conftest import ZipBuilder
from tests.steps import works
from tests.training.tiny import pets, tiny_backbone


@pytest.fixture(scope="module")
def dataset(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Dataset]:
    """Two classes ("cat", "dog") of 20 generated photos each, told apart by their colour; read once for all tests."""
    with pets(tmp_path_factory.mktemp("photos"), cat=(200, 60, 50), dog=(60, 170, 70)) as photos:
        yield photos


def config(**given: object) -> FinetuneConfig:
    return FinetuneConfig.from_json(
        {"backbone": "graft_residual", "mode": "full", "epochs": 3, "batch_size": 8, "lr": 0.01, **given}
    )


def fit(dataset: Dataset, out: Path, **given: object) -> Run:
    return finetune(dataset, config(**given), out, backbone=tiny_backbone())


def without_seconds(out: Path) -> list[Epoch]:
    return [replace(epoch, seconds=0.0, images_per_s=None) for epoch in read_history(out)]


@pytest.mark.parametrize("mode", ["head", "last", "full"])
@pytest.mark.parametrize("optimizer", ["adamw", "sgd"])
def test_colours_are_learnt_in_every_mode(dataset: Dataset, tmp_path: Path, mode: str, optimizer: str) -> None:
    out = tmp_path / "run"
    run = fit(dataset, out, mode=mode, optimizer=optimizer, epochs=6, lr=0.02, head_start="zero")
    epochs = read_history(out)
    assert [epoch.epoch for epoch in epochs] == list(range(1, 7))
    assert epochs[-1].train_loss < 0.5 * epochs[0].train_loss
    assert epochs[0].train_loss < 0.75  # it starts from log 2, undecided
    assert run.metrics["val"].accuracy == 1.0
    assert run.metrics["val"].n == len(dataset.split("val"))
    assert run.metrics["test"].n == len(dataset.split("test"))
    best = best_of(epochs)
    assert run.kept == KeptEpoch(best_epoch=best.epoch, epochs=6, weights=best.weights)


def test_the_run_on_disk_is_whole(dataset: Dataset, tmp_path: Path) -> None:
    run = fit(dataset, tmp_path)
    assert load_run(tmp_path) == run
    assert sorted(p.name for p in tmp_path.iterdir() if not p.name.startswith(".")) == [
        "averages.json", "best.safetensors", "cache.json", "epochs", "history.json", "last.safetensors",
        "model.safetensors", "predictions", "run.json", "start.safetensors",
    ]  # fmt: skip
    model = Classifier(tiny_backbone(), "ab").eval()
    model.load_state_dict(load_file(tmp_path / "model.safetensors"), strict=True)
    stored = Predictions.load(run.predictions_path("test"))
    items = dataset.split("test")
    batch = torch.stack([preprocess(open_rgb(dataset.path(i)), model.backbone.info.preprocessing) for i in items])
    with torch.inference_mode():
        assert np.allclose(torch.softmax(model(batch), 1).numpy(), stored.proba, atol=1e-5)
    assert stored.ids == tuple(i.sha256 for i in items)
    assert stored.y_true.tolist() == [i.label for i in items]
    averages = read_averages(tmp_path)
    assert (averages.best.epoch, averages.best.weights) == (run.kept.best_epoch, run.kept.weights)
    assert averages.best.accuracy == run.metrics["val"].accuracy


@pytest.mark.parametrize("mode", ["head", "last"])
def test_what_is_frozen_comes_out_as_it_went_in(dataset: Dataset, tmp_path: Path, mode: str) -> None:
    fit(dataset, tmp_path / "run", mode=mode, augmentation="flip", head_start="zero", average=False, ema=0)
    before = {f"backbone.{key}": value for key, value in tiny_backbone().state_dict().items()}
    after = load_file(tmp_path / "run" / "model.safetensors")
    same = {key for key, value in before.items() if torch.equal(value, after[key])}
    statistics = {key for key in before if "running" in key or "tracked" in key}  # frozen, as there are few photos
    assert {key for key in before if "stem" in key or mode == "head"} | statistics == same


def test_the_same_seed_gives_the_same_run_and_another_does_not(dataset: Dataset, tmp_path: Path) -> None:
    for name, seed in (("a", 1), ("b", 1), ("c", 2)):
        torch.manual_seed(len(name))
        fit(dataset, tmp_path / name, seed=seed, augmentation="standard")
    assert without_seconds(tmp_path / "a") == without_seconds(tmp_path / "b")
    assert (tmp_path / "a/model.safetensors").read_bytes() == (tmp_path / "b/model.safetensors").read_bytes()
    assert without_seconds(tmp_path / "a") != without_seconds(tmp_path / "c")


@pytest.mark.parametrize("optimizer", ["adamw", "sgd"])
def test_a_resumed_training_ends_as_one_that_never_stopped(dataset: Dataset, tmp_path: Path, optimizer: str) -> None:
    given = {"optimizer": optimizer, "epochs": 4, "augmentation": "standard", "mode": "last"}
    fit(dataset, tmp_path / "whole", **given)

    def stop_in_the_third_epoch(step: Progress) -> None:
        if step.message.startswith("Epoch 3") and not step.data:
            raise Cancelled

    broken = tmp_path / "broken"
    with pytest.raises(Cancelled):
        finetune(dataset, config(**given), broken, stop_in_the_third_epoch, backbone=tiny_backbone())
    assert [epoch.epoch for epoch in read_history(broken)] == [0, 1, 2]
    assert not (broken / "run.json").exists()
    fit(dataset, broken, **given)
    assert without_seconds(broken) == without_seconds(tmp_path / "whole")
    assert (broken / "model.safetensors").read_bytes() == (tmp_path / "whole/model.safetensors").read_bytes()
    assert not (broken / "previous.safetensors").exists()


def test_a_directory_holds_one_run(dataset: Dataset, tmp_path: Path) -> None:
    run = fit(dataset, tmp_path)
    assert fit(dataset, tmp_path) == run
    with pytest.raises(TrainingError, match=r"other settings \(lr, seed\)"):
        fit(dataset, tmp_path, seed=5, lr=0.5)
    with pytest.raises(TrainingError, match="on other photos"):
        fit(replace(dataset, fingerprint="other"), tmp_path)


def test_it_stops_when_validation_gets_no_better(dataset: Dataset, tmp_path: Path) -> None:
    given = {"head_start": "zero", "ema": 0, "average": False, "batch_norm": "learnt"}
    run = fit(dataset, tmp_path, epochs=60, patience=2, schedule="none", lr=0.05, **given)
    epochs = read_history(tmp_path)
    losses = [epoch.val_loss for epoch in epochs]
    assert run.kept.epochs == len(epochs) < 60
    assert run.kept.best_epoch == losses.index(min(losses)) + 1 == len(epochs) - 2


@pytest.mark.parametrize("given", [{}, {"mode": "head"}, {"mode": "head", "augmentation": "flip"}])
def test_progress_counts_up_to_the_end_and_tells_each_epoch(dataset: Dataset, tmp_path: Path, given: dict) -> None:
    steps: list[Progress] = []
    finetune(dataset, config(**given), tmp_path, steps.append, backbone=tiny_backbone())
    parts = [work.partition("/")[0] for work in works(steps)]
    assert parts == ["load", "fit", "train", "judge", "judge", "save"]
    assert (steps[-1].share, steps[-1].ahead) == (1, ())
    reported = [Epoch.from_json(step.data["epoch"]) for step in steps if "epoch" in step.data]
    assert [epoch.epoch for epoch in reported] == [0, 1, 2, 3]
    assert tuple(reported) == read_history(tmp_path)


def test_a_loss_that_runs_away_says_so_and_what_is_kept(dataset: Dataset, tmp_path: Path) -> None:
    given = {"optimizer": "sgd", "lr": 10, "clip_norm": 0, "schedule": "onecycle", "epochs": 40, "layer_decay": 1}
    with pytest.raises(
        TrainingError, match=r"The loss ran away in epoch \d+: learning rate 10 is too high\."
    ) as problem:
        fit(dataset, tmp_path, **given)
    assert "Choose a lower one." in str(problem.value)
    assert len(str(problem.value)) < 200


def test_a_backbone_without_numbers_is_told_before_anything_is_learnt(dataset: Dataset, tmp_path: Path) -> None:
    backbone = tiny_backbone()
    with torch.no_grad():
        backbone.trunk.stage1[1].weight[:] = 3e38
    with pytest.raises(TrainingError, match="no usable numbers for these photos"):
        finetune(dataset, config(), tmp_path, backbone=backbone)


def test_memory_that_runs_out_names_the_remedy(dataset: Dataset, tmp_path: Path) -> None:
    class Huge(torch.nn.Module):
        def forward(self, images: torch.Tensor) -> torch.Tensor:
            raise RuntimeError("[enforce fail at alloc_cpu.cpp] DefaultCPUAllocator: can't allocate memory")

    backbone = tiny_backbone()
    backbone.trunk = Huge()
    with pytest.raises(TrainingError, match=r"batches of 8 photos.*smaller batch_size"):
        finetune(dataset, config(mode="head"), tmp_path, backbone=backbone)


def test_a_split_that_is_missing_is_told(small_zip: ZipBuilder, tmp_path: Path) -> None:
    dataset = ingest(small_zip(classes=("a", "b"), per_class=2))
    if dataset.split("val"):
        pytest.skip("so few images still give a validation split")
    with pytest.raises(TrainingError, match="'val' has no photos"):
        fit(dataset, tmp_path)


def test_balanced_classes_weigh_rare_ones_more(dataset: Dataset, tmp_path: Path) -> None:
    weights = balanced_weights(torch.tensor([0, 0, 0, 1]), 3)
    assert weights.tolist() == pytest.approx([4 / 9, 4 / 3, 4 / 3])
    fit(dataset, tmp_path, balance_classes=True, label_smoothing=0.1)


def test_a_registered_backbone_uses_the_feature_store(dataset: Dataset, tmp_path: Path) -> None:
    seen: list[Progress] = []
    run = finetune(dataset, FinetuneConfig("pixels_16", epochs=20, batch_size=8), tmp_path, seen.append)
    assert run.metrics["val"].accuracy == 1.0
    assert run.preprocessing.crop_px == 16
    assert load_file(tmp_path / "model.safetensors").keys() == {"head.weight", "head.bias"}
    again = finetune(dataset, FinetuneConfig("pixels_16", epochs=20, batch_size=8), tmp_path / "again")
    assert again.metrics == run.metrics


def test_the_embedded_backbone_trains_for_an_epoch(dataset: Dataset, tmp_path: Path) -> None:
    run = finetune(dataset, FinetuneConfig("graft_plain", mode="last", epochs=1), tmp_path)
    assert run.metrics["val"].accuracy > 0.5
    state = load_file(tmp_path / "model.safetensors")
    assert state["head.weight"].shape == (2, 384)
    assert all(key.startswith(("backbone.", "head.")) for key in state)


@pytest.mark.parametrize("calibrate", [True, False])
def test_the_model_is_as_sure_as_its_predictions_say(
    dataset: Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, calibrate: bool
) -> None:
    monkeypatch.setattr(training, "helpful_temperature", lambda *_scores, **_seed: 4.0)
    run = fit(dataset, tmp_path / "run", calibrate=calibrate)
    fit(dataset, tmp_path / "plain", calibrate=False)
    assert run.kept.temperature == (4.0 if calibrate else 1.0)
    assert load_run(tmp_path / "run") == run
    told, plain = (Predictions.load(tmp_path / name / "predictions" / "val.npz") for name in ("run", "plain"))
    np.testing.assert_allclose(without_temperature(told, run.kept.temperature).proba, plain.proba, atol=1e-4)
    heads = [load_file(tmp_path / name / "model.safetensors") for name in ("run", "plain")]
    for name in ("head.weight", "head.bias"):
        torch.testing.assert_close(run.kept.temperature * heads[0][name], heads[1][name], rtol=1e-3, atol=1e-4)
