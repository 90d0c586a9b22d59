"""What more photos would bring: the verb and the command."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from core.cli import progress
from core.cli.app import main
from core.errors import BackboneError, ProbeError
from core.probing.probes.probe import ProbeConfig
from core.probing.studies.growth import LearningCurve
from core.progress import Progress, silent
from core.tasks.requests import LearningCurveRequest
from core.tasks.results import Studied
from core.tasks.studies import learning_curve
from tests.conftest import ZipBuilder
from tests.steps import works

BACKBONE = "pixels_16"
QUICK = ProbeConfig(folds=4, repeats=1, c=0.01, seed=3)


@pytest.fixture
def photos(small_zip: ZipBuilder) -> Path:
    return small_zip(classes=("cat", "dog"), per_class=60, size_px=16)


@pytest.fixture(autouse=True)
def no_lines_of_progress(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(progress, "EVERY_S", 3600.0)


def test_a_curve_is_kept_in_the_jobs_folder_and_forecasts_are_made_of_it(photos: Path, tmp_path: Path) -> None:
    steps: list[Progress] = []
    request = LearningCurveRequest(dataset=str(photos), backbone=BACKBONE, config=QUICK, more=(50,), target=0.9)
    result = learning_curve(tmp_path, request, steps.append)
    curve = LearningCurve.load(tmp_path)
    assert result == Studied(file="curve.json", dataset=curve.dataset.id)
    n = curve.images
    assert (n, curve.limit, curve.classes) == (sum(curve.class_images), 4 * n, ("cat", "dog"))
    assert (curve.config, curve.folds, curve.repeats) == (QUICK, 4, 1)
    document = curve.as_json(request.more, request.target)
    assert [forecast["more"] for forecast in document["forecasts"]] == [50]
    assert document["target"]["accuracy"] == 0.9
    assert document["answer"].endswith(document["target"]["sentence"])
    assert works(steps)[-1] == f"study/1.5/{request.backbone}"
    assert (steps[-1].share, steps[-1].ahead) == (1, ())


@pytest.mark.parametrize(
    ("wish", "error", "message"),
    [
        ({"more": (100_000,)}, ProbeError, "up to 4 times"),
        ({"target": 95}, ProbeError, "between 0 and 1"),
        ({"backbone": "resnet"}, BackboneError, "resnet"),
    ],
)
def test_a_mistake_is_reported_before_anything_is_computed(
    photos: Path, tmp_path: Path, wish: dict[str, Any], error: type[Exception], message: str
) -> None:
    request = LearningCurveRequest(**{"dataset": str(photos), "backbone": BACKBONE, **wish})
    with pytest.raises(error, match=message):
        learning_curve(tmp_path, request, silent)
    assert not (tmp_path / "curve.json").exists()


def test_the_command_answers_in_words_and_as_json(photos: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = ["curve", str(photos), "--backbone", BACKBONE, "--c", "0.01", "--more", "20", "--more", "60"]
    assert main([*words, "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert [forecast["more"] for forecast in document["forecasts"]] == [20, 60]
    assert main(words) == 0
    output = " ".join(capsys.readouterr().out.split())
    for forecast in document["forecasts"]:
        assert forecast["sentence"] in output
    assert "5-fold cross-validation, 2 times" in output
    assert "dog" in output


def test_too_few_photos_have_a_curve_and_no_forecast(small_zip: ZipBuilder, capsys: pytest.CaptureFixture[str]) -> None:
    few_photos = small_zip("few.zip", per_class=8, size_px=16)
    assert main(["curve", str(few_photos), "--backbone", BACKBONE, "--c", "0.01"]) == 0
    assert "too few photos a class for a forecast" in " ".join(capsys.readouterr().out.split())
