"""What the pages cost the server: python -m benchmarks.pages --help

Starts Graft as the README does, over a workspace of 400 generated photos with a finished comparison and ten runs, and
opens it as a browser does, by its websocket. Prints processor seconds of the server process (its workers' are not
counted): a rerun of each page, the mean of several; a tick of a job that is watched; the share of a core while a page
stands open and nothing runs; and its resident memory after every page.
"""

from __future__ import annotations

import argparse
import os
import socket
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlencode

import numpy as np
from PIL import Image
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.sync.client import ClientConnection, connect
from websockets.typing import Subprotocol

from core import paths
from core.data.dataset import Dataset
from core.data.ingest import ingest
from core.evaluation.metrics import evaluate
from core.evaluation.predictions import Predictions
from core.jobs import events, store
from core.jobs.spec import JobSpec
from core.jobs.store import Job
from core.progress import Progress
from core.runs import MODEL, Run
from core.tasks import run as carry_out
from core.tasks.requests import CompareRequest, FinetuneRequest
from core.tasks.results import Finetuned
from core.tasks.specs import spec_of
from core.training.config import FinetuneConfig
from core.training.history import Epoch

ROOT = Path(__file__).resolve().parents[1]
W = paths.DEFAULT_WORKSPACE
PAGES = ("", "compare", "finetune", "evaluate", "predict", "runs")
PHOTOS, CLASSES, RUNS = 400, 4, 10
BACKBONES = ("graft_plain", "graft_inception", "pixels_16")
TICKS_PER_S = os.sysconf("SC_CLK_TCK")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--reruns", type=int, default=20, help="of each page (default 20)")
    parser.add_argument("--idle", type=float, default=20.0, help="seconds of watching an idle server (default 20)")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        os.environ["GRAFT_HOME"] = scratch
        dataset, trained = make_workspace(Path(scratch))
        with serving(Path(scratch)) as (process, port):
            print(f"{len(dataset.items)} photos, {len(trained)} runs; {os.cpu_count()} cores")
            address = {"dataset": dataset.id}
            for page in PAGES:
                with opened(port, page, **address) as session:
                    seconds = processor_s(process, session.rerun, options.reruns)
                print(f"{'rerun of ' + (page or 'data'):28}{seconds:8.3f} s", flush=True)
            for job, name in watched(dataset):
                with running(job), opened(port, "finetune", **address, job=job.id) as session:
                    seconds = processor_s(process, session.tick, options.reruns)
                print(f"{'tick, ' + name:28}{seconds:8.3f} s", flush=True)
            for page in ("", "compare"):
                with opened(port, page, **address):
                    time.sleep(2)
                    share = processor_s(process, lambda: time.sleep(options.idle), 1) / options.idle
                print(f"{'idle, open at ' + (page or 'data'):28}{100 * share:8.2f} %", flush=True)
            print(f"{'resident memory':28}{resident_mb(process):8.0f} MB")


def make_workspace(scratch: Path) -> tuple[Dataset, list[Run]]:
    """Photos, a comparison that was really made, and ten runs that look like trained ones."""
    dataset = ingest(str(photos(scratch / "photos.zip")))
    spec = spec_of(CompareRequest(dataset=dataset.id, backbones=BACKBONES), dataset.name)
    compared = store.create(W, spec)
    result = carry_out(compared.path, spec, lambda _step: None)
    end(compared, result)
    return dataset, [trained_run(dataset, number) for number in range(RUNS)]


def photos(path: Path) -> Path:
    """A zip of small photos of coloured noise, each class in its colour."""
    rng = np.random.default_rng(0)
    with zipfile.ZipFile(path, "w") as archive:
        for number in range(PHOTOS):
            label = number % CLASSES
            pixels = rng.normal(40 + 50 * label, 40, (96, 128, 3)).clip(0, 255).astype(np.uint8)
            with archive.open(f"class {label}/{number}.jpg", "w") as file:
                Image.fromarray(pixels).save(file, "JPEG")
    return path


