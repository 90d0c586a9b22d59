"""Verbs for the tests of jobs, run by real workers; they wait for files rather than for a time, so no test races."""

from __future__ import annotations

import errno
import os
import signal
import sys
import time
from pathlib import Path
from typing import Any

from core.errors import GraftError, RejectedError
from core.i18n import language
from core.jobs.spec import JobSpec
from core.progress import Progress, Report

Params = dict[str, Any]


def run(job_dir: Path, spec: JobSpec, report: Report) -> Params:
    """Runs the verb of this file that has the spec's kind for its name."""
    return getattr(sys.modules[__name__], spec.kind)(job_dir, dict(spec.params), report)  # type: ignore[no-any-return]


def count(job_dir: Path, params: Params, report: Report) -> Params:
    """Reports `n` steps and writes a file."""
    for i in range(params["n"]):
        report(Progress(i + 1, params["n"], f"ступень {i + 1} 🐜", stage=f"part {i % 2}", data={"i": i}))
    (job_dir / "result.txt").write_text("ok")
    return {"n": params["n"], "language": language(), "pid": os.getpid(), "text": params.get("text", "")}


def wait(job_dir: Path, params: Params, report: Report) -> Params:
    """Reports until the file `go` is in its directory; says in `begun` that it runs, and how often it has."""
    with (job_dir / "begun").open("a") as file:
        file.write(f"{os.getpid()}\n")
    while not (job_dir / "go").exists():
        report(Progress(1, 2, "waiting"))
        time.sleep(0.01)
    return {"begun": len((job_dir / "begun").read_text().split())}


def deaf(job_dir: Path, params: Params, report: Report) -> Params:
    """Never reports, and never ends."""
    (job_dir / "begun").write_text(f"{os.getpid()}\n")
    while True:
        time.sleep(60)


def hold_back(job_dir: Path, params: Params, report: Report) -> Params:
    """Reports twice in a moment, then is silent until the file `go` is there."""
    report(Progress(1, 4, "first"))
    report(Progress(2, 4, "second"))
    while not (job_dir / "go").exists():
        time.sleep(0.01)
    return {}


def refuse(job_dir: Path, params: Params, report: Report) -> Params:
    """Raises the error of a user's mistake, with a code where `code` is given."""
    if "code" in params:
        raise RejectedError(params["code"], "This zip is a bomb.")
    raise GraftError("Choose another backbone.")


def bug(job_dir: Path, params: Params, report: Report) -> Params:
    """Raises the error of a fault in the program."""
    raise KeyError("/home/secret/path")


def leave(job_dir: Path, params: Params, report: Report) -> Params:
    """Calls sys.exit, as some libraries do."""
    sys.exit(3)


def no_json(job_dir: Path, params: Params, report: Report) -> Params:
    """Returns a value that JSON cannot hold."""
    return {"accuracy": float("nan")}


def no_memory(job_dir: Path, params: Params, report: Report) -> Params:
    """Raises torch's error for memory that runs out."""
    raise RuntimeError("[enforce fail at alloc_cpu.cpp] DefaultCPUAllocator: can't allocate memory: you tried …")


def no_room(job_dir: Path, params: Params, report: Report) -> Params:
    """Raises the system's error for a full disk."""
    raise OSError(errno.ENOSPC, "No space left on device", "/home/secret/path")


def die(job_dir: Path, params: Params, report: Report) -> Params:
    """Ends its own worker by a signal the first time, and is done the second."""
    if (job_dir / "died").exists():
        return {"resumed": True}
    (job_dir / "died").touch()
    report(Progress(1, 2, "half"))
    os.kill(os.getpid(), getattr(signal, params["signal"]))
    return {}


def chatter(job_dir: Path, params: Params, report: Report) -> Params:
    """Prints where the answers to the pool would go, in Python and under it."""
    print("printed")
    os.write(1, b"to the descriptor\n")
    os.write(2, b"to the error output\n")
    return {"input": sys.stdin.read()}


def children(job_dir: Path, params: Params, report: Report) -> Params:
    """Forks a child that holds on to everything, as a data loader's, then waits for ever."""
    child = os.fork()
    if child == 0:
        time.sleep(120)
        os._exit(0)
    (job_dir / "child").write_text(str(child))
    (job_dir / "begun").write_text(f"{os.getpid()}\n")
    time.sleep(120)
    return {}


def warm_up() -> None:
    """Leaves a trace where a test looks for one."""
    trace = os.environ.get("GRAFT_TEST_WARM")
    if trace:
        Path(trace).touch()


def spare_time() -> bool:
    """Counts its calls where a test looks for them; there are two things to do."""
    trace = os.environ.get("GRAFT_TEST_SPARE")
    if not trace:
        return False
    with Path(trace).open("a+") as calls:
        calls.write("done\n")
        return calls.tell() < len("done\n") * 2
