"""How many components are enough: the verb and the command."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from core.cli import progress
from core.cli.app import main
from core.errors import BackboneError
from core.features.reduce import Reduction
from core.probing.probes.probe import ProbeConfig
from core.probing.studies.component_counts import Components
from core.progress import Progress, silent
from core.tasks.requests import ComponentsRequest
from core.tasks.results import Studied
from core.tasks.studies import components
from tests.conftest import ZipBuilder
from tests.steps import works

QUICK = ProbeConfig(folds=3, repeats=1, c=0.01, seed=3, pca=Reduction("pca", 1, whiten=True))


@pytest.fixture
def photos(small_zip: ZipBuilder) -> Path:
    return small_zip(classes=("cat", "dog"), per_class=20, size_px=16)


@pytest.fixture(autouse=True)
def no_lines_of_progress(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(progress, "EVERY_S", 3600.0)


def test_what_was_counted_is_kept_in_the_jobs_folder(photos: Path, tmp_path: Path) -> None:
    steps: list[Progress] = []
    request = ComponentsRequest(dataset=str(photos), backbone="pixels_16", config=QUICK)
    result = components(tmp_path, request, steps.append)
    study = Components.load(tmp_path)
    assert result == Studied(file="components.json", dataset=study.dataset.id)
    assert (study.seed, study.folds, study.repeats, study.whiten) == (3, 3, 1, True)
    counts = [point.components for point in study.points]
    assert counts[:3] == [1, 2, 4]
    assert study.recommended in counts
    assert works(steps)[-1] == f"study/3/{request.backbone}"
    assert (steps[-1].share, steps[-1].ahead) == (1, ())


def test_an_unknown_backbone_is_reported(photos: Path, tmp_path: Path) -> None:
    with pytest.raises(BackboneError, match="resnet"):
        components(tmp_path, ComponentsRequest(dataset=str(photos), backbone="resnet"), silent)


def test_the_command_answers_people_and_programs(photos: Path, capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ["components", str(photos), "--backbone", "pixels_16", "--c", "0.01", "--folds", "3", "--repeats", "1"]
    assert main([*arguments, "--whiten", "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert document["whiten"] is True
    assert main(arguments) == 0
    output = capsys.readouterr().out
    assert "Components" in output
    assert "compare --pca '" in output
