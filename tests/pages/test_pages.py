"""All pages without a browser: before there is anything, with runs, and after mistakes."""

from __future__ import annotations

from urllib.parse import parse_qs

import pytest

from core.data.dataset import Dataset
from core.data.ingest import ingest
from core.data.library import delete_dataset
from core.errors import JobError
from core.jobs import store
from core.jobs.spec import JobSpec
from core.runs import Run
from tests.conftest import ZipBuilder
from tests.pages.conftest import NASTY, FakePool, Open, W, button, by_label, compare_spec, finish, texts


@pytest.mark.parametrize(
    ("page", "title"), [("compare", "Compare backbones"), ("finetune", "Fine-tune"), ("evaluate", "Evaluate")]
)
def test_a_page_that_needs_photos_says_what_to_do_first(visit: Open, page: str, title: str):
    app = visit(page)
    assert app.title[0].value == title
    assert "There are no photos yet" in app.info[0].value
    assert not app.main.button


def test_predict_without_a_model_takes_a_bundle_from_elsewhere(visit: Open):
    app = visit("predict")
    assert app.file_uploader[0].label == "A bundle that Graft has exported (zip)"


def test_runs_is_empty_at_first(visit: Open):
    assert "Nothing has been run yet" in visit("runs").info[0].value


@pytest.mark.parametrize("page", ["data", "compare", "finetune", "evaluate", "explain", "predict", "runs"])
def test_nothing_stands_before_a_page_s_title(visit: Open, dataset: Dataset, run: Run, page: str):
    assert visit(page).main[0].type == "title"  # a string that stands in the script is not drawn


@pytest.mark.parametrize("page", ["data", "compare", "finetune", "evaluate", "explain", "predict", "runs"])
def test_names_are_never_markup(visit: Open, dataset: Dataset, run: Run, page: str):
    assert NASTY not in texts(visit(page))


def test_finetune_queues_what_the_form_says(visit: Open, dataset: Dataset):
    app = visit("finetune")
    by_label(app.get("button_group"), "How to choose the settings").set_value("").run()
    by_label(app.slider, "Epochs, at most").set_value(3)
    app.run()
    button(app, "Fine-tune").click().run()
    assert not app.exception
    (job,) = (j for j in store.list_jobs(W) if j.spec.kind == "finetune")
    assert job.spec.params["config"]["epochs"] == 3
    assert "waiting" in texts(app) or "Waiting" in str([p.text for p in app.get("progress")])


def test_a_finished_run_is_shown_again_after_a_refresh(visit: Open, dataset: Dataset, run: Run):
    app = visit("finetune")
    assert f"of {run.metrics['val'].n} validation photos are right" in app.info[0].value
    assert "Next: see where it fails" in [link.label for link in app.get("page_link")]


def test_an_interrupted_run_can_go_on(visit: Open, dataset: Dataset):
    config = {
        "backbone": "resnet18",
        "mode": "head",
        "epochs": 3,
        "lr": 0.01,
        "batch_size": 8,
        "optimizer": "sgd",
        "seed": 0,
    }
    spec = JobSpec("finetune", {"config": config, "dataset": dataset.id}, title="Fine-tune", dataset_id=dataset.id)
    job = store.create(W, spec)
    finish(job, state="interrupted")
    app = visit("finetune")
    button(app, "Resume").click().run()
    assert not app.exception
    assert job.status().state == "queued"


def test_evaluate_shows_n_and_intervals_and_every_split(visit: Open, dataset: Dataset, run: Run):
    app = visit("evaluate")
    numbers = {m.label: m for m in app.metric}
    n = len(dataset.split("val"))
    assert numbers["Photos"].value == str(n)
    assert numbers["Accuracy"].delta.startswith("95 %: ")
    app.button_group[-1].set_value(["test"]) if not app.segmented_control else app.segmented_control[0].set_value(
        "test"
    )
    app.run()
    assert not app.exception
    assert {m.label: m for m in app.metric}["Photos"].value == str(len(dataset.split("test")))


@pytest.mark.parametrize("page", ["evaluate", "explain", "predict", "runs"])
def test_a_run_outlives_its_photos(visit: Open, dataset: Dataset, run: Run, small_zip: ZipBuilder, page: str):
    delete_dataset(W, dataset.id)
    for _others in ("none", "some"):
        app = visit(page, run=run.path.relative_to(run.path.parents[1]).as_posix())
        assert not [e.value for e in app.error]
        if page == "evaluate":
            assert "photos of this model have been deleted" in app.info[0].value
            assert "Accuracy" in [m.label for m in app.metric]
            assert "every photo of this split is right" not in texts(app)
        if page == "runs":
            (link,) = (link.proto for link in app.get("page_link") if link.proto.label == "Open")
            assert link.page == "evaluate"
            assert parse_qs(link.query_string)["run"] == [f"{run.path.parent.name}/run"]
        ingest(small_zip(name="others.zip"))


def test_a_full_queue_is_reported(visit: Open, pool: FakePool, dataset: Dataset, monkeypatch):
    def refuse(*_given):
        raise JobError("10 jobs of yours are waiting already.")

    monkeypatch.setattr(pool, "submit", refuse)
    app = visit("compare")
    button(app, "Compare").click().run()
    assert not app.exception
    assert app.error[0].value == r"10 jobs of yours are waiting already\."


def test_evaluate_points_to_what_makes_a_model(visit: Open, dataset: Dataset):
    assert "No model has been made" in visit("evaluate").info[0].value


def test_runs_lists_and_deletes(visit: Open, dataset: Dataset, run: Run):
    app = visit("runs")
    assert r"Fine\-tune resnet18" in texts(app)
    assert "validation accuracy" in texts(app)
    button(app, "Delete for good").click().run()
    assert not app.exception
    assert not store.list_jobs(W)


def test_a_waiting_job_can_be_cancelled(visit: Open, dataset: Dataset):
    job = store.create(W, compare_spec(dataset))
    app = visit("runs")
    button(app, "Cancel").click().run()
    assert not app.exception
    assert job.status().state == "cancelled"
