"""What each page says and does, without a browser: before there is anything, with photos, with runs, with mistakes."""

from __future__ import annotations

from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from core import tasks
from core.backbones.registry import backbones
from core.data.dataset import Dataset
from core.data.ingest import ingest
from core.data.library import delete_dataset, list_datasets
from core.errors import JobError
from core.jobs import store
from core.jobs.spec import JobSpec
from core.progress import silent
from core.runs import Run
from tests.conftest import ZipBuilder
from tests.pages.conftest import NASTY, FakePool, Open, W, button, by_label, finish, texts


def result(backbone: str, accuracy: float) -> dict[str, Any]:
    """One of the results of a comparison."""
    ci = [accuracy - 0.1, accuracy + 0.05]
    return {
        "backbone": backbone,
        "probe": "logistic",
        "accuracy_mean": accuracy,
        "accuracy_ci": ci,
        "macro_f1_mean": accuracy,
        "macro_f1_ci": ci,
        "fold_accuracy": [accuracy] * 5,
        "feature_dim": 512,
        "images_per_s": 50.0,
        "size_mb": 44.0,
        "seconds": 1.0,
        "n": 28,
        "converged": True,
        "notes": [],
    }


RESULTS = [result("pixels_16", 0.6), result("resnet18", 0.9)]


def address(app: AppTest) -> str:
    """The workspace that the page's address names."""
    named = app.query_params["w"]
    return named if isinstance(named, str) else named[0]


def labels(app: AppTest) -> list[str]:
    return [b.label for b in app.button]


@pytest.mark.parametrize(
    ("page", "title"), [("compare", "Compare backbones"), ("finetune", "Fine-tune"), ("evaluate", "Evaluate")]
)
def test_a_page_that_needs_photos_says_what_to_do_first(visit: Open, page: str, title: str):
    app = visit(page)
    assert app.title[0].value == title
    assert "There are no photos yet" in app.info[0].value
    assert not app.button


def test_the_first_page_offers_one_button_for_the_whole_way(visit: Open):
    app = visit()
    assert app.title[0].value == "Teach a network your photos"
    assert "Try a sample" in labels(app)


def test_predict_without_a_model_takes_a_bundle_from_elsewhere(visit: Open):
    app = visit("predict")
    assert app.file_uploader[0].label == "A bundle that Graft has exported (zip)"


def test_runs_is_empty_at_first(visit: Open):
    assert "Nothing has been run yet" in visit("runs").info[0].value


def test_the_tour_queues_its_three_steps_and_explains_them(visit: Open):
    app = visit()
    button(app, "Try a sample").click().run()
    assert not app.exception
    assert app.title[0].value == "A sample, all the way"
    asked = {job.spec.kind: job.spec.params for job in store.list_jobs(W)}
    assert asked.keys() == {"ingest", "compare", "finetune"}
    costs = {info.name: info.gflops for info in backbones() if info.embedded and info.trainable}
    quickest = min(costs, key=lambda name: costs[name])  # a newcomer waits for it
    assert asked["finetune"]["config"]["backbone"] == quickest
    assert set(asked["compare"]["backbones"]) == {*costs, "pixels_16"}
    assert len(app.subheader) == 4


def test_a_folder_is_read_and_shown(visit: Open, pool: FakePool, dataset: Dataset, tmp_path):
    pool.does["ingest"] = lambda job: tasks.ingest(job.path, dict(job.spec.params), silent)
    app = visit()
    by_label(app.text_input, "A folder on this machine").set_value(str(tmp_path / "pets.zip"))
    app.run()
    button(app, "Use this folder").click().run()
    assert not app.exception
    assert app.title[0].value == "pets"


def test_a_refusal_is_shown_in_its_own_words(visit: Open):
    job = store.create(W, JobSpec("ingest", {"source": "x.zip"}, slot="short", title="Read 'x'"))
    finish(job, state="failed", error="There are no images in *this* file.")
    app = visit(job=job.id)
    assert app.error[0].value == r"There are no images in \*this\* file\."


def test_a_public_app_offers_no_folder_and_an_unguessable_workspace(visit: Open, monkeypatch):
    monkeypatch.setenv("GRAFT_PUBLIC", "1")
    app = visit()
    assert not [i for i in app.text_input if "folder" in i.label]
    assert "Use this folder" not in labels(app)
    assert len(address(app)) == 32
    assert address(visit()) != address(app)


