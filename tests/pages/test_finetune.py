"""A fine-tuning as its page draws it while it runs: from what the job has told, whoever told it."""

from __future__ import annotations

from typing import Any

import pytest

from core.data.dataset import Dataset
from core.jobs import events, store
from core.jobs.store import Job
from core.progress import Progress
from core.training.results.history import Epoch
from pages.ui import progress
from tests.pages.charts.rows import epoch
from tests.pages.conftest import Open, W, by_label, finetune_spec, texts


@pytest.fixture
def job(dataset: Dataset) -> Job:
    """A fine-tuning that waits to go on."""
    return store.create(W, finetune_spec(dataset))


def tell(job: Job, *contents: Any) -> None:
    for content in contents:
        events.append(job.path / "events.jsonl", Progress(1, 3, data={"epoch": content}), 0.0)


def test_the_epochs_that_a_job_has_told_come_back_as_they_were(job: Job):
    reported = [epoch(1), epoch(2, val_accuracy=0.75), Epoch(epoch=3, lr=0.0, seconds=1.0)]
    tell(job, *(ended.to_json() for ended in reported))
    assert progress.epochs(job) == reported


def test_what_another_graft_told_differently_is_left_out(job: Job):
    tell(job, 1, {"epoch": "first"}, {**epoch(1).to_json(), "momentum": 0.9}, {"loss": 0.5})
    assert progress.epochs(job) == [epoch(1)]


@pytest.mark.parametrize(("accuracy", "shown"), [(0.75, "75.0 %"), (None, "–")])
def test_the_page_tells_the_last_epoch(visit: Open, job: Job, accuracy: float | None, shown: str):
    tell(job, epoch(1).to_json(), epoch(2, val_accuracy=accuracy).to_json())
    assert f"Epoch 2: validation accuracy {shown}, 1 s an epoch." in texts(visit("finetune"))


@pytest.mark.parametrize("name", ["timm:resnet50.a2_in1k", "efficientnet_lite0+graft_residual"])
def test_a_backbone_that_is_in_no_list_is_offered_where_it_was_trained(visit: Open, dataset: Dataset, name: str):
    store.create(W, finetune_spec(dataset, name))
    assert by_label(visit("finetune").selectbox, "Backbone").value == name
