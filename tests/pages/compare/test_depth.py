"""Where to begin to fine-tune: the section of the Compare page, and its link to the Fine-tune page."""

from __future__ import annotations

import pytest

from core.data.dataset import Dataset
from core.jobs import store
from core.jobs.store import Job
from core.probing.probes.probe import ProbeConfig
from core.probing.studies.depth import Depth, Stage, Suggestion
from core.tasks.requests import DepthRequest
from tests.pages.compare.test_maps import comparison, mapped  # noqa: F401 (fixtures)
from tests.pages.conftest import FakePool, Open, W, button, by_label, compare_spec, finish, keep_comparison, texts
from tests.probing.conftest import make_result

STAGES = tuple(
    Stage(name=name, width=48, accuracy_mean=mean, accuracy_ci=(mean - 0.1, mean + 0.1), fold_accuracy=(mean,))
    for name, mean in (("stem", 0.6), ("stage1", 0.8), ("stage2", 0.7))
)
DEPTH = Depth(
    backbone="graft_residual", probe="logistic", folds=5, repeats=2, n=28, stages=STAGES, pairs=(), notes=("A note.",),
    suggestion=Suggestion(mode="last", last_stages=3, stages=("stage2",), why="stage1 is *best*."), seed=4,
)  # fmt: skip


def keep(job: Job) -> dict[str, object]:
    """Keeps a depth in a job's directory, as its verb does, and gives the verb's result."""
    DEPTH.save(job.path)
    return {"file": DEPTH.FILE, "dataset": job.spec.dataset_id}


@pytest.mark.usefixtures("mapped")
def test_the_section_asks_for_one_job_and_says_where_to_begin(
    visit: Open,
    pool: FakePool,
    dataset: Dataset,
    comparison: Job,  # noqa: F811
) -> None:
    app = visit("compare", job=comparison.id, dataset=dataset.id)
    by_label(app.get("button_group"), "Question").set_value("depth").run()
    pool.does["depth"] = keep
    button(app, "Probe each stage").click().run()
    assert not app.exception
    (spec,) = [job.spec for job in store.list_jobs(W, unlisted=True) if job.spec.kind == "depth"]
    assert DepthRequest.of(spec) == DepthRequest(
        dataset=dataset.id, fingerprint=dataset.fingerprint, backbone="graft_residual", config=ProbeConfig(seed=4)
    )
    assert (spec.listed, spec.kept, spec.slot) == (False, True, "long")
    assert r"stage1 is \*best\*" in texts(app)
    assert "A note" in texts(app)
    assert [b.label for b in app.download_button if "depth" in b.label] == [
        "Download depth (JSON)", "Download depth (CSV)",
    ]  # fmt: skip
    assert len(app.get("plotly_chart")) == 1
    link = next(page_link.proto for page_link in app.get("page_link") if "Last stages: 3" in page_link.proto.label)
    assert link.query_string == f"dataset={dataset.id}&backbone=graft_residual&mode=last&last_stages=3"


@pytest.mark.usefixtures("mapped")
def test_a_study_whose_file_is_gone_says_what_to_do(
    visit: Open,
    pool: FakePool,
    dataset: Dataset,
    comparison: Job,  # noqa: F811
) -> None:
    pool.does["depth"] = lambda _job: {"backbone": "graft_residual"}
    app = visit("compare", job=comparison.id, dataset=dataset.id)
    by_label(app.get("button_group"), "Question").set_value("depth").run()
    button(app, "Probe each stage").click().run()
    assert not app.exception
    assert "Measure it again" in app.warning[0].value


def test_raw_pixels_alone_have_no_depth(visit: Open, pool: FakePool, dataset: Dataset) -> None:
    job = store.create(W, compare_spec(dataset, "pixels_16"))
    finish(job, keep_comparison(job, make_result("pixels_16")))
    app = visit("compare", job=job.id, dataset=dataset.id)
    by_label(app.get("button_group"), "Question").set_value("depth").run()
    assert not app.exception
    assert "has stages" in app.info[-1].value


def test_fine_tune_offers_what_was_suggested(visit: Open, dataset: Dataset) -> None:
    app = visit("finetune", dataset=dataset.id, backbone="graft_residual", mode="last", last_stages="3")
    assert by_label(app.selectbox, "Backbone").value == "graft_residual"
    assert by_label(app.get("button_group"), "What to train").value == "last"
    assert by_label(app.slider, "How many of the last stages").value == 3
    app = visit("finetune", dataset=dataset.id, backbone="graft_residual", mode="full")
    assert by_label(app.get("button_group"), "What to train").value == "full"


@pytest.mark.parametrize(
    "address", [{"mode": "none", "last_stages": "x"}, {"last_stages": "99"}, {"mode": "last", "last_stages": "-1"}]
)
def test_an_address_that_makes_no_sense_is_passed_over(visit: Open, dataset: Dataset, address: dict[str, str]) -> None:
    app = visit("finetune", dataset=dataset.id, backbone="graft_residual", **address)
    assert by_label(app.get("button_group"), "What to train").value == "last"
    assert 1 <= by_label(app.slider, "How many of the last stages").value <= 4


def test_a_suggestion_for_another_backbone_is_dropped(visit: Open, dataset: Dataset) -> None:
    app = visit("finetune", dataset=dataset.id, backbone="graft_residual", mode="full")
    del app.query_params["mode"]
    app.query_params["backbone"] = "graft_plain"
    app.run()
    by_label(app.get("button_group"), "How to choose the settings").set_value("").run()
    assert by_label(app.get("button_group"), "What to train").value == "last"