def test_a_workspace_that_was_not_given_out_is_not_opened(visit: Open, monkeypatch):
    monkeypatch.setenv("GRAFT_PUBLIC", "1")
    assert address(visit(w="default")) != "default"
    assert address(visit(w="0123456789abcdef" * 2)) == "0123456789abcdef" * 2


def test_data_shows_what_there_is(visit: Open, dataset: Dataset):
    app = visit()
    assert app.title[0].value == "pets"
    numbers = {m.label: m.value for m in app.metric}
    assert (numbers["Images"], numbers["Classes"]) == ("40", "2")
    assert sum(int(numbers[s]) for s in ("Training", "Validation", "Test")) == 40


def test_data_can_be_deleted(visit: Open, dataset: Dataset):
    app = visit()
    button(app, "Delete").click().run()
    assert not app.exception
    assert not list_datasets(W)
    assert app.title[0].value == "Teach a network your photos"


@pytest.mark.parametrize("page", ["data", "compare", "finetune", "evaluate", "predict", "runs"])
def test_names_are_never_markup(visit: Open, dataset: Dataset, run: Run, page: str):
    assert NASTY not in texts(visit(page))


def test_compare_queues_one_job_for_all_backbones(visit: Open, dataset: Dataset):
    app = visit("compare")
    button(app, "Compare").click().run()
    assert not app.exception
    (job,) = store.list_jobs(W)
    assert job.spec.kind == "compare"
    assert job.spec.params["dataset"] == dataset.id
    assert len(job.spec.params["backbones"]) >= 2
    assert job.spec.params["config"]["folds"] == 5


def test_compare_says_which_is_ahead_and_whether_that_is_sure(visit: Open, pool: FakePool, dataset: Dataset):
    pool.does["compare"] = lambda job: {"folds": 5, "results": RESULTS, "failed": []}
    app = visit("compare")
    button(app, "Compare").click().run()
    assert not app.exception
    assert "resnet18" in app.success[0].value
    assert "90.0 %" in app.success[0].value
    assert "overlap" not in app.success[0].value
    table = app.dataframe[-1].value
    assert list(table["Backbone"]) == ["resnet18", "pixels_16"]


def judged(a: str, b: str, low: float, recommended: str) -> dict[str, Any]:
    pair = {
        "a": a, "b": b, "diff": 0.03, "interval": [low, 0.2], "p_better": 0.6, "p_same": 0.3, "p_worse": 0.1,
        "mcnemar_p": 0.2,
    }  # fmt: skip
    return {"best": a, "recommended": recommended, "why": "It is 3 points.", "pairs": [pair]}


@pytest.mark.parametrize(
    ("ahead", "behind", "low", "recommended", "said"),
    [
        ("resnet18", "pixels_16", 0.01, "resnet18", r"resnet18** carries over best"),
        ("resnet18", "vgg16", -0.01, "vgg16", "Take **vgg16**"),
        ("resnet18", "pixels_16", -0.01, "resnet18", "is ahead, which may be chance"),
        ("pixels_16", "resnet18", -0.01, "", "no backbone here beats the floor"),
    ],
)
def test_the_floor_is_never_recommended(
    visit: Open, pool: FakePool, dataset: Dataset, ahead, behind, low, recommended, said
):
    rows = [result(behind, 0.5), result(ahead, 0.6)]
    found = judged(ahead, behind, low, recommended)
    pool.does["compare"] = lambda job: {"folds": 5, "results": rows, "verdict": found}
    app = visit("compare")
    button(app, "Compare").click().run()
    verdict = (app.warning if ahead == "pixels_16" else app.success)[0].value
    assert said in verdict
    assert ("carries over best" in verdict) is (low > 0)
    assert "It is 3 points" in verdict
    onwards = [link.proto.label for link in app.get("page_link") if "fine-tune" in link.proto.label]
    assert onwards == [f"Next: fine-tune {recommended or 'resnet18'}"]


def test_a_backbone_that_failed_is_told_beside_the_others(visit: Open, pool: FakePool, dataset: Dataset):
    failed = [{"backbone": "vgg16", "message": "The weights are not on this machine."}]
    pool.does["compare"] = lambda job: {"folds": 5, "results": RESULTS[1:], "failed": failed}
    app = visit("compare")
    button(app, "Compare").click().run()
    assert "vgg16" in app.warning[0].value
    assert "resnet18" in app.success[0].value


