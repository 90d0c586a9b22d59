"""A search for settings: what it tries, how it stops, and how it goes on after an interruption."""

from __future__ import annotations

import dataclasses
import shutil
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from core.data.dataset import Dataset
from core.errors import Cancelled, TrainingError
from core.models.runs import load_run
from core.progress import Progress
from core.training.results.history import read_averages
from core.training.sweep.record import DONE, STOPPED, Sweep
from core.training.sweep.space import Space
from core.training.sweep.study import JOURNAL
from core.training.sweep.sweep import sweep
from tests.training.sweep.doing import LONG, SPACE, TWO, at, begun, fail, stop, without_times

pytest.importorskip("optuna", reason="a sweep is an optional part")


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


MOMENTS = [(1, None), (1, 0), (1, 1), (2, 2), (3, 1)]
"""In a trial before the queue of first ones is empty and after, at its beginning, within it and at its end."""


def rarely(moments: Sequence[tuple[int, int | None]]) -> list[Any]:
    """The first of them for every run of the tests, the others among the slow ones."""
    first, *others = moments
    return [first, *(pytest.param(*moment, marks=pytest.mark.slow) for moment in others)]


@pytest.mark.parametrize(("trial", "epoch"), rarely(MOMENTS))
def test_an_interrupted_sweep_ends_as_one_that_never_was(
    dataset: Dataset, tmp_path: Path, whole: Sweep, trial: int, epoch: int | None
) -> None:
    with pytest.raises(Cancelled):
        sweep(dataset, TWO, tmp_path, LONG, at(trial, epoch, stop), most=4)
    assert begun(tmp_path).ended == trial - 1
    found = sweep(dataset, TWO, tmp_path, LONG, most=4)
    assert without_times(found) == without_times(whole)
    assert found.failed == 0
    assert not (tmp_path / "trial-05").exists()


@pytest.mark.parametrize(("trial", "epoch"), rarely(MOMENTS[::2]))
def test_so_does_one_whose_process_was_killed(
    dataset: Dataset, tmp_path: Path, whole: Sweep, trial: int, epoch: int | None
) -> None:
    """What lies on the disk at this moment is all that is left of it."""

    def kill() -> None:
        shutil.copytree(tmp_path / "killed", tmp_path / "left")
        stop()

    with pytest.raises(Cancelled):
        sweep(dataset, TWO, tmp_path / "killed", LONG, at(trial, epoch, kill), most=4)
    assert without_times(sweep(dataset, TWO, tmp_path / "left", LONG, most=4)) == without_times(whole)


@pytest.mark.parametrize("failing", [False, True])
def test_a_sweep_that_was_killed_before_its_study_heard_of_a_trials_end_tells_it(
    dataset: Dataset, tmp_path: Path, failing: bool
) -> None:
    out, log = tmp_path / "sweep", tmp_path / "log"

    def end() -> None:
        shutil.copy(out / JOURNAL, log)
        if failing:
            fail()

    first = sweep(dataset, TWO, out, LONG, at(2, 2, end), most=2)
    assert first.failed == failing
    shutil.copy(log, out / JOURNAL)
    found = sweep(dataset, TWO, out, LONG, most=3)
    assert found.trials[:-1] == first.trials
    assert (found.trials[-1].run, found.failed) == ("trial-03", failing)


@pytest.mark.parametrize("most", [2, pytest.param(3, marks=pytest.mark.slow)])
def test_a_sweep_that_goes_on_remembers_the_trials_that_failed(dataset: Dataset, tmp_path: Path, most: int) -> None:
    failing = at(2, 1, fail)
    found = sweep(dataset, SPACE, tmp_path / "broken", LONG, failing, most=most)
    assert [trial.run for trial in found.trials] == ["trial-01", "trial-03"][: most - 1]
    assert (found.failed, found.ended) == (1, most)
    found = sweep(dataset, SPACE, tmp_path / "broken", LONG, failing, most=5)
    assert [trial.run for trial in found.trials] == ["trial-01", "trial-03", "trial-04", "trial-05"]
    assert (found.failed, found.ended) == (1, 5)
    assert without_times(found) == without_times(sweep(dataset, SPACE, tmp_path / "whole", LONG, failing, most=5))


def test_where_the_first_trials_failed_one_more_is_tried_when_it_goes_on(dataset: Dataset, tmp_path: Path) -> None:
    def report(step: Progress) -> None:
        if step.message.startswith("Trial"):
            fail()

    for failed in (3, 4):
        with pytest.raises(TrainingError, match="ran away"):
            sweep(dataset, SPACE, tmp_path, LONG, report)
        assert (begun(tmp_path).failed, begun(tmp_path).trials) == (failed, ())
    found = sweep(dataset, SPACE, tmp_path, LONG, most=5)
    assert ([trial.run for trial in found.trials], found.failed) == (["trial-05"], 4)


def test_the_time_of_what_was_interrupted_counts_for_the_trial_and_the_budget(dataset: Dataset, tmp_path: Path) -> None:
    def slow() -> None:
        time.sleep(0.2)
        stop()

    started = time.monotonic()
    for n in (1, 2):
        with pytest.raises(Cancelled):
            sweep(dataset, SPACE, tmp_path, LONG, at(1, n, slow), most=1)
        assert begun(tmp_path).spent_s == begun(tmp_path).at_work_s >= 0.2 * n
    found = sweep(dataset, SPACE, tmp_path, LONG, most=1)
    assert 0.4 <= found.trials[0].seconds <= found.spent_s <= time.monotonic() - started
    assert found.at_work_s == 0.0


def test_the_time_of_a_trial_is_written_down_while_it_is_at_work(dataset: Dataset, tmp_path: Path) -> None:
    seen: list[Sweep] = []

    def look() -> None:
        seen.append(begun(tmp_path))

    sweep(dataset, SPACE, tmp_path, LONG, at(2, 1, look), most=2, keep_every_s=0.0)
    sweep(dataset, SPACE, tmp_path, LONG, at(3, 1, look), most=3)
    often, rarely = seen
    assert often.at_work_s > 0
    assert often.spent_s == pytest.approx(often.trials[0].seconds + often.at_work_s, abs=0.1)
    assert (rarely.ended, rarely.at_work_s) == (2, 0.0)  # as it was when the trial began


def test_an_interrupted_trial_for_which_no_time_is_left_ends_with_what_it_has(dataset: Dataset, tmp_path: Path) -> None:
    with pytest.raises(Cancelled):
        sweep(dataset, SPACE, tmp_path, LONG, at(1, 2, stop))
    epochs: list[Progress] = []
    found = sweep(dataset, SPACE, tmp_path, 1e-6, epochs.append)
    assert [(trial.state, trial.epochs) for trial in found.trials] == [(STOPPED, 2)]
    assert [step.message for step in epochs] == ["Done"]  # nothing was learnt


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
