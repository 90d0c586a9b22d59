"""A zip of photos and a fine-tuned run for the commands, and the three ways in which a command can end."""

from __future__ import annotations

import contextlib
import io
import json
import zipfile
from pathlib import Path
from typing import Any

import pytest

from core.cli import progress
from core.cli.app import main
from core.data.images.decoding import decoding_with
from tests.conftest import photo_bytes
from tests.decoders import InProcessDecoders

ROOT = Path(__file__).resolve().parents[2]
COLOURS = {"cat": (200, 60, 50), "dog [bold]": (60, 80, 200)}


def run(capsys: pytest.CaptureFixture[str], *arguments: object) -> tuple[int, str, str]:
    """Runs a command in this process: its exit code, stdout and stderr."""
    code = main([str(a) for a in arguments])
    out, err = capsys.readouterr()
    return code, out, err


def document(capsys: pytest.CaptureFixture[str], *arguments: object) -> Any:
    """The one JSON document that a command prints when all is well, with nothing on stderr."""
    code, out, err = run(capsys, *arguments, "--json")
    assert (code, err) == (0, "")
    return json.loads(out)


def mistake(capsys: pytest.CaptureFixture[str], *arguments: object) -> str:
    """The one line with which a command refuses."""
    code, out, err = run(capsys, *arguments)
    assert code == 2
    assert out == ""
    assert err.endswith("\n")
    assert err.count("\n") == 1
    assert "Traceback" not in err
    return err


@pytest.fixture(autouse=True)
def no_lines_of_progress(monkeypatch: pytest.MonkeyPatch) -> None:
    """However slow this machine is, stderr holds only what the tests look for."""
    monkeypatch.setattr(progress, "EVERY_S", 3600.0)


@pytest.fixture(scope="session")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A zip of two classes with twelve generated photos each; one name looks like markup."""
    path = tmp_path_factory.mktemp("data") / "photos.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for c, (name, colour) in enumerate(COLOURS.items()):
            for i in range(12):
                archive.writestr(f"{name}/{i}.png", photo_bytes(colour, seed=100 * c + i))
    return path


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A directory for what the commands write."""
    return tmp_path_factory.mktemp("out")


def finetuning(data: Path, out: Path) -> list[str]:
    """The words of the command that makes `finetuned`."""
    return ["finetune", str(data), "--backbone", "graft_plain", "--mode", "head", "--epochs", "2", "--seed", "3",
            "--augment", "flip,rotation=15", "--out", str(out), "--json"]  # fmt: skip


@pytest.fixture(scope="session")
def finetuned(data: Path, folder: Path) -> tuple[Path, Any]:
    """A fine-tuned run and the document that the command printed."""
    out = io.StringIO()
    with pytest.MonkeyPatch.context() as patch, decoding_with(InProcessDecoders), contextlib.redirect_stdout(out):
        patch.setenv("GRAFT_HOME", str(folder / "home"))
        assert main(finetuning(data, folder / "run")) == 0
    return folder / "run", json.loads(out.getvalue())
