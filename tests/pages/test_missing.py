"""Addresses that name what is gone, or is of other photos: the page says so, and shows the way."""

from __future__ import annotations

import pytest

from core.data.dataset import Dataset
from core.data.ingest import ingest
from core.jobs import store
from core.runs import Run
from tests.conftest import ZipBuilder
from tests.pages.conftest import Open, W, button, by_label, compare_spec, finetune_spec, finish, texts

GONE = "20200101-000000-000000-abcdef"


@pytest.mark.parametrize("page", ["data", "compare", "finetune"])
def test_a_run_that_was_deleted(visit: Open, dataset: Dataset, page: str):
    app = visit(page, job=GONE)
    assert "The run of this address has been deleted" in app.warning[0].value
    assert "See what there is" in [link.label for link in app.get("page_link")]


@pytest.mark.parametrize("page", ["evaluate", "explain", "predict"])
def test_a_model_that_was_deleted(visit: Open, dataset: Dataset, run: Run, page: str):
    app = visit(page, run=f"{GONE}/run")
    assert "The model of this address has been deleted" in app.warning[0].value


def test_photos_that_were_deleted(visit: Open, dataset: Dataset):
    app = visit("compare", dataset="0123456789abcdef")
    assert app.warning[0].value.endswith("You see 'pets' instead.")


def test_nothing_is_missing_where_all_is_there(visit: Open, dataset: Dataset, run: Run):
    for page in ("data", "compare", "finetune", "evaluate", "explain", "predict", "runs"):
        app = visit(page, dataset=dataset.id, run=f"{run.path.parent.name}/run", job=run.path.parent.name)
        assert not app.warning


def test_a_run_of_other_photos(visit: Open, dataset: Dataset, run: Run, small_zip: ZipBuilder):
    others = ingest(small_zip(name="others.zip"))
    job = run.path.parent.name
    app = visit("finetune", dataset=others.id, job=job)
    assert "is about other photos" in app.warning[0].value
    link = by_label(app.get("page_link"), "See it with its photos").proto
    assert (link.page, link.query_string) == ("finetune", f"dataset={dataset.id}&job={job}")
    assert "made from other photos" in visit("evaluate", dataset=others.id, run=f"{job}/run").warning[0].value


def test_an_unknown_backbone(visit: Open, dataset: Dataset):
    assert "There is no backbone 'nosuch' to fine" in visit("finetune", backbone="nosuch").warning[0].value.replace(
        "\\", ""
    )


def test_a_second_training_waits_beside_the_one_that_goes_on(visit: Open, dataset: Dataset):
    first = store.create(W, finetune_spec(dataset))
    app = visit("finetune")
    by_label(app.slider, "Epochs, at most").set_value(9).run()
    button(app, "Fine-tune").click().run()
    second = store.list_jobs(W)[0]
    assert second.id != first.id
    assert [b.key for b in app.button if b.label == "Show it"] == [f"show-{second.id}"]
    button(app, "Show it").click().run()
    assert [b.key for b in app.button if b.label == "Show it"] == [f"show-{first.id}"]
    assert by_label(app.slider, "Epochs, at most").value == 9
    button(app, "Show it").click().run()
    assert [b.key for b in app.button if b.label == "Show it"] == [f"show-{second.id}"]


def test_a_comparison_that_goes_on_is_shown_before_a_newer_one(visit: Open, dataset: Dataset):
    going = store.create(W, compare_spec(dataset))
    finish(store.create(W, compare_spec(dataset, seed=1)), state="failed", error="There is no room on the disk.")
    assert f"cancel-{going.id}" in [b.key for b in visit("compare").button]
    assert "no room" not in texts(visit("compare"))
