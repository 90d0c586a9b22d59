"""Pages without a browser: Streamlit's AppTest over a workspace that the tests fill, and a pool that starts nothing."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import streamlit as st
from streamlit.components.v2 import manifest_scanner
from streamlit.testing.v1 import AppTest

from core import paths
from core.backbones.registry import info
from core.backbones.spec import Preprocessing
from core.bundle.archive import write
from core.bundle.manifest import Manifest
from core.data.dataset import Dataset
from core.evaluation.metrics import evaluate
from core.evaluation.predictions import Predictions
from core.jobs import store
from core.jobs.spec import JobSpec
from core.jobs.store import Job
from core.probing.comparison.comparison import Comparison
from core.probing.comparison.record import COMPARISON, ResultOrigin, save_comparison, save_result
from core.probing.crossval.crossval import ProbeResult
from core.probing.probes.probe import ProbeConfig
from core.runs import HEAD, MODEL, Run
from core.scores import KeptEpoch, SplitScore
from core.tasks.requests import CompareRequest, FinetuneRequest
from core.tasks.results import Compared, Finetuned
from core.tasks.specs import spec_of
from core.training.config import FinetuneConfig
from core.training.results.history import Epoch, save_history

ROOT = Path(__file__).resolve().parents[2]
W = paths.DEFAULT_WORKSPACE
NASTY = "<b>R&D *x* $y$"  # a class name that Markdown, HTML and TeX would each read in their own way


@dataclass
class FakePool:
    """Takes jobs in and leaves them waiting, as a busy pool does; a kind that is in `does` is done at once."""

    does: dict[str, Callable[[Job], dict[str, Any]]] = field(default_factory=dict)

    def submit(self, workspace_id: str, spec: JobSpec) -> Job:
        job = store.create(workspace_id, spec)
        if spec.kind in self.does:
            finish(job, self.does[spec.kind](job))
        return job

    def resume(self, job: Job) -> Job:
        job.write_status(job.recorded().but(state="queued", ended=None, error=""))
        return job

    def cancel(self, job: Job) -> None:
        store.request_cancel(job)

    def delete(self, job: Job) -> None:
        store.delete_job(job.workspace_id, job.id)

    def position(self, _job: Job) -> int:
        return 1


def finish(job: Job, result: dict[str, Any] | None = None, state: str = "done", error: str = "") -> None:
    """Ends a job, as a worker does."""
    started = job.recorded().but(state="running", started=time.time())
    job.write_status(started.over(state, error).but(result=result))


@contextmanager
def running(job: Job, **progress: float) -> Iterator[None]:
    """Holds a job, as a worker does that runs it, until the block ends."""
    with job.held() as free:
        assert free
        (job.path / "heartbeat").touch()
        job.write_status(job.recorded().but(state="running", started=time.time(), **progress))
        yield


@pytest.fixture
def pool(monkeypatch: pytest.MonkeyPatch) -> FakePool:
    """The pool of every page in this test; the caches that sessions share are empty."""
    fake = FakePool()
    st.cache_resource.clear()
    st.cache_data.clear()
    monkeypatch.setattr("pages.ui.resources.pool", lambda: fake)
    return fake


def keep_comparison(job: Job, *results: ProbeResult, **more: Any) -> dict[str, Any]:
    """Puts a finished comparison into a job's directory, as its verb does, and gives the verb's result."""
    comparison = Comparison(results, **more)
    for result in results:
        save_result(result, job.path, ResultOrigin())
    save_comparison(comparison, job.path)
    best = comparison.most_accurate
    compared = Compared(file=COMPARISON, dataset=job.spec.dataset_id, best=best.backbone, accuracy=best.accuracy_mean)
    return compared.to_json()


Open = Callable[..., AppTest]


@pytest.fixture(autouse=True, scope="session")
def components() -> Iterator[None]:
    """Streamlit looks for components among the packages of this machine once, not in every test."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(manifest_scanner, "scan_component_manifests", cache(manifest_scanner.scan_component_manifests))
        yield


@pytest.fixture
def visit(pool: FakePool) -> Open:
    """Opens a page: `visit("compare")`, with the address's parameters as keywords; it must hold no exception."""

    def open_page(page: str = "data", **address: str) -> AppTest:
        app = AppTest.from_file(str(ROOT / "streamlit_app.py"), default_timeout=60)
        app.query_params.update(address)
        app.run()
        if page != "data":
            app.switch_page(f"pages/{page}.py").run()
        assert not app.exception
        return app

    return open_page


