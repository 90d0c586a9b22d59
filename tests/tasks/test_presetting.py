"""What a preset has decided stays for the training it was decided for, and for no other."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from core.data.dataset import Dataset
from core.errors import TrainingError
from core.progress import silent
from core.tasks import presetting
from core.tasks.presetting import config_for
from core.tasks.requests import FinetuneRequest
from core.training.config import FinetuneConfig
from core.training.planning.outlook import Extent, Timing
from core.training.planning.presets import PresetPlan, Sight, decide

REQUEST = FinetuneRequest(dataset="photos", config=FinetuneConfig("graft_plain"), preset="quick", budget_s=60.0)
TIMING = Timing(
    learn_s=0.01, step_s=0.0, look_s=0.0, start_s=0.0, plain_s=0.0, decode_s=0.0, draw_s=0.0, weights=10, learning=10,
    saved_bytes=10,
)  # fmt: skip


@pytest.fixture
def photos(small_dataset: Callable[..., Dataset]) -> Dataset:
    return small_dataset(per_class=10)


@pytest.fixture
def decided(monkeypatch: pytest.MonkeyPatch) -> list[FinetuneRequest]:
    """The requests that were decided anew, without any measurement."""
    asked: list[FinetuneRequest] = []

    def decide_anew(_dataset: Dataset, request: FinetuneRequest, _report: object) -> PresetPlan:
        asked.append(request)
        sight = Sight(extent=Extent(train=20, val=10), stages=3, input_px=64)
        budget_s, seed = request.budget_s or 120.0, request.config.seed
        return decide(request.preset, budget_s, request.config.backbone, sight, lambda _config: TIMING, seed=seed)

    monkeypatch.setattr(presetting, "_decided", decide_anew)
    return asked


OTHERS = [
    replace(REQUEST, config=FinetuneConfig("graft_residual")),
    replace(REQUEST, config=FinetuneConfig("graft_plain@64")),
    replace(REQUEST, config=FinetuneConfig("graft_plain", seed=1)),
    replace(REQUEST, budget_s=600.0),
    replace(REQUEST, preset="thorough"),
]


def test_the_same_request_goes_on_with_what_was_decided(
    photos: Dataset, decided: list[FinetuneRequest], tmp_path: Path
) -> None:
    first = config_for(photos, REQUEST, tmp_path, silent)
    assert config_for(photos, REQUEST, tmp_path, silent) == first
    assert decided == [REQUEST]


@pytest.mark.parametrize("begun", ["run.json", "last.safetensors"])
@pytest.mark.parametrize("other", OTHERS)
def test_another_request_is_refused_once_the_training_has_begun(
    photos: Dataset, decided: list[FinetuneRequest], tmp_path: Path, other: FinetuneRequest, begun: str
) -> None:
    first = config_for(photos, REQUEST, tmp_path, silent)
    (tmp_path / begun).touch()
    with pytest.raises(TrainingError, match=f"'{tmp_path}' holds a training that was decided for"):
        config_for(photos, other, tmp_path, silent)
    with pytest.raises(TrainingError):
        config_for(replace(photos, fingerprint="other"), REQUEST, tmp_path, silent)
    assert config_for(photos, REQUEST, tmp_path, silent) == first


@pytest.mark.parametrize("other", OTHERS)
def test_before_it_has_begun_another_request_is_decided_anew(
    photos: Dataset, decided: list[FinetuneRequest], tmp_path: Path, other: FinetuneRequest
) -> None:
    config_for(photos, REQUEST, tmp_path, silent)
    config_for(photos, other, tmp_path, silent)
    assert decided == [REQUEST, other]
