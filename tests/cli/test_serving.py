"""The command that answers over HTTP, started and ended as a person does."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import urllib.request
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import COLOURS, ROOT, mistake
from tests.conftest import photo_bytes


@pytest.mark.slow
def test_a_run_answers_over_http_until_ctrl_c(finetuned: tuple[Path, Any]) -> None:
    line = [sys.executable, "-m", "core", "serve", str(finetuned[0]), "--port", "0"]
    with subprocess.Popen(line, cwd=ROOT, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        told = next(line for line in process.stderr if "http://" in line)
        url = next(word for word in told.split() if word.startswith("http://")).rstrip(";")
        name, colour = next(iter(COLOURS.items()))
        asked = urllib.request.Request(url, photo_bytes(colour, 77), {"Content-Type": "image/png"})
        with urllib.request.urlopen(asked, timeout=60) as response:
            (answer,) = json.load(response)
        assert set(answer["proba"]) == set(COLOURS)
        assert answer["label"] == name
        process.send_signal(signal.SIGINT)
        assert process.wait(60) == 130
        assert "Traceback" not in process.stderr.read()


def test_what_is_no_model_is_named(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert "nothing.zip" in mistake(capsys, "serve", tmp_path / "nothing.zip")
