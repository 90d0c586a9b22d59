"""The runs on the disk, whichever way they were fitted. No torch."""

from __future__ import annotations

from pathlib import Path

from core.errors import EvaluationError
from core.probing.probes.probe import ProbeConfig
from core.runs import FILE, Run, read_run
from core.training.config import FinetuneConfig
from core.versions import read_once


def load_run(path: Path) -> Run:
    """The run in the directory `path`.

    Raises:
        EvaluationError: there is no run, or it was written by another version of Graft.
    """
    return _read(path / FILE)


@read_once(most=1024)
def _read(file: Path) -> Run:
    return read_run(file.parent, (ProbeConfig, FinetuneConfig))


def find_runs(folder: Path) -> list[Run]:
    """Every readable run below `folder`, newest first; damaged ones are left out."""
    runs = []
    for record in folder.glob(f"*/**/{FILE}"):
        try:
            runs.append(load_run(record.parent))
        except EvaluationError:
            continue
    return sorted(runs, key=lambda run: run.created, reverse=True)
