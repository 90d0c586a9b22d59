"""The map on the Compare page: its job, its colours, and the photos with their neighbours."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from core.data.dataset import Dataset
from core.jobs import store
from core.jobs.store import Job
from core.probing.crossval.heldout import HeldOut
from core.tasks.results import Mapped, MapPoints
from tests.pages.conftest import FakePool, Open, W, by_label, compare_spec, finish, keep_comparison, texts
from tests.probing.conftest import make_result


@pytest.fixture
def comparison(dataset: Dataset) -> Job:
    """A finished comparison of two backbones; the first photo is wrong with one, the first five with the other."""
    job = store.create(W, compare_spec(dataset, "graft_residual", "graft_plain", seed=4))
    items = dataset.split("train")
    y, ids = np.array([item.label for item in items]), tuple(item.sha256 for item in items)
    results = []
    for backbone, wrong in (("graft_residual", 1), ("graft_plain", 5)):
        named = np.where(np.arange(len(y)) < wrong, 1 - y, y)
        proba = np.where(named[:, None] == np.arange(2), np.float32(0.9), np.float32(0.1))[None]
        held_out = HeldOut(dataset.classes, y, ids, np.arange(len(y))[None] % 5, proba)
        results.append(dataclasses.replace(make_result(backbone), held_out=held_out))
    finish(job, keep_comparison(job, *results))
    return job


@pytest.fixture
def mapped(pool: FakePool, dataset: Dataset) -> list[dict[str, Any]]:
    """The requests for maps; every photo's neighbours are the five that follow it in the dataset."""
    requests = []

    def draw(job: Job) -> dict[str, Any]:
        requests.append(dict(job.spec.params))
        ids = [item.sha256 for item in dataset.items]
        points = MapPoints(
            ids=ids,
            xy=[[float(i), 0.0] for i in range(len(ids))],
            split=[item.split for item in dataset.items],
            neighbours=[[ids[(i + k) % len(ids)] for k in range(1, 6)] for i in range(len(ids))],
            cosines=[[0.9] * 5] * len(ids),
        )
        points.save(job.path / "map.json")
        return Mapped(file="map.json", note="A note.").to_json()

    pool.does["embedding_map"] = draw
    return requests


def groups(app: AppTest, figure: int = 0) -> dict[str, int]:
    """How many points each group of a map has."""
    import json

    spec = json.loads(app.get("plotly_chart")[figure].proto.spec)
    return {trace.get("name", "ring"): len(trace["hovertext"]) for trace in spec["data"] if "hovertext" in trace}


def opened(visit: Open, job: Job, dataset: Dataset) -> AppTest:
    app = visit("compare", job=job.id, dataset=dataset.id)
    by_label(app.get("button_group"), "Question").set_value("map").run()
    assert not app.exception
    return app


def test_the_best_backbones_map_is_drawn_first(visit: Open, comparison: Job, mapped: list, dataset: Dataset) -> None:
    app = opened(visit, comparison, dataset)
    assert [(request["backbone"], request["method"], request["seed"]) for request in mapped] == [
        ("graft_residual", "pca", 0)
    ]
    assert sorted(groups(app).values()) == [20, 20]
    assert "A note" in texts(app)
    assert "No photo is chosen" in texts(app)


def test_two_maps_side_by_side_of_the_same_photos(visit: Open, comparison: Job, mapped: list, dataset: Dataset) -> None:
    app = opened(visit, comparison, dataset)
    by_label(app.multiselect, "One or two backbones").set_value(["graft_residual", "graft_plain"]).run()
    assert not app.exception
    assert [request["backbone"] for request in mapped] == ["graft_residual", "graft_plain"]
    assert groups(app, 0) == groups(app, 1)


def test_colours_say_what_the_probe_had_right(visit: Open, comparison: Job, mapped: list, dataset: Dataset) -> None:
    app = opened(visit, comparison, dataset)
    by_label(app.get("button_group"), "Colours").set_value("right").run()
    n = len(dataset.split("train"))
    assert groups(app) == {"right": n - 1, "wrong": 1, "not a training photo": 40 - n}
    by_label(app.get("button_group"), "Colours").set_value("split").run()
    assert groups(app)["training"] == n
    assert not app.exception


def test_what_is_right_is_each_backbones_own(visit: Open, comparison: Job, mapped: list, dataset: Dataset) -> None:
    app = opened(visit, comparison, dataset)
    by_label(app.multiselect, "One or two backbones").set_value(["graft_plain"]).run()
    by_label(app.get("button_group"), "Colours").set_value("right").run()
    assert groups(app)["wrong"] == 5


def test_a_photo_chosen_by_name_is_shown_with_its_neighbours(
    visit: Open, comparison: Job, mapped: list, dataset: Dataset
) -> None:
    app = opened(visit, comparison, dataset)
    last = [item for item in dataset.items if item.label == 0][-1]  # its five neighbours are of the other class
    box = by_label(app.selectbox, "Choose a photo by its name")
    box.set_value(last.sha256).run()
    assert not app.exception
    words = texts(app)
    assert "5 of 5 nearest photos are of the class" in words
    assert "is this photo labelled rightly" in words
    assert len(app.get("image")) == 6
    by_label(app.selectbox, "Choose a photo by its name").set_value(None).run()
    assert "No photo is chosen" in texts(app)


def test_umap_is_offered_with_how_to_install_it(
    visit: Open, comparison: Job, mapped: list, dataset: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("core.features.maps.find_spec", lambda _name: None)
    app = opened(visit, comparison, dataset)
    method = by_label(app.selectbox, "Method")
    assert "UMAP (not installed)" in method.options
    method.set_value("umap").run()
    assert "pip install umap-learn" in app.info[-1].value
    assert {request["method"] for request in mapped} == {"pca"}
    monkeypatch.setattr("core.features.maps.find_spec", lambda _name: object())
    app.run()
    assert {request["method"] for request in mapped} == {"pca", "umap"}
