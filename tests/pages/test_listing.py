"""What the Runs page says of jobs, and which of them it draws again by itself."""

from __future__ import annotations

import dataclasses

from core.data.dataset import Dataset
from core.data.library import delete_dataset
from core.jobs import store
from core.runs import Run
from tests.pages.conftest import Open, W, button, finetune_spec, finish, texts


def test_a_finished_job_says_what_came_of_it_and_a_waiting_one_its_place(visit: Open, dataset: Dataset, run: Run):
    job = store.create(W, finetune_spec(dataset))
    app = visit("runs")
    assert "validation accuracy" in texts(app)
    assert "waiting" in texts(app)
    button(app, "Pause").click().run()
    assert not app.exception
    assert job.status().state == "cancelled"
    assert "cancelled" in texts(app)


def test_a_score_that_was_written_anew_is_shown(visit: Open, run: Run):
    assert "validation accuracy 100" in texts(visit("runs"))
    score = dataclasses.replace(run.metrics["val"], accuracy=0.25, accuracy_ci=(0.1, 0.5))
    dataclasses.replace(run, metrics={**run.metrics, "val": score}).save()
    assert "validation accuracy 25" in texts(visit("runs"))


def test_a_job_whose_photos_are_gone_says_so(visit: Open, dataset: Dataset, run: Run):
    finish(store.create(W, finetune_spec(dataset)), state="failed", error="There is no room on the disk.")
    delete_dataset(W, dataset.id)
    app = visit("runs")
    assert texts(app).count("photos deleted") == 2
    assert "There is no room on the disk" in texts(app)


def test_a_job_that_another_tab_deletes_is_left_out(visit: Open, dataset: Dataset):
    job = store.create(W, finetune_spec(dataset))
    finish(job)
    app = visit("runs")
    assert job.spec.title in texts(app).replace("\\", "")
    store.delete_job(W, job.id)
    assert "Nothing has been run yet" in texts(app.run())
