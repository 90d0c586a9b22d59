"""A directory holds one sweep: what could not be compared with it, or is at work beside it, is refused."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable
from pathlib import Path

import pytest
from filelock import FileLock

from core.data.dataset import Dataset
from core.errors import Cancelled, TrainingError
from core.training.sweep.record import FILE, Sweep
from core.training.sweep.space import Space
from core.training.sweep.study import JOURNAL
from core.training.sweep.sweep import LOCK, sweep
from tests.training.sweep.doing import LONG, SPACE, TWO, at, stop, without_times

pytest.importorskip("optuna", reason="a sweep is an optional part")


def other(dataset: Dataset) -> Dataset:
    return dataclasses.replace(dataset, fingerprint="0" * 64)


def same(dataset: Dataset) -> Dataset:
    return dataset


@pytest.fixture(scope="module")
def occupied(dataset: Dataset, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The directory of a sweep that was interrupted in its first trial."""
    out = tmp_path_factory.mktemp("occupied")
    with pytest.raises(Cancelled):
        sweep(dataset, TWO, out, LONG, at(1, None, stop))
    return out


@pytest.mark.parametrize(
    ("change", "space", "words"),
    [
        (other, TWO, "other photos, classes or splits"),
        (same, SPACE, r"epochs 2 \(now 3\)"),
        (same, dataclasses.replace(TWO, seed=2), r"seed 1 \(now 2\)"),
        (same, SPACE, r"backbones graft_residual, graft_plain \(now graft_residual\); epochs"),
        (
            same,
            dataclasses.replace(TWO, backbones=("graft_plain", "graft_residual", "graft_plain@64")),
            r"backbones graft_residual, graft_plain \(now graft_plain, graft_residual, graft_plain@64\)\.",
        ),
    ],
)
@pytest.mark.parametrize("budget_s", [LONG, 1e-6])
def test_what_could_not_be_compared_is_refused_and_left_alone(
    dataset: Dataset,
    occupied: Path,
    change: Callable[[Dataset], Dataset],
    space: Space,
    words: str,
    budget_s: float,
) -> None:
    before = {file: file.read_bytes() for file in (occupied / FILE, occupied / JOURNAL)}
    with pytest.raises(TrainingError, match=words) as problem:
        sweep(change(dataset), space, occupied, budget_s)
    assert f"'{occupied}'" in str(problem.value)
    assert "another directory (--out)" in str(problem.value)
    assert before == {file: file.read_bytes() for file in before}


def test_the_order_of_the_backbones_the_budget_and_the_number_of_trials_may_change(
    dataset: Dataset, tmp_path: Path, whole: Sweep
) -> None:
    sweep(dataset, TWO, tmp_path, LONG / 2, most=1)
    turned = dataclasses.replace(TWO, backbones=TWO.backbones[::-1])
    found = sweep(dataset, turned, tmp_path, LONG, most=4)
    assert without_times(found) == without_times(whole)
    assert (found.task, found.budget_s) == (whole.task, LONG)


def forget_the_task(out: Path) -> None:
    content = json.loads((out / FILE).read_text(encoding="utf-8"))
    del content["task"]
    (out / FILE).write_text(json.dumps(content), encoding="utf-8")


def cut_the_record(out: Path) -> None:
    (out / FILE).write_text('{"task":', encoding="utf-8")


def lose_the_record(out: Path) -> None:
    (out / FILE).unlink()


def lose_the_journal(out: Path) -> None:
    (out / JOURNAL).unlink()


@pytest.mark.parametrize("damage", [forget_the_task, cut_the_record, lose_the_record, lose_the_journal])
def test_what_an_earlier_version_or_an_accident_left_is_not_gone_on_with(
    dataset: Dataset, tmp_path: Path, damage: Callable[[Path], None]
) -> None:
    sweep(dataset, SPACE, tmp_path, 1e-6)
    damage(tmp_path)
    with pytest.raises(TrainingError, match="damaged, or of an earlier version") as problem:
        sweep(dataset, SPACE, tmp_path, LONG, most=2)
    assert f"'{tmp_path}'" in str(problem.value)
    assert (tmp_path / "trial-01" / "run.json").is_file()
    assert not (tmp_path / "trial-02").exists()


def test_two_sweeps_never_share_a_directory(dataset: Dataset, tmp_path: Path, whole: Sweep) -> None:
    refused: list[str] = []

    def second() -> None:
        with pytest.raises(TrainingError, match="Another sweep is at work in") as problem:
            sweep(dataset, TWO, tmp_path, LONG, most=4)
        refused.append(str(problem.value))

    found = sweep(dataset, TWO, tmp_path, LONG, at(2, 1, second), most=4)
    assert len(refused) == 1
    assert f"'{tmp_path}'" in refused[0]
    assert without_times(found) == without_times(whole)
    with FileLock(tmp_path / LOCK, timeout=0):  # it is free again
        pass
