"""What the pages cost the server: python -m benchmarks.pages --help

Starts Graft as the README does, over a workspace of 400 generated photos with a finished comparison, ten runs and a
model's answers to 24 new images, and opens it as a browser does, by its websocket. Prints processor seconds of the
server process (its workers' are not counted): a rerun of each page, the mean of several; a tick of a page that watches
a job; the share of a core while a page stands open and nothing runs; and its resident memory after every page. Last,
how long a visitor waits for a rerun of each page while a worker fine-tunes everything on all cores: the median and the
95th percentile by the clock.
"""

from __future__ import annotations

import argparse
import os
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlencode

import numpy as np
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.sync.client import ClientConnection, connect
from websockets.typing import Subprotocol

from benchmarks.workspace import (
    TOUR,
    Workspace,
    endless_training,
    make_workspace,
    running,
    running_comparison,
    running_training,
    waiting_training,
)
from core.jobs import store
from core.jobs.store import Job

ROOT = Path(__file__).resolve().parents[1]
TICKS_PER_S = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True)
class Scene:
    """A page with something on it: its name in the table, the page, and the address's parameters."""

    name: str
    page: str
    address: dict[str, str]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--reruns", type=int, default=20, help="of each page (default 20)")
    parser.add_argument("--idle", type=float, default=20.0, help="seconds of watching an idle server (default 20)")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        os.environ["GRAFT_HOME"] = scratch
        workspace = make_workspace(Path(scratch))
        with serving(Path(scratch)) as (process, port):
            print(f"{len(workspace.dataset.items)} photos, {len(workspace.runs)} runs; {os.cpu_count()} cores")
            for scene in pages(workspace):
                with opened(port, scene) as session:
                    row(f"rerun of {scene.name}", f"{processor_s(process, session.rerun, options.reruns):.3f} s")
            for job, scene in watched(workspace):
                with running(job), opened(port, scene) as session:
                    row(f"tick, {scene.name}", f"{processor_s(process, session.tick, options.reruns):.3f} s")
            for scene in pages(workspace)[:2]:
                with opened(port, scene):
                    time.sleep(2)
                    share = processor_s(process, lambda: time.sleep(options.idle), 1) / options.idle
                    row(f"idle, open at {scene.name}", f"{100 * share:.2f} %")
            row("resident memory", f"{resident_mb(process):.0f} MB")
        beside_a_training(workspace, Path(scratch), options.reruns)


def beside_a_training(workspace: Workspace, scratch: Path, reruns: int) -> None:
    """Prints how long reruns take while a worker trains: of each page, of the one that watches it, and of all."""
    job = endless_training(workspace.dataset)
    watching = Scene("the training itself", "finetune", {"dataset": workspace.dataset.id, "job": job.id})
    waits_s: list[float] = []
    with serving(scratch) as (_process, port):
        with opened(port, watching):
            while job.recorded().state != "running" or job.recorded().done < 200:
                if job.recorded().is_over:
                    raise RuntimeError(job.recorded().error)
                time.sleep(0.5)
        for scene in (*pages(workspace), watching):
            with opened(port, scene) as session:
                of_page_s = [clock_s(session.rerun) for _ in range(reruns)]
            row(f"wait for {scene.name}", in_ms(of_page_s))
            waits_s += of_page_s
        store.request_cancel(job)
        while not job.recorded().is_over:
            time.sleep(0.1)
    row("wait for any page", in_ms(waits_s))


def clock_s(act: Callable[[], None]) -> float:
    """Seconds that something takes."""
    started = time.perf_counter()
    act()
    return time.perf_counter() - started


def in_ms(waits_s: Sequence[float]) -> str:
    """The median and the 95th percentile in words."""
    median, most = (1000 * float(np.percentile(waits_s, q)) for q in (50, 95))
    return f"{median:.0f} ms, p95 {most:.0f} ms"


def row(name: str, value: str) -> None:
    print(f"{name:36}{value:>10}", flush=True)


def pages(workspace: Workspace) -> list[Scene]:
    """Each page, and what more there may be on it."""
    photos = {"dataset": workspace.dataset.id}
    names = ("compare", "finetune", "evaluate", "explain", "predict", "runs")
    return [
        Scene("data", "", photos),
        *(Scene(name, name, photos) for name in names),
        Scene("predict, 24 answers", "predict", {**photos, "run": workspace.answered}),
        Scene("data, the tour at its end", "", {**photos, "tour": TOUR}),
    ]


