"""The command that searches for better settings."""

from __future__ import annotations

from pathlib import Path

import pytest
from filelock import FileLock

from core.cli.sweeping import seconds
from core.errors import TrainingError
from tests.cli.conftest import document, mistake, run
from tests.conftest import photo
from tests.fakes import install
from tests.training.tiny import tiny_backbone


@pytest.fixture(autouse=True)
def _tiny(monkeypatch: pytest.MonkeyPatch) -> None:
    install(monkeypatch, tiny_backbone())


@pytest.mark.parametrize(
    ("text", "s"), [("90s", 90.0), ("20m", 1200.0), ("1.5h", 5400.0), ("45", 45.0), (" 2 H ", 7200.0)]
)
def test_times_are_read_as_people_write_them(text: str, s: float) -> None:
    assert seconds(text) == s


@pytest.mark.parametrize("text", ["", "soon", "-5m", "5d", "m"])
def test_what_is_no_time_says_how_to_write_one(text: str) -> None:
    with pytest.raises(TrainingError, match="Write it as 90s, 20m or 2h"):
        seconds(text)


def test_a_sweep_tells_its_trials_and_the_best_run(
    capsys: pytest.CaptureFixture[str], data: Path, tmp_path: Path
) -> None:
    pytest.importorskip("optuna", reason="a sweep is an optional part")
    line = ["sweep", data, "--backbones", "graft_residual", "--epochs", "2", "--trials", "2", "--out", tmp_path / "s"]
    found = document(capsys, *line)
    assert [trial["run"] for trial in found["trials"]] == ["trial-01", "trial-02"]
    assert (Path(found["best"]) / "run.json").is_file()
    code, out, err = run(capsys, *line)
    assert (code, err) == (0, "")
    assert "The best of 2 trials is the run" in " ".join(out.split())
    assert "trial-01" in out


def test_what_cannot_be_searched_is_one_line(capsys: pytest.CaptureFixture[str], data: Path, tmp_path: Path) -> None:
    assert "no time" in mistake(capsys, "sweep", data, "--budget", "soon", "--out", tmp_path)
    assert "nothing to train" in mistake(capsys, "sweep", data, "--backbones", "pixels_16", "--out", tmp_path)


def test_a_directory_is_of_one_sweep_and_of_one_process(
    capsys: pytest.CaptureFixture[str], data: Path, tmp_path: Path
) -> None:
    pytest.importorskip("optuna", reason="a sweep is an optional part")
    options = ["--epochs", "1", "--trials", "1", "--out", tmp_path / "s"]
    small = ["--backbones", "graft_residual"]
    found = document(capsys, "sweep", data, *small, *options)
    assert found["task"]["backbones"] == ["graft_residual"]

    said = mistake(capsys, "sweep", data, "--backbones", "graft_residual,graft_plain@64", *options)
    assert f"'{tmp_path / 's'}' was begun with backbones graft_residual (now graft_residual, graft_plain@64)." in said
    for label, colour in (("cat", (200, 60, 50)), ("dog", (60, 80, 200))):
        (tmp_path / "other" / label).mkdir(parents=True)
        for i in range(8):
            photo(colour, seed=i).save(tmp_path / "other" / label / f"{i}.png")
    said = mistake(capsys, "sweep", tmp_path / "other", *small, *options)
    assert "was begun with other photos, classes or splits. " in said
    with FileLock(tmp_path / "s" / ".sweep.lock"):
        said = mistake(capsys, "sweep", data, *small, *options)
    assert f"Another sweep is at work in '{tmp_path / 's'}'" in said
    assert document(capsys, "sweep", data, *small, *options) == found
