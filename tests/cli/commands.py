"""Every command with the least that it takes: words in capitals stand for files that a test has made."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

_QUICK = ["--folds", "2", "--repeats", "1"]
KEEPS = {
    "health": ["DATA", "--backbone", "pixels_16"],
    "clean": ["DATA", "--edits", "EDITS", "--out", "OUT.zip", "--backbone", "pixels_16"],
    "compare": ["DATA", "--backbones", "pixels_16", *_QUICK, "--c", "1"],
    "curve": ["DATA", "--backbone", "pixels_16", *_QUICK, "--c", "1"],
    "depth": ["DATA", "--backbone", "graft_plain", "--images", "8", *_QUICK],
    "components": ["DATA", "--backbone", "pixels_16", *_QUICK, "--c", "1"],
    "framing": ["DATA", "--backbone", "pixels_16", *_QUICK, "--c", "1"],
    "map": ["DATA", "--backbone", "pixels_16", "--out", "OUT.csv"],
    "lr-range": ["DATA", "--backbone", "pixels_16", "--mode", "head"],
    "finetune": ["DATA", "--backbone", "pixels_16", "--epochs", "1", "--out", "OUT"],
    "extend": ["DATA", "RUN", "--epochs", "1", "--out", "OUT"],
    "take": ["DATA", "STOPPED", "--out", "OUT"],
    "sweep": ["DATA", "--backbones", "graft_plain", "--epochs", "1", "--trials", "1", "--out", "OUT"],
    "robustness": ["RUN", "--data", "DATA", "--photos", "2"],
    "tta": ["RUN", "--data", "DATA"],
    "strangers": ["RUN", "--data", "DATA"],
    "attention": ["RUN", "--data", "DATA", "--images", "2"],
}
KEEPS_NOTHING = {
    "backbones": [],
    "inspect": ["DATA"],
    "evaluate": ["RUN"],
    "log": ["RUN"],
    "abstain": ["RUN"],
    "export": ["RUN", "--out", "OUT.zip", "--onnx", "none"],
    "predict": ["RUN", "IMAGE"],
    "explain": ["RUN", "IMAGE", "--out", "OUT", "--no-check"],
}
COMMANDS = KEEPS | KEEPS_NOTHING
GOES_ON = ("serve",)
"""Commands that end when they are told to."""


def filled(command: str, named: Mapping[str, str], out: Path) -> list[str]:
    """A command's arguments with the names of real files; what it writes goes below `out`."""
    return [str(out / a) if a.startswith("OUT") else named.get(a, a) for a in COMMANDS[command]]
