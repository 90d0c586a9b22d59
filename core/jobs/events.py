"""The log of a job, one JSON object a line in its `events.jsonl`, appended by its worker and read by anyone."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from core.progress import Progress
from core.versions import read_once


@dataclass(frozen=True)
class Event:
    """One step of a job's verb.

    Attributes:
        line: its line in the file, from 0; reading goes on at `line + 1`.
        at: its time, in Unix seconds.
        done, total, message, stage, data: as in `core.progress.Progress`.
        share, eta_s: as in `core.jobs.status.JobStatus`.
    """

    line: int
    at: float
    done: int
    total: int
    message: str = ""
    stage: str = ""
    data: Mapping[str, object] = field(default_factory=dict)
    share: float | None = None
    eta_s: float | None = None


def append(path: Path, step: Progress, at: float, share: float | None = None, eta_s: float | None = None) -> None:
    """Appends a step and what is known of the job's time; a line that a killed worker left half written is ended first.

    Raises:
        OSError: there is no room on the disk.
        ValueError: the step's data is not JSON.
    """
    content: dict[str, object] = {"at": round(at, 3), "done": step.done, "total": step.total}
    content |= {"message": step.message} if step.message else {}
    content |= {"stage": step.stage} if step.stage else {}
    content |= {} if share is None else {"share": round(share, 4)}
    content |= {} if eta_s is None else {"eta_s": round(eta_s, 2)}
    content |= {"data": dict(step.data)} if step.data else {}
    try:
        line = json.dumps(content, ensure_ascii=False, allow_nan=False)
    except (TypeError, ValueError) as problem:
        raise ValueError(f"the data of a progress step is not JSON: {problem}") from problem
    with path.open("ab+") as file:
        file.write((b"" if _ends_whole(file.fileno()) else b"\n") + line.encode() + b"\n")


def read(path: Path, since_line: int = 0) -> list[Event]:
    """The events from line `since_line` on; lines that are damaged or not finished yet are left out."""
    try:
        return [event for event in _all(path) if event.line >= since_line]
    except FileNotFoundError:
        return []


@read_once(most=64)
def _all(path: Path) -> tuple[Event, ...]:
    lines = path.read_bytes().split(b"\n")
    events = (_parse(number, line) for number, line in enumerate(lines[:-1]))
    return tuple(event for event in events if event)


def _parse(number: int, line: bytes) -> Event | None:
    try:
        content = json.loads(line)
        return Event(line=number, **content)
    except (ValueError, TypeError):
        return None


def _ends_whole(descriptor: int) -> bool:
    size = os.fstat(descriptor).st_size
    if size == 0:
        return True
    os.lseek(descriptor, size - 1, os.SEEK_SET)
    return os.read(descriptor, 1) == b"\n"