def watched(workspace: Workspace) -> Iterator[tuple[Job, Scene]]:
    """Jobs, each made when it is asked for, and the pages that watch them."""
    photos = {"dataset": workspace.dataset.id}
    job = waiting_training(workspace.dataset)
    yield job, Scene("job that has reported nothing", "finetune", {**photos, "job": job.id})
    job = running_training(workspace.dataset)
    yield job, Scene("training with 20 epochs", "finetune", {**photos, "job": job.id})
    job = running_comparison(workspace)
    yield job, Scene("comparison with its results", "compare", {**photos, "job": job.id})
    yield waiting_training(workspace.dataset), Scene("runs", "runs", photos)
    yield waiting_training(workspace.dataset), Scene("another page", "evaluate", photos)


@contextmanager
def serving(home: Path) -> Iterator[tuple[subprocess.Popen[bytes], int]]:
    """A server with this home, once it answers."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "streamlit", "run", "streamlit_app.py", "--server.headless", "true"]
    command += ["--server.address", "127.0.0.1", "--server.port", str(port)]
    with (home / "server.log").open("wb") as log:
        process = subprocess.Popen(command, cwd=ROOT, stdout=log, stderr=subprocess.STDOUT)
    try:
        for _ in range(240):
            try:
                urllib.request.urlopen(f"http://127.0.0.1:{port}/_stcore/health", timeout=2).close()
                break
            except OSError:
                time.sleep(0.25)
        yield process, port
    finally:
        process.terminate()
        process.wait()


@contextmanager
def opened(port: int, scene: Scene) -> Iterator[Session]:
    """A page that has been drawn once."""
    url = f"ws://127.0.0.1:{port}/_stcore/stream"
    with connect(url, subprotocols=[Subprotocol("streamlit")], max_size=None) as connection:
        session = Session(connection, scene)
        session.rerun()
        yield session


class Session:
    """A page that is open in a browser, as the server knows it: a websocket."""

    def __init__(self, connection: ClientConnection, scene: Scene) -> None:
        self._socket = connection
        self._page, self._address, self._hash = scene.page, urlencode(scene.address), ""
        self._ticking: list[str] = []

    def rerun(self) -> None:
        """Runs the whole page again."""
        self._ticking = []
        self._ask()

    def tick(self) -> None:
        """Draws all that is watched again, on the page and beside it, as the browser asks for it every second."""
        if not self._ticking:
            raise RuntimeError("nothing on this page is drawn again by itself")
        for fragment in tuple(self._ticking):
            self._ask(fragment)

    def _ask(self, fragment: str = "") -> None:
        message = BackMsg()
        message.rerun_script.query_string = self._address
        message.rerun_script.page_script_hash = self._hash
        message.rerun_script.page_name = self._page
        message.rerun_script.fragment_id = fragment
        message.rerun_script.is_auto_rerun = bool(fragment)
        self._socket.send(message.SerializeToString())
        again = ForwardMsg.FINISHED_EARLY_FOR_RERUN
        while True:
            answer = ForwardMsg.FromString(self._socket.recv(timeout=120))
            kind = answer.WhichOneof("type")
            if kind == "navigation":
                self._hash = answer.navigation.page_script_hash
            elif kind == "auto_rerun":
                self._ticking += [answer.auto_rerun.fragment_id] * (not fragment)
            elif kind == "page_info_changed":
                self._address = answer.page_info_changed.query_string
            elif kind == "delta" and answer.delta.new_element.WhichOneof("type") == "exception":
                raise RuntimeError(answer.delta.new_element.exception.message)
            elif kind == "script_finished" and answer.script_finished != again:
                return


def processor_s(process: subprocess.Popen[bytes], act: Callable[[], None], times: int) -> float:
    """Processor seconds of the server for one of several times, after one that is not counted."""
    if times > 1:
        act()
    before = _spent_s(process)
    for _ in range(times):
        act()
    time.sleep(0.05)
    return (_spent_s(process) - before) / times


def _spent_s(process: subprocess.Popen[bytes]) -> float:
    fields = Path(f"/proc/{process.pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS_PER_S


def resident_mb(process: subprocess.Popen[bytes]) -> float:
    lines = Path(f"/proc/{process.pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) / 1024 for line in lines if line.startswith("VmRSS"))


if __name__ == "__main__":
    main()
