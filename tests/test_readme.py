"""What the README says is true of this tree: its Python runs, its commands are understood, its files are there."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from core.cli.app import main

ROOT = Path(__file__).resolve().parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")


def blocks(language: str) -> list[str]:
    """The fenced blocks of a language."""
    fenced = re.findall(r"^```(\w*)\n(.*?)^```$", README, re.DOTALL | re.MULTILINE)
    return [block for named, block in fenced if named == language]


def python(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, *arguments], cwd=ROOT, capture_output=True, text=True, check=False)


COMMANDS = [line for block in blocks("bash") for line in block.splitlines() if line.startswith("python -m core ")]


@pytest.mark.slow
def test_the_example_runs_as_it_stands():
    (example,) = blocks("python")
    assert len([line for line in example.splitlines() if line.strip()]) <= 12
    done = python("-c", example)
    assert done.returncode == 0, done.stderr
    best, floor, judged = done.stdout.splitlines()
    assert best.startswith("graft")  # better than the pixels it was made from
    assert floor.startswith("pixels_16")
    assert "'accuracy_ci'" in judged


def test_the_readme_shows_every_verb_of_the_command_line():
    assert [line.split()[3] for line in COMMANDS] == [
        "backbones", "inspect", "health", "clean", "compare", "curve", "depth", "components", "framing", "map",
        "lr-range", "finetune", "extend", "take", "sweep", "evaluate", "abstain", "strangers", "robustness", "tta",
        "log", "export", "predict", "serve", "explain", "attention",
    ]  # fmt: skip


@pytest.mark.parametrize("line", COMMANDS, ids=lambda line: line.split()[3])
def test_the_options_that_the_readme_shows_exist(line: str, capsys: pytest.CaptureFixture[str]):
    words = shlex.split(line.replace("#", " "))  # what the comment behind it names is meant as well
    assert main([words[3], "--help"]) == 0
    help_text = capsys.readouterr().out
    for option in (word for word in words if word.startswith("--")):
        assert option in help_text


def test_the_readme_maps_what_there_is_and_all_of_core():
    (listed,) = (block for block in blocks("") if "streamlit_app.py" in block)
    room, mapped = "", set[Path]()
    for line in listed.splitlines():
        names = re.match(r"( *)((?:\S+ )*\S+)(?:  |$)", line)
        assert names, line
        under = ROOT / room if names[1] else ROOT
        for name in names[2].split():
            assert (under / name).exists(), f"{name}, in the line {line!r}"
            mapped.add(under / name)
        room = room if names[1] else names[2]
    assert not {path for path in (ROOT / "core").iterdir() if not path.name.startswith("__")} - mapped


def test_pictures_and_files_that_are_linked_exist():
    for target in re.findall(r"\]\(([^)#:]+)\)", README):
        assert (ROOT / target).is_file(), target