@pytest.fixture
def dataset(small_dataset: Callable[..., Dataset]) -> Dataset:
    """Photos of cats and of a class with an awkward name, split by Graft."""
    return small_dataset(name="pets.zip", classes=("cat", NASTY), per_class=20)


def make_run(dataset: Dataset, job: Job, kind: str = "finetune", right: float = 0.9) -> Run:
    """A finished run of a job, with predictions that are right for about a share of the images."""
    path = job.path / ("run" if kind == "finetune" else "probes/resnet18")
    metrics = {}
    for split in ("val", "test"):
        items = dataset.split(split)
        proba = np.full((len(items), 2), 0.2, dtype=np.float32)
        for n, item in enumerate(items):
            proba[n, item.label if n < right * len(items) else 1 - item.label] = 0.8
        labels = np.array([item.label for item in items])
        predictions = Predictions(dataset.classes, labels, proba, tuple(i.sha256 for i in items), split)
        predictions.save(path / "predictions" / f"{split}.npz")
        metrics[split] = evaluate(predictions).summary()
    (path / (HEAD if kind == "probe" else MODEL)).write_bytes(b"weights")
    config = FinetuneConfig("resnet18") if kind == "finetune" else ProbeConfig()
    run = Run(path, "resnet18", dataset.classes, dataset.id, dataset.name, dataset.fingerprint,
              info("resnet18").preprocessing, config, metrics)  # fmt: skip
    run.save()
    return run


def finetune_spec(dataset: Dataset, backbone: str = "resnet18") -> JobSpec:
    """A fine-tuning of the dataset, as the page asks for it."""
    return spec_of(FinetuneRequest(dataset=dataset.id, config=FinetuneConfig(backbone, epochs=3)), dataset.name)


def compare_spec(dataset: Dataset, *backbones: str, seed: int = 0) -> JobSpec:
    """A comparison on the dataset, as the page asks for it."""
    config = ProbeConfig(seed=seed)
    request = CompareRequest(dataset=dataset.id, backbones=backbones or ("resnet18", "pixels_16"), config=config)
    return spec_of(request, dataset.name)


@pytest.fixture
def run(dataset: Dataset) -> Run:
    """A fine-tuned run on the dataset."""
    job = store.create(W, finetune_spec(dataset))
    finished_run = make_run(dataset, job)
    save_history(
        finished_run.path, [Epoch(epoch=1, train_loss=0.7, val_loss=0.6, val_accuracy=0.9, lr=0.01, seconds=1.0)]
    )
    finish(job, Finetuned(run="run", dataset=dataset.id).to_json())
    return finished_run


def texts(app: AppTest) -> str:
    """All the words of a page that are read as Markdown."""
    kinds = ("title", "header", "subheader", "markdown", "caption", "info", "success", "warning", "error", "metric")
    return "\n".join(str(element.value) for kind in kinds for element in getattr(app, kind))


def by_label(widgets: Any, label: str) -> Any:
    """The widget with a label."""
    return next(widget for widget in widgets if widget.label == label)


def button(app: AppTest, label: str) -> Any:
    return by_label(app.button, label)


def unfolded(app: AppTest, title: str) -> AppTest:
    """The page with one of its folds open, as after a press on its title."""
    folded = next(each.key for each in app.expander if each.label == title)
    app.session_state[folded] = True
    app.run()
    assert not app.exception
    return app


@pytest.fixture
def pets(tmp_path: Path) -> Path:
    """A bundle of a probe that tells cats from dogs, whose weights nobody asks for."""
    (tmp_path / "model").write_bytes(b"weights")
    score = SplitScore(n=8, accuracy=0.75, accuracy_ci=(0.4, 0.93), macro_f1=0.7, macro_f1_ci=(0.4, 0.9))
    manifest = Manifest(
        kind="probe", backbone="resnet18", weights="", architecture="", feature_dim=512, classes=("cat", "dog"),
        preprocessing=Preprocessing(resize_px=232, crop_px=224), metrics={"val": score}, kept=KeptEpoch(), config={},
        seed=0, dataset="pets", fingerprint="", versions={}, created="2026-01-02T03:04:05+00:00", sha256="0" * 64,
        n_bytes=7, tensors={"head.weight": ("F32", (2, 512)), "head.bias": ("F32", (2,))},
    )  # fmt: skip
    write(tmp_path / "pets.zip", json.dumps(manifest.to_json()).encode(), b"card", {MODEL: tmp_path / "model"})
    return tmp_path / "pets.zip"


def held(app: AppTest, path: Path) -> AppTest:
    """The page of a session that has brought this bundle."""
    app.session_state["fact-bundle"] = (path.name, str(path))
    return app.run()
