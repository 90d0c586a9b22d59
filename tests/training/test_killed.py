"""Trainings in processes of their own that are killed at a step that chance chooses: SIGKILL, no last words."""

from __future__ import annotations

import multiprocessing
import os
import signal
from collections.abc import Iterator
from multiprocessing.context import ForkServerContext
from pathlib import Path

import numpy as np
import pytest

from core.data.dataset import Dataset
from core.progress import Progress
from core.training.finetune import finetune
from tests.training.test_interrupted import RECIPES, backbone_for, config, outcome
from tests.training.tiny import pets

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not hasattr(os, "fork"), reason="a system whose processes are not forked has no SIGKILL"),
]

KILLS, MOST_STEPS = 8, 40
IMPORTED = ["tests.training.test_killed", "core.features.extract", "scipy.stats", "sklearn.linear_model"]


def train(dataset: Dataset, recipe: str, out: Path, steps: int) -> None:
    """Trains, or goes on training, until its process is killed at the step with this number; 0 goes on to the end."""
    seen = 0

    def report(_step: Progress) -> None:
        nonlocal seen
        seen += 1
        if seen == steps:
            os.kill(os.getpid(), signal.SIGKILL)

    finetune(dataset, config(recipe), out, report, backbone=backbone_for(recipe), keep_every_s=0.0)


@pytest.fixture(scope="module")
def processes() -> ForkServerContext:
    """Makes processes that have all imported already."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(IMPORTED)
    return context


@pytest.fixture(scope="module")
def dataset(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Dataset]:
    with pets(tmp_path_factory.mktemp("photos"), cat=(160, 90, 80), dog=(90, 150, 90)) as photos:
        yield photos


@pytest.mark.parametrize("recipe", RECIPES)
def test_a_process_that_is_killed_at_any_step_loses_nothing(
    dataset: Dataset, tmp_path: Path, processes: ForkServerContext, recipe: str
) -> None:
    def run(out: Path, steps: int = 0) -> int | None:
        process = processes.Process(target=train, args=(dataset, recipe, out, steps))
        process.start()
        process.join()
        return process.exitcode

    assert run(tmp_path / "whole") == 0
    whole, rng, killed, ended = outcome(tmp_path / "whole"), np.random.default_rng(len(recipe)), 0, 0
    while killed < KILLS:
        out = tmp_path / f"broken{ended}"
        code = run(out, int(rng.integers(1, MOST_STEPS)))
        assert code in (0, -signal.SIGKILL)
        killed += code != 0
        if code == 0:
            ended += 1
            assert outcome(out) == whole
    assert run(out) == 0
    assert outcome(out) == whole
