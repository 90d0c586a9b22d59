"""Backbones side by side on the Compare page, over a comparison that the tests make up."""

from __future__ import annotations

import csv

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from core.data.dataset import Dataset
from core.jobs import store
from core.jobs.store import Job
from core.probing.crossval.crossval import ProbeResult
from core.probing.crossval.heldout import HeldOut
from core.probing.probes.kinds import find
from core.tables import BOM
from tests.pages.conftest import NASTY, Open, W, by_label, compare_spec, finish, keep_comparison, texts


def result(dataset: Dataset, backbone: str, right: float, probe: str = "logistic") -> ProbeResult:
    """A backbone whose probe is right about this share of the first class, and about all of the other."""
    items = dataset.split("train")
    y = np.array([item.label for item in items])
    first = np.flatnonzero(y == 0)
    predicted = y.copy()
    predicted[first[round(right * len(first)) :]] = 1
    proba = np.where(np.eye(2, dtype=bool)[predicted], 0.8, 0.2).astype(np.float32)[None]
    fold = (np.arange(len(y)) % 2)[None].astype(np.int64)
    held = HeldOut(dataset.classes, y, tuple(item.sha256 for item in items), fold, proba)
    return ProbeResult(backbone, probe, 512, 50.0, 44.0, 1.0, held, notes=("A *note*.",))


@pytest.fixture
def job(dataset: Dataset) -> Job:
    """A finished comparison of two networks and the floor, by two probes."""
    comparison = store.create(W, compare_spec(dataset))
    rows = [("resnet18", 1.0), ("graft_plain", 0.9), ("pixels_16", 0.1)]
    results = [result(dataset, name, right) for name, right in rows]
    results += [result(dataset, name, 1 - right, "knn") for name, right in rows]
    finish(comparison, keep_comparison(comparison, *results))
    return comparison


@pytest.fixture
def side(visit: Open, dataset: Dataset, job: Job) -> AppTest:
    app = visit("compare", job=job.id, dataset=dataset.id)
    by_label(app.get("button_group"), "Question").set_value("side").run()
    assert not app.exception
    return app


def test_the_section_says_which_classes_gain_and_draws_every_figure(side: AppTest) -> None:
    assert "No class is surely better off" in texts(side)
    assert by_label(side.selectbox, "against").options == ["graft_plain", "pixels_16"]
    by_label(side.selectbox, "against").set_value("pixels_16").run()
    assert not side.exception
    words = texts(side).replace("\\", "").replace(":small[]", "")
    assert f"resnet18 gets more photos right of: '{NASTY}'" in words
    assert "resnet18 calls 0" in words
    assert len(side.get("plotly_chart")) == 6


def test_another_cost_is_chosen_and_another_probe_followed(side: AppTest, job: Job) -> None:
    by_label(side.selectbox, "Cost").set_value("memory_mb").run()
    assert not side.exception
    assert "weights in 32 bits" in texts(side)
    by_label(side.selectbox, "Judge with").set_value("knn").run()
    assert not side.exception
    assert f"All with {find('knn').label.lower()}" in texts(side)
    assert by_label(side.selectbox, "This backbone").options[0] == "pixels_16"  # the best with this probe


def test_a_name_is_shown_as_it_is(side: AppTest) -> None:
    assert NASTY not in texts(side)


def test_every_row_leaves_with_its_intervals_and_notes(
    visit: Open, dataset: Dataset, job: Job, monkeypatch: pytest.MonkeyPatch
) -> None:
    written: dict[str, list[dict[str, str]]] = {}

    def note(_label: str, content: str, file_name: str, *_rest: object, **_options: object) -> None:
        if file_name.endswith(".csv"):
            written[file_name] = list(csv.DictReader(content.removeprefix(BOM).splitlines()))

    monkeypatch.setattr("streamlit.download_button", note)
    app = visit("compare", job=job.id, dataset=dataset.id)
    by_label(app.get("button_group"), "Question").set_value("side").run()
    scores = written["side_by_side.csv"]
    assert [row["backbone"] for row in scores] == ["resnet18", "graft_plain", "pixels_16"]
    assert float(scores[0]["accuracy_ci_low"]) < float(scores[0]["accuracy_mean"])
    assert scores[0]["notes"] == "A *note*."
    assert float(scores[0]["memory_mb"]) == 49.4
    assert [row["gflops_on_front"] for row in scores] == ["True", "True", "False"]
    classes = written["class_differences.csv"]
    assert {row["class"] for row in classes} == {"cat", NASTY}
    assert {"recall_interval_low", "f1_interval_high", "p_holm", "gains"} <= classes[0].keys()
    assert {"same", "kappa_ci_low", "oracle_ci_high"} <= written["agreement.csv"][0].keys()
    assert len(written["agreement.csv"]) == 3
