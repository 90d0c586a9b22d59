"""What looks ahead of a training, as a worker runs it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from core.data.dataset import Dataset
from core.progress import silent
from core.tasks.forecasting import ForecastRequest, forecast
from core.training.choices import MODES
from core.training.planning.forecast import Forecast
from core.training.planning.presets import usual

BACKBONE = "graft_plain@64"


@pytest.fixture
def pets(small_dataset: Callable[..., Dataset]) -> Dataset:
    return small_dataset(per_class=20)


def test_a_forecast_has_the_probe_and_a_row_for_each_mode(pets: Dataset, tmp_path: Path):
    forecast(tmp_path, ForecastRequest(dataset=pets.id, backbone=BACKBONE), silent)
    made = Forecast.load(tmp_path)
    assert made.accuracy is not None
    assert made.interval[0] <= made.accuracy <= made.interval[1]
    assert (made.extent.train, made.extent.val) == (len(pets.split("train")), len(pets.split("val")))
    assert {row.mode for row in made.modes} == {*MODES} - {"lora"}  # which only transformers have
    config = replace(usual(BACKBONE), epochs=3)
    learning = {(row.mode, row.last_stages): row.timing.learning for row in made.modes}
    assert learning["head", 1] < learning["last", 1] < learning["full", 1]
    for _row, seen in made.outlooks(config):
        assert seen.seconds == pytest.approx(seen.before_s + 3 * seen.epoch_s + seen.after_s)


def test_a_backbone_that_cannot_be_trained_has_a_head_alone(pets: Dataset, tmp_path: Path):
    forecast(tmp_path, ForecastRequest(dataset=pets.id, backbone="pixels_16"), silent)
    assert [row.mode for row in Forecast.load(tmp_path).modes] == ["head"]
