"""A workspace as one looks after a while of use, for `benchmarks.pages`.

The photos are generated, their comparison is really made, and the trained models have predictions but no weights.
"""

from __future__ import annotations

import shutil
import time
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from core import paths
from core.backbones.registry import info
from core.data.dataset import Dataset
from core.data.ingest import ingest
from core.evaluation.metrics import evaluate
from core.evaluation.predictions import Predictions
from core.jobs import events, store
from core.jobs.reporter import Reporter, beating
from core.jobs.store import Job
from core.progress import Progress
from core.runs import MODEL, Run
from core.tasks import run as carry_out
from core.tasks.answers import Answer, save_answers
from core.tasks.base import Request
from core.tasks.requests import CompareRequest, FinetuneRequest, IngestRequest
from core.tasks.results import Finetuned, Predicted, TakenIn
from core.tasks.specs import spec_of
from core.tasks.using import NamedFile, PredictRequest
from core.training.config import FinetuneConfig
from core.training.images.augmentation import PRESETS
from core.training.results.history import Epoch

W = paths.DEFAULT_WORKSPACE
PHOTOS, CLASSES, RUNS, ANSWERS, EPOCHS = 400, 4, 10, 24, 20
BACKBONES = ("graft_plain", "graft_inception", "pixels_16")
TOUR = "tour"


@dataclass(frozen=True)
class Workspace:
    """What there is in it.

    Attributes:
        dataset: the photos.
        compared: the finished comparison of three backbones on them, which is the tour's, too.
        runs: models that were fine-tuned on them; the first is the tour's and has answered new images.
    """

    dataset: Dataset
    compared: Job
    runs: tuple[Run, ...]

    @property
    def answered(self) -> str:
        """The first run, as the address names it."""
        return self.runs[0].path.relative_to(paths.jobs(W)).as_posix()


def make_workspace(scratch: Path) -> Workspace:
    """Fills the workspace below `GRAFT_HOME`; `scratch` is for what it is made from."""
    dataset = ingest(str(_photos(scratch / "photos.zip")))
    taken_in = TakenIn(dataset=dataset.id, name=dataset.name, images=PHOTOS, classes=CLASSES)
    _end(_job(dataset, IngestRequest(source="sample:textures", tour=TOUR)), taken_in.to_json())
    compared = _job(dataset, CompareRequest(dataset=dataset.id, backbones=BACKBONES, tour=TOUR))
    _end(compared, carry_out(compared.path, compared.spec, lambda _step: None))
    runs = tuple(_trained_run(dataset, number, tour="" if number else TOUR) for number in range(RUNS))
    _answer(dataset, runs[0])
    return Workspace(dataset, compared, runs)


def waiting_training(dataset: Dataset) -> Job:
    """A training that has reported nothing."""
    return _training(dataset, RUNS)


def running_training(dataset: Dataset) -> Job:
    """A training in its last epoch."""
    job = _training(dataset, RUNS + 1)
    _report_epochs(job)
    return job


def endless_training(dataset: Dataset) -> Job:
    """A training of everything that waits for a worker, and keeps that busy until it is cancelled."""
    config = FinetuneConfig("graft_residual", "full", epochs=1000, augmentation=PRESETS["standard"])
    return _job(dataset, FinetuneRequest(dataset=dataset.id, config=config))


def running_comparison(workspace: Workspace) -> Job:
    """A comparison that has all results and has not ended."""
    job = _job(workspace.dataset, CompareRequest(dataset=workspace.dataset.id, backbones=BACKBONES))
    shutil.copytree(workspace.compared.path / "results", job.path / "results")
    for number, backbone in enumerate(BACKBONES, 1):
        _report(job, number, len(BACKBONES), "result", {"backbone": backbone, "probe": "logistic"})
    return job


@contextmanager
def running(job: Job) -> Iterator[None]:
    """The job is held by this process, and gives a sign of life, as if a worker ran it."""
    status = job.recorded().but(state="running", started=time.time(), done=20, total=40, eta_s=60.0)
    with job.held() as free:
        if not free:
            raise RuntimeError(f"job {job.id} is held by somebody else")
        with beating(Reporter(job, status), job.path / "heartbeat"):
            job.write_status(status)
            yield
        job.write_status(status.over("cancelled"))


def _photos(path: Path) -> Path:
    """A zip of small photos of coloured noise, each class in its colour."""
    rng = np.random.default_rng(0)
    with zipfile.ZipFile(path, "w") as archive:
        for number in range(PHOTOS):
            label = number % CLASSES
            with archive.open(f"class {label}/{number}.jpg", "w") as file:
                _noise(rng, label).save(file, "JPEG")
    return path


def _noise(rng: np.random.Generator, label: int) -> Image.Image:
    return Image.fromarray(rng.normal(40 + 50 * label, 40, (96, 128, 3)).clip(0, 255).astype(np.uint8))


def _trained_run(dataset: Dataset, number: int, tour: str = "") -> Run:
    """A finished fine-tuning, with predictions that are mostly right and no weights."""
    job = _training(dataset, number, tour)
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
    config = FinetuneConfig("graft_plain", mode="last", seed=number)
    run = Run(job.path / "run", "graft_plain", dataset.classes, dataset.id, dataset.name, dataset.fingerprint,
              info("graft_plain").preprocessing, config, metrics)  # fmt: skip
    run.save()
    _report_epochs(job)
    _end(job, Finetuned(run="run", dataset=dataset.id).to_json())
    return run


def _answer(dataset: Dataset, run: Run) -> None:
    """A model's answers to as many new images as the page shows, each with its picture."""
    rng = np.random.default_rng(RUNS)
    images = tuple(NamedFile(path=f"/new/{number}.jpg", name=f"{number}.jpg") for number in range(ANSWERS))
    request = PredictRequest(model=str(run.path), images=images, previews=ANSWERS, delete_source=True)
    job, answers = _job(dataset, request), []
    for number, image in enumerate(images):
        _noise(rng, number % CLASSES).save(job.path / f"{number}.jpg")
        proba = dict(zip(dataset.classes, rng.dirichlet(np.ones(CLASSES)).tolist(), strict=True))
        label = max(proba, key=proba.__getitem__)
        answers.append(Answer(image=image.name, label=label, proba=proba, preview=f"{number}.jpg"))
    save_answers(answers, job.path / "answers.json")
    _end(job, Predicted(file="answers.json", images=ANSWERS, failed=0).to_json())


def _training(dataset: Dataset, seed: int, tour: str = "") -> Job:
    config = FinetuneConfig("graft_plain", epochs=EPOCHS, seed=seed)
    return _job(dataset, FinetuneRequest(dataset=dataset.id, config=config, tour=tour))


def _job(dataset: Dataset, request: Request) -> Job:
    return store.create(W, spec_of(request, dataset.name))


def _end(job: Job, result: dict[str, Any]) -> None:
    job.write_status(job.recorded().but(state="running", started=time.time()).over("done").but(result=result))


def _report_epochs(job: Job) -> None:
    for n in range(1, EPOCHS + 1):
        epoch = Epoch(epoch=n, train_loss=1 / n, val_loss=1.1 / n, train_accuracy=1 - 0.5 / n,
                      val_accuracy=1 - 0.6 / n, lr=1e-3, seconds=1.0)  # fmt: skip
        _report(job, n, EPOCHS, "epoch", epoch.to_json())


def _report(job: Job, done: int, total: int, name: str, data: dict[str, Any]) -> None:
    events.append(job.path / "events.jsonl", Progress(done, total, data={name: data}), 0.0)