def trained_run(dataset: Dataset, number: int) -> Run:
    """A finished fine-tuning, with predictions that are mostly right and no weights."""
    job = store.create(W, training(dataset, number))
    rng = np.random.default_rng(number)
    metrics = {}
    for split in ("val", "test"):
        items = dataset.split(split)
        labels = np.array([item.label for item in items])
        proba = rng.dirichlet(np.ones(CLASSES), len(items)) + 1.5 * np.eye(CLASSES)[labels]
        proba = (proba / proba.sum(1, keepdims=True)).astype(np.float32)
        predictions = Predictions(dataset.classes, labels, proba, tuple(item.sha256 for item in items), split)
        predictions.save(job.path / "run" / "predictions" / f"{split}.npz")
        metrics[split] = evaluate(predictions).summary()
    (job.path / "run" / MODEL).write_bytes(b"weights")
    run = Run(job.path / "run", "finetune", "graft_plain", dataset.classes, dataset.id, dataset.name,
              dataset.fingerprint, preprocessing={}, config={"mode": "last"}, seed=number, metrics=metrics)  # fmt: skip
    run.save()
    end(job, Finetuned(run="run", dataset=dataset.id).to_json())
    return run


def training(dataset: Dataset, seed: int) -> JobSpec:
    request = FinetuneRequest(dataset=dataset.id, config=FinetuneConfig("graft_plain", epochs=20, seed=seed))
    return spec_of(request, dataset.name)


def history(epochs: int) -> list[Epoch]:
    return [
        Epoch(epoch=n, train_loss=1 / n, val_loss=1.1 / n, train_accuracy=1 - 0.5 / n, val_accuracy=1 - 0.6 / n,
              lr=1e-3, seconds=1.0)
        for n in range(1, epochs + 1)
    ]  # fmt: skip


def end(job: Job, result: dict[str, object]) -> None:
    job.write_status(job.recorded().but(state="running", started=time.time()).over("done").but(result=result))


def watched(dataset: Dataset) -> Iterator[tuple[Job, str]]:
    """Jobs to watch: one that waits, and one whose curves are drawn as they grow."""
    yield store.create(W, training(dataset, 100)), "job that has told nothing"
    job = store.create(W, training(dataset, 101))
    for epoch in history(20):
        events.append(job.path / "events.jsonl", Progress(epoch.epoch, 40, data={"epoch": epoch.to_json()}), 0.0)
    yield job, "training with 20 epochs"


@contextmanager
def running(job: Job) -> Iterator[None]:
    """The job is held by this process, and gives a sign of life, as if a worker ran it."""
    ended = threading.Event()

    def beat() -> None:
        while not ended.wait(0.5):
            (job.path / "heartbeat").touch()

    with job.held() as free:
        if not free:
            raise RuntimeError(f"job {job.id} is held by somebody else")
        (job.path / "heartbeat").touch()
        job.write_status(job.recorded().but(state="running", started=time.time(), done=20, total=40, eta_s=60.0))
        beating = threading.Thread(target=beat)
        beating.start()
        try:
            yield
        finally:
            ended.set()
            beating.join()
            job.write_status(job.recorded().over("cancelled"))


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
def opened(port: int, page: str, **address: str) -> Iterator[Session]:
    """A page that has been drawn once."""
    url = f"ws://127.0.0.1:{port}/_stcore/stream"
    with connect(url, subprotocols=[Subprotocol("streamlit")], max_size=None) as connection:
        session = Session(connection, page, address)
        session.rerun()
        yield session


class Session:
    """A page that is open in a browser, as the server knows it: a websocket."""

    def __init__(self, connection: ClientConnection, page: str, address: dict[str, str]) -> None:
        self._socket = connection
        self._page, self._address, self._hash, self._ticking = page, urlencode(address), "", ""

    def rerun(self) -> None:
        """Runs the whole page again."""
        self._ticking = ""
        self._ask()

    def tick(self) -> None:
        """Draws what is watched again, as the browser asks for it every second."""
        if not self._ticking:
            raise RuntimeError("nothing on this page is drawn again by itself")
        self._ask(self._ticking)

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
                self._ticking = self._ticking or answer.auto_rerun.fragment_id
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