def test_finetune_queues_what_the_form_says(visit: Open, dataset: Dataset):
    app = visit("finetune")
    by_label(app.slider, "Epochs, at most").set_value(3)
    app.run()
    button(app, "Fine-tune").click().run()
    assert not app.exception
    (job,) = (j for j in store.list_jobs(W) if j.spec.kind == "finetune")
    assert job.spec.params["config"]["epochs"] == 3
    assert "waiting" in texts(app) or "Waiting" in str([p.text for p in app.get("progress")])


def test_a_finished_run_is_shown_again_after_a_refresh(visit: Open, dataset: Dataset, run: Run):
    app = visit("finetune")
    judged = run.metrics["val"]
    assert f"of {judged['n']} validation images are right" in app.success[0].value
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
    button(app, "Go on with it").click().run()
    assert not app.exception
    assert job.status().state == "queued"


def test_evaluate_shows_n_and_intervals_and_every_split(visit: Open, dataset: Dataset, run: Run):
    app = visit("evaluate")
    numbers = {m.label: m for m in app.metric}
    n = len(dataset.split("val"))
    assert numbers["Images"].value == str(n)
    assert numbers["Accuracy"].delta.startswith("95 %: ")
    app.button_group[-1].set_value(["test"]) if not app.segmented_control else app.segmented_control[0].set_value(
        "test"
    )
    app.run()
    assert not app.exception
    assert {m.label: m for m in app.metric}["Images"].value == str(len(dataset.split("test")))


@pytest.mark.parametrize("page", ["evaluate", "predict", "runs"])
def test_a_run_outlives_its_photos(visit: Open, dataset: Dataset, run: Run, small_zip: ZipBuilder, page: str):
    delete_dataset(W, dataset.id)
    for _others in ("none", "some"):
        app = visit(page, run=run.path.relative_to(run.path.parents[1]).as_posix())
        assert not [e.value for e in app.error]
        if page == "evaluate":
            assert "photos of this model have been deleted" in app.info[0].value
            assert "Accuracy" in [m.label for m in app.metric]
            assert "every image of this split is right" not in texts(app)
        if page == "runs":
            (link,) = (link.proto for link in app.get("page_link") if link.proto.label == "Open")
            assert (link.page, link.query_string) == ("evaluate", f"run={run.path.parent.name}%2Frun")
        ingest(small_zip(name="others.zip"))


def test_a_tour_outlives_its_photos(visit: Open, pool: FakePool, dataset: Dataset):
    pool.does["ingest"] = lambda job: {"dataset": dataset.id}
    app = visit()
    delete_dataset(W, dataset.id)
    app = app.run()
    by_label(app.button, "Try a sample").click().run()
    assert not app.exception
    assert app.title[0].value == "A sample, all the way"


def test_what_cannot_wait_is_said(visit: Open, pool: FakePool, dataset: Dataset, monkeypatch):
    def refuse(*_given):
        raise JobError("10 jobs of yours are waiting already.")

    monkeypatch.setattr(pool, "submit", refuse)
    app = visit("compare")
    button(app, "Compare").click().run()
    assert not app.exception
    assert app.error[0].value == r"10 jobs of yours are waiting already\."


def test_evaluate_points_to_what_makes_a_model(visit: Open, dataset: Dataset):
    assert "No model has been made" in visit("evaluate").info[0].value


def test_a_run_is_taken_home_by_a_job(visit: Open, pool: FakePool, dataset: Dataset, run: Run):
    def pack(job):
        (job.path / "bundle.zip").write_bytes(b"zip")
        return {"file": "bundle.zip"}

    pool.does["export"] = pack
    app = visit("predict")
    button(app, "Make the bundle").click().run()
    assert not app.exception
    assert "Download the bundle (0.0 MB)" in [b.label for b in app.download_button]


def test_runs_lists_and_deletes(visit: Open, dataset: Dataset, run: Run):
    app = visit("runs")
    assert r"Fine\-tune resnet18" in texts(app)
    assert "validation accuracy" in texts(app)
    button(app, "Delete for good").click().run()
    assert not app.exception
    assert not store.list_jobs(W)


def test_a_waiting_job_can_be_cancelled(visit: Open, dataset: Dataset):
    job = store.create(W, JobSpec("compare", {"backbones": []}, title="Compare", dataset_id=dataset.id))
    app = visit("runs")
    button(app, "Cancel").click().run()
    assert not app.exception
    assert job.status().state == "cancelled"
