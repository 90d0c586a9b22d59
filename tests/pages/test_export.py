"""A model taken home on the Predict page: what is asked, what is made, and what is said of it."""

from __future__ import annotations

import json
import zipfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from core.bundle.graphs import Cost, GraphFacts, LeftOut
from core.data.dataset import Dataset
from core.jobs import store
from core.jobs.store import Job
from core.numbers import megabytes
from core.runs import Run
from core.tasks.results import Exported
from tests.bundle.conftest import parts_with
from tests.pages.conftest import FakePool, Open, W, button, texts

PRICE = Cost(n=80, accuracy=0.9, difference=-0.025, interval=(-0.07, 0.02))
GRAPHS = {
    "model.int8.onnx": GraphFacts(precision="int8", n=32, photos="validation", largest=0.04, agreeing=0.97, cost=PRICE)
}
PHOTOS = ("selfcheck/00.png", "selfcheck/01.jpg")
LEFT = {"model.onnx": LeftOut(code="parity", message="'model.onnx' answered otherwise, so it was left out.")}


def packed(path: Path) -> Path:
    """A bundle with one network in it, and one left out."""
    parts = parts_with({"model.int8.onnx": b"graph", "predict.py": b"print()", **dict.fromkeys(PHOTOS, bytes(600))})
    records = {"graphs": GRAPHS, "left_out": LEFT}
    document = json.loads(parts["manifest.json"])
    document |= {key: {name: part.to_json() for name, part in some.items()} for key, some in records.items()}
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in {**parts, "manifest.json": json.dumps(document).encode()}.items():
            archive.writestr(name, content)
    return path


@pytest.fixture
def taken(visit: Open, pool: FakePool, dataset: Dataset, run: Run) -> Any:
    """The page when the bundle has been made."""

    def pack(job: Job) -> dict[str, Any]:
        return Exported(file=packed(job.path / "bundle.zip").name, bytes=3, backbone="resnet18").to_json()

    pool.does["export"] = pack
    app = visit("predict")
    button(app, "Make the bundle").click().run()
    assert not app.exception
    return app


def test_a_bundle_is_one_download_with_what_is_in_it(taken: Any) -> None:
    (label,) = [b.label for b in taken.download_button if "bundle" in b.label]
    assert label.startswith("Download the bundle (")
    assert "| `model.safetensors` |" in texts(taken)
    assert "| `model.int8.onnx` |" in texts(taken)
    assert "`MODEL_CARD.md`" in texts(taken)


def test_each_file_of_it_has_its_size(taken: Any) -> None:
    (job,) = [job for job in store.list_jobs(W, unlisted=True) if job.spec.kind == "export"]
    with zipfile.ZipFile(job.path / "bundle.zip") as archive:
        sizes = {entry.filename: entry.file_size for entry in archive.infolist()}
    lines = [line.split(" | ") for line in texts(taken).replace("\u00a0", " ").splitlines() if line.startswith("| `")]
    shown = {cells[0].strip("| `"): cells[1] for cells in lines}
    photos = sum(sizes.pop(name) for name in PHOTOS)
    assert shown.pop("selfcheck/") == megabytes(photos / 1e6) == "1 kB"
    assert shown == {name: megabytes(n_bytes / 1e6) for name, n_bytes in sizes.items()}


def test_what_a_network_costs_and_what_was_left_out_is_said(taken: Any) -> None:
    said = " ".join(caption.value for caption in taken.caption)
    assert "differ from the model's by at most 0.04 on 32 validation photos" in said
    assert "Accuracy on 80 validation photos: 90.0 %, −2.5 points against 32 bits (95 % interval" in said
    assert "answered otherwise" in taken.warning[0].value


def test_what_is_wanted_in_the_bundle_is_asked(visit: Open, pool: FakePool, dataset: Dataset, run: Run) -> None:
    app = visit("predict")
    app.button_group(key="export-onnx").set_value(["fp32", "int8"]).run()
    app.toggle(key="export-photos").set_value(True).run()
    button(app, "Make the bundle").click().run()
    (job,) = [job for job in store.list_jobs(W, unlisted=True) if job.spec.kind == "export"]
    wanted = job.spec.params["contents"]
    assert (wanted["onnx"], wanted["photos"]) == (["fp32", "int8"], True)


def test_without_the_network_in_full_there_is_no_self_check(
    visit: Open, pool: FakePool, dataset: Dataset, run: Run
) -> None:
    app = visit("predict")
    app.button_group(key="export-onnx").set_value([]).run()
    assert app.toggle(key="export-photos").disabled


@pytest.mark.parametrize(
    ("backbone", "told"),
    [
        (
            "graft_plain",
            "The page has about 16 MB, since this network has about 8.2 MB; in the zip it takes about 12 MB.",
        ),
        ("resnet18", "No page for this model: its network has about 45 MB, and a page holds at most 25 MB."),
    ],
)
def test_the_size_of_the_page_is_told_before_it_is_made(
    visit: Open, pool: FakePool, dataset: Dataset, run: Run, backbone: str, told: str
) -> None:
    replace(run, backbone=backbone).save()
    app = visit("predict")
    assert not [job for job in store.list_jobs(W, unlisted=True) if job.spec.kind == "export"]
    assert told in " ".join(caption.value.replace("\u00a0", " ") for caption in app.caption)
    assert app.toggle(key="export-page").disabled == (backbone == "resnet18")
