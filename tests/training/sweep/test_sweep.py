"""A search for settings: what it tries, how it stops, and how it goes on after an interruption."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from pathlib import Path

import pytest

from core.data.dataset import Dataset
from core.errors import Cancelled, TrainingError
from core.models.runs import load_run
from core.progress import Progress
from core.training.results.history import read_averages
from core.training.sweep.record import DONE, STOPPED, Sweep
from core.training.sweep.space import Space
from core.training.sweep.sweep import sweep
from tests.fakes import install
from tests.training.tiny import pets, tiny_backbone

pytest.importorskip("optuna", reason="a sweep is an optional part")

SPACE = Space(("graft_residual",), epochs=3, seed=1)
LONG = 3600.0


@pytest.fixture(autouse=True)
def _tiny(monkeypatch: pytest.MonkeyPatch) -> None:
    install(monkeypatch, tiny_backbone())


@pytest.fixture(scope="module")
def dataset(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Dataset]:
    with pets(tmp_path_factory.mktemp("photos"), cat=(140, 100, 90), dog=(100, 140, 90)) as photos:
        yield photos


def without_times(found: Sweep) -> list[object]:
    return [dataclasses.replace(trial, seconds=0.0) for trial in found.trials]


def test_the_usual_settings_come_first_and_each_trial_is_a_run(dataset: Dataset, tmp_path: Path) -> None:
    found = sweep(dataset, SPACE, tmp_path, LONG, most=4)
    assert [trial.run for trial in found.trials] == ["trial-01", "trial-02", "trial-03", "trial-04"]
    first = found.trials[0]
    assert (first.state, first.epochs) == (DONE, 3)  # alone, it is among the best third
    assert first.config == SPACE.config(SPACE.beginnings()[0])
    assert len({trial.config for trial in found.trials}) == 4
    for trial in found.trials:
        run = load_run(tmp_path / trial.run)
        assert run.config == trial.config
        assert (trial.accuracy, trial.n) == (run.metrics["val"].accuracy, len(dataset.split("val")))
        assert trial.loss == read_averages(run.path).best.loss if trial.state == DONE else trial.loss > 0
        assert trial.epochs == (3 if trial.state == DONE else run.kept.epochs)
    losses = [trial.loss for trial in found.ranked]
    assert losses == sorted(losses)
    assert Sweep.load(tmp_path) == found


def test_what_others_are_better_than_is_stopped_early(dataset: Dataset, tmp_path: Path) -> None:
    found = sweep(dataset, SPACE, tmp_path, LONG, most=7)
    stopped = [trial for trial in found.trials if trial.state == STOPPED]
    assert stopped
    assert all(trial.epochs < 3 for trial in stopped)
    assert min(found.trials, key=lambda trial: trial.loss).state == DONE


def test_an_interrupted_sweep_ends_as_one_that_never_was(dataset: Dataset, tmp_path: Path) -> None:
    whole = sweep(dataset, SPACE, tmp_path / "whole", LONG, most=4)

    def report(step: Progress) -> None:
        if step.message.startswith("Trial 3: Epoch 1"):
            raise Cancelled

    with pytest.raises(Cancelled):
        sweep(dataset, SPACE, tmp_path / "broken", LONG, report, most=4)
    begun = Sweep.load(tmp_path / "broken")
    assert begun is not None
    assert len(begun.trials) == 2
    broken = sweep(dataset, SPACE, tmp_path / "broken", LONG, most=4)
    assert without_times(broken) == without_times(whole)
    assert not (tmp_path / "broken" / "trial-05").exists()


def test_when_the_time_is_over_the_trial_at_work_ends_with_what_it_has(dataset: Dataset, tmp_path: Path) -> None:
    found = sweep(dataset, SPACE, tmp_path, 1e-6)
    assert [(trial.state, trial.epochs) for trial in found.trials] == [(STOPPED, 1)]
    assert found.spent_s > 0
    assert sweep(dataset, SPACE, tmp_path, 1e-6).trials == found.trials  # no time is left for more
    assert len(sweep(dataset, SPACE, tmp_path, LONG, most=2).trials) == 2


def test_where_the_first_trials_all_fail_the_sweep_says_why(dataset: Dataset, tmp_path: Path) -> None:
    without = dataclasses.replace(dataset, items=tuple(item for item in dataset.items if item.split != "val"))
    with pytest.raises(TrainingError, match="'val' has no photos"):
        sweep(without, SPACE, tmp_path, LONG)


def test_what_cannot_be_trained_is_refused_before_anything_is_tried() -> None:
    with pytest.raises(TrainingError, match="'pixels_16' has nothing to train but the head"):
        Space(("graft_residual", "pixels_16"), epochs=3)
    with pytest.raises(TrainingError, match="at least one backbone"):
        Space((), epochs=3)


def test_all_stages_of_a_shallow_backbone_are_everything() -> None:
    config = SPACE.config({"backbone": "graft_residual", "depth": "2", "rate": 3.0, "augmentation": "light"})
    assert (config.mode, config.last_stages) == ("full", 1)
    assert config.lr == pytest.approx(9e-4)
