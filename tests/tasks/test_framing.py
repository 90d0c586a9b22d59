"""Is the subject cut off: the verb and the command, on photos where it surely is and on photos where it is not."""

from __future__ import annotations

import io
import json
import zipfile
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from core.backbones.registry import info
from core.cli import progress
from core.cli.app import main
from core.errors import BackboneError, Cancelled
from core.models.export import export
from core.models.load import classifier_of
from core.models.runs import find_runs, load_run
from core.probing.comparison.record import load_comparison
from core.probing.probes.probe import ProbeConfig
from core.probing.studies.framing import Framings
from core.progress import Progress, silent
from core.tasks.comparing import framing
from core.tasks.current import recommendations
from core.tasks.requests import FramingRequest
from core.tasks.results import Studied
from tests.steps import works

CONFIG = ProbeConfig(c=0.01, seed=1)
COLOURS = {"ruby": (200, 60, 50), "moss": (60, 170, 70)}


@pytest.fixture(autouse=True)
def no_lines_of_progress(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(progress, "EVERY_S", 3600.0)


def wide_photo(colour: tuple[int, int, int], seed: int, side_px: int = 48) -> Image.Image:
    """A grey photo twice as wide as high, with its subject at the left or right edge: the centre shows none of it."""
    rng = np.random.default_rng(seed)
    values = rng.normal(128, 20, (side_px, 2 * side_px, 3)).clip(0, 255).astype(np.uint8)
    photo, width = Image.fromarray(values), side_px // 3
    photo.paste(colour, (0 if seed % 2 else 2 * side_px - width, 8, width if seed % 2 else 2 * side_px, side_px - 8))
    return photo


@pytest.fixture
def wide_zip(tmp_path: Path) -> Path:
    """Two classes of 20 photos each, whose subjects are off the centre."""
    path = tmp_path / "wide.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for k, (name, colour) in enumerate(COLOURS.items()):
            for i in range(20):
                content = io.BytesIO()
                wide_photo(colour, 100 * k + i).save(content, "PNG")
                archive.writestr(f"{name}/{i}.png", content.getvalue())
    return path


def request_for(photos: Path, backbone: str = "pixels_16") -> FramingRequest:
    return FramingRequest(dataset=str(photos), backbone=backbone, config=CONFIG)


def test_where_the_subject_is_cut_off_the_whole_photo_is_recommended(wide_zip: Path, tmp_path: Path) -> None:
    folder, steps = tmp_path / "job", list[Progress]()
    result = framing(folder, request_for(wide_zip), steps.append)
    study = Framings.load(folder)
    assert result == Studied(file="framing.json", dataset=study.dataset.id)
    assert [(row.framing, row.backbone) for row in study.framings] == [
        ("centre", "pixels_16"), ("whole", "pixels_16@whole"), ("squashed", "pixels_16@squashed"),
    ]  # fmt: skip
    centre, whole, squashed = (row.accuracy_mean for row in study.framings)
    assert (whole, squashed) == (1.0, 1.0)
    assert centre < 0.8
    assert study.left_out == 0.5
    assert [(pair.a, pair.b) for pair in study.pairs] == [
        ("pixels_16@whole", "pixels_16"), ("pixels_16@squashed", "pixels_16"),
    ]  # fmt: skip
    assert study.recommended == "pixels_16@whole"
    assert study.why.startswith("Show the whole photo: ")
    assert "points better than the centre (95 %: " in study.why
    assert (study.seed, study.folds, study.repeats, study.n) == (1, 5, 2, 28)
    probed = [work for work in works(steps) if work.startswith("probe/")]
    assert len(probed) == 3
    assert (steps[-1].share, steps[-1].ahead) == (1, ())


def test_the_probe_on_a_recommended_framing_is_a_model_that_sees_so_when_taken_home(
    wide_zip: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "job"
    framing(folder, request_for(wide_zip, "graft_plain@64"), silent)
    (run,) = find_runs(folder)
    assert run.backbone == "graft_plain@64@whole"
    assert run.preprocessing == info("graft_plain@64@whole").preprocessing
    assert recommendations(folder)[0].backbone == run.backbone
    photos = [tmp_path / f"{seed}.png" for seed in (1000, 1001, 1002)]
    for seed, photo in enumerate(photos):
        wide_photo(COLOURS["moss"], 1000 + seed).save(photo)
    bundle = classifier_of(export(load_run(run.path), tmp_path / "bundle.zip"))
    assert (bundle.preprocessing.framing, bundle.preprocessing.input_px) == ("whole", 64)
    proba = bundle.predict(photos)
    assert (proba == classifier_of(run).predict(photos)).all()
    assert [bundle.classes[row.argmax()] for row in proba] == ["moss"] * 3


def test_of_square_photos_nothing_is_recommended_and_no_model_kept(photos_zip: Path, tmp_path: Path) -> None:
    folder = tmp_path / "job"
    framing(folder, request_for(photos_zip), silent)
    study = Framings.load(folder)
    assert [pair.diff for pair in study.pairs] == [0.0, 0.0]
    assert (study.left_out, study.better, study.recommended) == (0.0, None, "pixels_16")
    assert study.why == "No: the centre does as well, as far as 28 photos can tell."
    assert find_runs(folder) == []
    assert [result.backbone for result in load_comparison(folder).results] == [row.backbone for row in study.framings]


def test_what_is_asked_of_a_framed_backbone_is_told_against_its_framing(wide_zip: Path, tmp_path: Path) -> None:
    framing(tmp_path, request_for(wide_zip, "pixels_16@squashed"), silent)
    study = Framings.load(tmp_path)
    assert [pair.a for pair in study.pairs] == ["pixels_16", "pixels_16@whole"]
    assert study.left_out == 0.0
    assert study.recommended == "pixels_16@squashed"
    assert study.why == "No: the squashed photo does as well, as far as 28 photos can tell."


def test_it_goes_on_with_what_is_there(wide_zip: Path, tmp_path: Path) -> None:
    def stop_after_the_first(step: Progress) -> None:
        if "result" in step.data:
            raise Cancelled

    with pytest.raises(Cancelled):
        framing(tmp_path, request_for(wide_zip), stop_after_the_first)
    assert [run.backbone for run in find_runs(tmp_path)] == ["pixels_16"]
    steps: list[Progress] = []
    framing(tmp_path, request_for(wide_zip), steps.append)
    crossed = {step.stage for step in steps if "cross-validating" in step.message}
    assert crossed == {"pixels_16@whole", "pixels_16@squashed"}
    assert [run.backbone for run in find_runs(tmp_path)] == ["pixels_16@whole"]


def test_an_unknown_backbone_is_reported(photos_zip: Path, tmp_path: Path) -> None:
    with pytest.raises(BackboneError, match="resnet"):
        framing(tmp_path, request_for(photos_zip, "resnet"), silent)


def test_the_command_answers_people_and_programs(wide_zip: Path, capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ["framing", str(wide_zip), "--backbone", "pixels_16", "--c", "0.01"]
    assert main([*arguments, "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert document["recommended"] == "pixels_16@whole"
    assert document["left_out"] == 0.5
    assert [row["framing"] for row in document["framings"]] == ["centre", "whole", "squashed"]
    assert main(arguments) == 0
    output = capsys.readouterr().out
    assert "pixels_16@squashed" in output
    assert "A square from the middle of a typical photo here leaves out 50 % of it." in output
    assert "Show the whole photo" in output
    assert "To take it: `--backbone pixels_16@whole`." in output


def test_a_comparison_takes_one_framing_for_all_or_each_its_own(
    wide_zip: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    quick = ["--c", "0.01", "--folds", "3", "--repeats", "1", "--json"]
    given = ["compare", str(wide_zip), "--backbones", "pixels_16,pixels_16@squashed", *quick]
    assert main(given) == 0
    compared = json.loads(capsys.readouterr().out)["results"]
    assert {row["backbone"] for row in compared} == {"pixels_16", "pixels_16@squashed"}
    assert main([*given, "--framing", "whole"]) == 0
    compared = json.loads(capsys.readouterr().out)["results"]
    assert {row["backbone"]: row["accuracy_mean"] for row in compared} == {
        "pixels_16@whole": 1.0, "pixels_16@squashed": 1.0,
    }  # fmt: skip
    assert main([*given, "--framing", "wide"]) == 2
    assert "There is no framing 'wide'. Choose one of: centre, whole, squashed." in capsys.readouterr().err
