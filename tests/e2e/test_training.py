"""A training that is watched while it goes on, and models that are set side by side when they are done."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import expect

from core.data.dataset import Dataset
from core.data.ingest import ingest
from core.jobs import events, store
from core.jobs.store import Job
from core.progress import Progress
from core.tasks.results import Finetuned
from core.training.results.history import Epoch, save_history
from core.training.results.live import live_predictions
from tests.conftest import ZipBuilder
from tests.e2e.server import SMALL, App, start_app, stop_app
from tests.e2e.visitor import Visitor
from tests.pages.conftest import W, finetune_spec, finish, make_run, running

EPOCHS = [
    Epoch(epoch=n, val_loss=0.5, val_accuracy=0.5 + n / 8, recall=(0.5, 0.5), lr=0.01, seconds=1.0, images_per_s=20.0)
    for n in range(3)
]


def trained(photos: Dataset, right: float) -> None:
    """A finished training."""
    job = store.create(W, finetune_spec(photos))
    save_history(make_run(photos, job, right=right).path, EPOCHS)
    finish(job, Finetuned(run="run", dataset=photos.id).to_json())


@pytest.fixture
def going(graft_home: Path, small_zip: ZipBuilder) -> Iterator[Job]:
    """A training that goes on beside two that are done; half of what it says of the validation photos is wrong."""
    photos = ingest(small_zip(per_class=12))
    trained(photos, 1.0)
    trained(photos, 0.5)
    job = store.create(W, finetune_spec(photos))
    run = make_run(photos, job, right=0.5)
    run.predictions_path("val").rename(live_predictions(run.path))
    (run.path / "run.json").unlink()
    for epoch in EPOCHS:
        events.append(job.path / "events.jsonl", Progress(1, 3, data={"epoch": epoch.to_json()}), 0.0)
    with running(job):
        yield job


@pytest.fixture
def app(going: Job, graft_home: Path) -> Iterator[App]:
    """A server over these jobs."""
    started = start_app(graft_home, **SMALL)
    yield started
    stop_app(started)


def test_a_training_is_watched_class_by_class_and_photo_by_photo(visitor: Visitor, going: Job):
    page = visitor.page
    visitor.go("/finetune")
    visitor.chart(f"curves-{going.id}")
    visitor.sees("It learns from 20 photos a second.")
    visitor.unfold("Classes: which are right by now")
    visitor.chart(f"recall-{going.id}")
    visitor.chart(f"live-confusion-now-{going.id}")
    visitor.unfold("Photos that are most wrong now")
    wrong = page.get_by_text("taken for", exact=False)
    visitor.sees(wrong.first)
    visitor.sees_a_tick(whole=True)
    expect(wrong.first).to_be_visible()  # what was unfolded stays so when it is drawn again


def test_two_models_are_set_side_by_side_and_a_run_is_found_by_its_note(visitor: Visitor, going: Job):
    page = visitor.page
    visitor.go("/runs")
    visitor.unfold("side by side")
    visitor.chart("laid-over")
    visitor.sees("All their settings are the same.")
    visitor.sees("the difference is")
    visitor.press("Note")
    page.get_by_role("textbox", name="Note").fill("the one for the paper")
    visitor.press("Save")
    visitor.sees("the one for the paper")
    found = page.get_by_text(re.compile(r"validation accuracy \d"))
    expect(found).to_have_count(2)
    page.get_by_role("textbox", name="Find").fill("paper")
    page.get_by_role("textbox", name="Find").press("Enter")
    expect(found).to_have_count(1)
