"""What goes on, in the sidebar of every page: named, with its time left and the way to it, until its end was seen."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from core.data.dataset import Dataset
from core.jobs import store
from core.jobs.store import Job
from core.runs import Run
from tests.pages.conftest import Open, W, by_label, compare_spec, finetune_spec, finish, running


@pytest.fixture
def job(dataset: Dataset) -> Iterator[Job]:
    """A training that runs."""
    job = store.create(W, finetune_spec(dataset))
    with running(job, share=0.25, eta_s=90.0):
        yield job


def links(app: AppTest) -> list[Any]:
    return [link.proto for link in app.sidebar.get("page_link")]


def captions(app: AppTest) -> list[str]:
    return [str(caption.value) for caption in app.sidebar.caption]


@pytest.mark.parametrize("page", ["data", "compare", "finetune", "evaluate", "explain", "predict", "runs"])
def test_each_page_names_the_job_that_runs(visit: Open, dataset: Dataset, run: Run, job: Job, page: str):
    app = visit(page)
    (link,) = links(app)
    assert link.label.replace("\\", "") == job.spec.title
    assert (link.page, link.query_string) == ("finetune", f"dataset={dataset.id}&job={job.id}")
    assert captions(app) == ["25 % · about 90 s left"]


def test_further_jobs_are_counted(visit: Open, dataset: Dataset, run: Run, job: Job):
    for seed in (1, 2):
        store.create(W, compare_spec(dataset, seed=seed))
    assert captions(visit("evaluate")) == ["25 % · about 90 s left · 2 more wait"]


def test_nothing_is_drawn_again_while_nothing_runs(visit: Open, dataset: Dataset, run: Run):
    app = visit("evaluate")
    assert not links(app)
    assert not captions(app)


def test_the_end_is_told_until_it_is_opened(visit: Open, dataset: Dataset, run: Run, job: Job):
    app = visit("evaluate")
    finish(job, state="failed", error="There is no room on the disk.")
    app.run()
    (link,) = links(app)
    assert link.label.replace("\\", "") == f"failed: {job.spec.title}"
    app.switch_page("pages/finetune.py").run()
    assert not links(app)
    app.switch_page("pages/evaluate.py").run()
    assert not links(app)


def test_the_end_is_told_until_it_is_dismissed(visit: Open, dataset: Dataset, run: Run, job: Job):
    app = visit("evaluate")
    finish(job, state="failed", error="There is no room on the disk.")
    by_label(app.run().sidebar.button, "Dismiss").click().run()
    assert not links(app)
    assert not links(app.run())


def test_the_end_is_told_after_a_reload(visit: Open, dataset: Dataset, run: Run, job: Job):
    visit("evaluate")
    finish(job, state="failed", error="There is no room on the disk.")
    (link,) = links(visit("compare"))
    assert link.label.replace("\\", "") == f"failed: {job.spec.title}"


def test_a_job_that_nobody_saw_go_on_is_not_told(visit: Open, dataset: Dataset, run: Run, job: Job):
    finish(job)
    assert not links(visit("evaluate"))
