"""The status of a job: the record in its `status.json`."""

from __future__ import annotations

import contextlib
import dataclasses
import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from core.paths import write_json
from core.records import fields_in

QUEUED, RUNNING = "queued", "running"
DONE, FAILED, CANCELLED, INTERRUPTED = "done", "failed", "cancelled", "interrupted"
STATES = (QUEUED, RUNNING, DONE, FAILED, CANCELLED, INTERRUPTED)

_TRIES = 5


@dataclass(frozen=True)
class JobStatus:
    """The state of a job, its progress and its result.

    Attributes:
        state: "queued", "running", "done", "failed", "cancelled", or "interrupted": the worker or the whole program
            ended in the middle of the job, which can be resumed.
        created: when it was submitted, in Unix seconds.
        started: when it began to run; None before.
        ended: when it ended; None before.
        done: how many units of the work at hand are finished.
        total: how many there are; 0 where that is not known.
        share: how much of the job's whole time is over, 0 to 1; None before its first step.
        message: what is being done, in the job's language.
        stage: the part of the work that is being done, such as a backbone's name.
        eta_s: seconds left; None where that is not known.
        eta_note: why that is changing by more than half, in words; "" where it is not.
        error: what went wrong and the remedy, for the user; "" where nothing did.
        error_code: a stable word for the error where there is one: a rejected upload's code, "bug" for a fault of
            Graft's (see the job's `traceback.txt`), "memory", "disk_full" or "worker_ended".
        result: what the verb returned, once it is done.
    """

    state: str
    created: float
    started: float | None = None
    ended: float | None = None
    done: int = 0
    total: int = 0
    message: str = ""
    stage: str = ""
    share: float | None = None
    eta_s: float | None = None
    eta_note: str = ""
    error: str = ""
    error_code: str = ""
    result: dict[str, Any] | None = None

    def __post_init__(self) -> None:
        if self.state not in STATES:
            raise ValueError(f"a job's state is one of {', '.join(STATES)}, not {self.state!r}")

    @property
    def is_over(self) -> bool:
        """Whether nothing more will happen unless the job is resumed."""
        return self.state not in (QUEUED, RUNNING)

    @property
    def is_resumable(self) -> bool:
        """Whether the job can be submitted once more in the same directory."""
        return self.state in (FAILED, CANCELLED, INTERRUPTED)

    @property
    def seconds(self) -> float | None:
        """How long it has been running, or ran; None before its start."""
        return None if self.started is None else max(0.0, (self.ended or time.time()) - self.started)

    def but(self, **changes: Any) -> JobStatus:
        """This status with some fields changed."""
        return dataclasses.replace(self, **changes)

    def over(self, state: str, error: str = "", code: str = "") -> JobStatus:
        """This status at the job's end."""
        share = 1.0 if state == DONE else self.share
        return self.but(
            state=state, ended=time.time(), share=share, eta_s=None, eta_note="", error=error, error_code=code
        )

    @classmethod
    def from_json(cls, content: Mapping[str, Any]) -> JobStatus:
        """The status in a JSON object.

        Raises:
            ValueError: the object holds no status.
        """
        try:
            return cls(**fields_in(content, cls))
        except (AttributeError, TypeError) as problem:
            raise ValueError(f"not a job's status: {problem}") from problem


def write(path: Path, status: JobStatus, *, durable: bool) -> None:
    """Replaces the status at `path`, whole or not at all.

    Args:
        path: the file.
        status: its new content.
        durable: whether it must survive a power cut (a state does; progress, several times a second, does not).

    Raises:
        OSError: there is no room on the disk, or the directory is gone.
    """
    content = {field.name: getattr(status, field.name) for field in dataclasses.fields(status)}
    if durable:
        _patiently(lambda: write_json(path, content))
        return
    temporary = path.with_name(f".{path.name}.tmp")
    try:
        temporary.write_text(json.dumps(content, ensure_ascii=False), encoding="utf-8")
        _patiently(lambda: temporary.replace(path))
    finally:
        with contextlib.suppress(OSError):
            temporary.unlink(missing_ok=True)


def _patiently(write: Callable[[], object]) -> None:
    """Writes, and tries again while a reader has the file open, which keeps Windows from replacing it."""
    for tries_left in reversed(range(_TRIES)):
        try:
            write()
            return
        except PermissionError:
            if not tries_left:
                raise
            time.sleep(0.02)
