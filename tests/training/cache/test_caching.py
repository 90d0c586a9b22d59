"""Trainings that keep activations against those that do not: losses, what is decided, and interruptions."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from safetensors.torch import load_file

from core.data.dataset import Dataset
from core.errors import Cancelled
from core.progress import Progress
from core.runs import Run
from core.training.cache import caching
from core.training.cache.estimate import Paces
from core.training.cache.reasons import NEW_VIEWS, NOTHING_FROZEN, OFF, TOO_LITTLE
from core.training.cache.record import TrunkCache, read_cache
from core.training.config import FinetuneConfig
from core.training.finetune import finetune
from core.training.results.history import Epoch, read_history
from core.training.results.outcome import read_outcome
from tests.steps import works
from tests.training.tiny import pets, tiny_backbone

KEPT = {"mode": "last", "views": 2, "augmentation": "standard", "trunk_cache": "on"}


@pytest.fixture(scope="module")
def dataset(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Dataset]:
    """Two classes of 20 generated photos each, hard to tell apart."""
    with pets(tmp_path_factory.mktemp("photos"), cat=(130, 100, 90), dog=(120, 110, 100)) as photos:
        yield photos


def fit(dataset: Dataset, out: Path, report: object = None, **given: object) -> Run:
    settings = {"backbone": "graft_residual", "epochs": 4, "batch_size": 8, "lr": 1e-3, **KEPT, **given}
    reports = () if report is None else (report,)
    return finetune(dataset, FinetuneConfig.from_json(settings), out, *reports, backbone=tiny_backbone())


def cache_of(out: Path) -> TrunkCache:
    record = read_cache(out)
    assert record is not None
    return record


def losses(out: Path) -> list[float]:
    return [loss for epoch in read_history(out) for loss in (epoch.train_loss, epoch.val_loss) if loss is not None]


def without_seconds(out: Path) -> list[Epoch]:
    return [replace(epoch, seconds=0.0, images_per_s=None) for epoch in read_history(out)]


@pytest.mark.parametrize(
    "given",
    [
        {},
        {"batch_norm": "learnt", "optimizer": "sgd"},
        {"augmentation": "none"},
        {"views": 0},
        {"mode": "head"},
        {"mixup": 0.4, "cutmix": 1.0},
    ],
)
def test_losses_are_those_of_a_training_that_draws_the_same_views_anew(
    dataset: Dataset, tmp_path: Path, given: dict
) -> None:
    kept = fit(dataset, tmp_path / "kept", **given)
    fit(dataset, tmp_path / "anew", **given, trunk_cache="off")
    assert cache_of(tmp_path / "kept").cached
    assert losses(tmp_path / "kept") == pytest.approx(losses(tmp_path / "anew"), rel=1e-3, abs=1e-3)
    assert len(set(losses(tmp_path / "kept"))) > 5
    assert kept.metrics["test"].n == len(dataset.split("test"))
    weights = [load_file(tmp_path / name / "model.safetensors") for name in ("kept", "anew")]
    assert weights[0].keys() == weights[1].keys()
    assert not list((tmp_path / "kept").glob("views.*"))


def test_the_record_says_what_is_kept(dataset: Dataset, tmp_path: Path) -> None:
    run = fit(dataset, tmp_path)
    record = cache_of(tmp_path)
    n_train, n_val = len(dataset.split("train")), len(dataset.split("val"))
    assert (record.cached, record.reason, record.views) == (True, "", 2)
    assert record.disk_bytes == (2 * n_train + n_val) * 6 * 16 * 16 * 2
    assert record.uncached_s is None
    told = read_outcome(run, test=False).as_json()["trunk_cache"]
    assert (told["cached"], told["views"]) == (True, 2)


@pytest.mark.parametrize(
    ("given", "why"),
    [
        ({"trunk_cache": "off"}, OFF),
        ({"trunk_cache": "auto", "views": 0}, NEW_VIEWS),
        ({"trunk_cache": "auto"}, TOO_LITTLE),
        ({"mode": "full"}, NOTHING_FROZEN),
    ],
)
def test_the_record_says_why_nothing_is_kept(dataset: Dataset, tmp_path: Path, given: dict, why: str) -> None:
    fit(dataset, tmp_path, epochs=3, **given)
    record = cache_of(tmp_path)
    assert (record.cached, record.reason) == (False, why)


@pytest.mark.parametrize(("whole_s", "cached"), [(1.0, True), (0.03, False)])
def test_auto_goes_by_what_is_measured(
    dataset: Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, whole_s: float, cached: bool
) -> None:
    paces = Paces(trunk_s=0.02, top_s=0.01, whole_s=whole_s)
    monkeypatch.setattr(caching, "measured", lambda *_args: paces)
    fit(dataset, tmp_path, trunk_cache="auto")
    record = cache_of(tmp_path)
    assert record.cached is cached
    assert record.cached_s is not None
    assert record.uncached_s is not None
    assert (record.cached_s < 0.5 * record.uncached_s) is cached


def test_features_that_never_change_need_no_cache(dataset: Dataset, tmp_path: Path) -> None:
    fit(dataset, tmp_path, mode="head", augmentation="none")
    assert read_cache(tmp_path) is None


@pytest.mark.parametrize("stop_at", ["Computing", "Epoch 2"])
def test_a_training_that_goes_on_ends_as_one_that_never_stopped(dataset: Dataset, tmp_path: Path, stop_at: str) -> None:
    fit(dataset, tmp_path / "whole")

    def stop(step: Progress) -> None:
        if step.message.startswith(stop_at) and step.done and not step.data:
            raise Cancelled

    broken = tmp_path / "broken"
    with pytest.raises(Cancelled):
        fit(dataset, broken, stop)
    assert (broken / "views.f16").stat().st_size > 0
    steps: list[Progress] = []
    fit(dataset, broken, steps.append)
    assert without_seconds(broken) == without_seconds(tmp_path / "whole")
    assert (broken / "model.safetensors").read_bytes() == (tmp_path / "whole/model.safetensors").read_bytes()
    counted = [step.done for step in steps if step.message.startswith("Computing")]
    assert counted[1] > 0  # what was computed before is there


def test_it_goes_on_as_it_began(dataset: Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Times vary, and another answer would lead the weights elsewhere."""

    def stop(step: Progress) -> None:
        if step.message.startswith("Epoch 2") and not step.data:
            raise Cancelled

    with pytest.raises(Cancelled):
        fit(dataset, tmp_path, stop, trunk_cache="auto")
    monkeypatch.setattr(caching, "measured", lambda *_args: Paces(trunk_s=0.02, top_s=0.01, whole_s=9.0))
    fit(dataset, tmp_path, trunk_cache="auto")
    assert cache_of(tmp_path).reason == TOO_LITTLE


def test_progress_counts_the_views_and_plans_the_epochs_anew(dataset: Dataset, tmp_path: Path) -> None:
    steps: list[Progress] = []
    fit(dataset, tmp_path, steps.append)
    parts = [work.rpartition("/")[0] for work in works(steps)]
    assert parts[:4] == ["load", "fit/logistic", "views", "train/last-above"]
    computing = [step for step in steps if step.phase is not None and step.phase.work.startswith("views")]
    assert computing[-1].done == computing[-1].total == 2 * len(dataset.split("train")) + len(dataset.split("val"))
