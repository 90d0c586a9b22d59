"""Every page begins with the current model of the photos that are looked at, says so, and follows the address."""

from __future__ import annotations

from dataclasses import replace

import pytest

from core.data.dataset import Dataset
from core.jobs import store
from core.jobs.store import Job
from core.runs import Run
from pages.ui.text import literal
from tests.pages.conftest import (
    Open,
    W,
    by_label,
    compare_spec,
    finetune_spec,
    finish,
    keep_comparison,
    make_run,
    texts,
)  # fmt: skip
from tests.probing.conftest import make_result


def probe(job: Job, dataset: Dataset, backbone: str, right: float) -> Run:
    """A comparison's probe on a backbone."""
    made = make_run(dataset, job, "probe", right)
    path = made.path.with_name(backbone)
    if path != made.path:
        made.path.rename(path)
    run = replace(made, path=path, backbone=backbone)
    run.save()
    return run


@pytest.fixture
def compared(dataset: Dataset) -> Job:
    """A comparison that recommends resnet18, the floor last, and a fine-tuning after it that lost."""
    job = store.create(W, compare_spec(dataset))
    for backbone, right in (("resnet50", 0.9), ("pixels_16", 0.5), ("resnet18", 0.9)):
        probe(job, dataset, backbone, right)
    results = (make_result("resnet50", 91, 100), make_result("resnet18", 90, 100), make_result("pixels_16", 50, 100))
    finish(job, keep_comparison(job, *results))
    finish(lost := store.create(W, finetune_spec(dataset)))
    make_run(dataset, lost, right=0.5)
    return job


@pytest.mark.parametrize(("page", "label"), [("evaluate", "Model"), ("predict", "Which one")])
def test_a_page_begins_with_the_recommended_model(visit: Open, dataset: Dataset, compared: Job, page: str, label: str):
    app = visit(page)
    assert by_label(app.selectbox, label).value.backbone == "resnet18"
    assert "You see the model that the comparison recommends." in texts(app)
    assert "run" not in app.query_params


@pytest.mark.parametrize(("page", "label"), [("evaluate", "Model"), ("predict", "Which one")])
def test_the_user_s_own_choice_stays(visit: Open, dataset: Dataset, compared: Job, page: str, label: str):
    app = visit(page)
    choice = by_label(app.selectbox, label)
    other = next(option for option in choice.options if "resnet50" in option)
    choice.set_value(other).run()
    assert not app.exception
    key = "".join(app.query_params["run"])
    assert key.endswith("/probes/resnet50")
    assert "recommends" not in texts(app)
    assert by_label(visit(page, run=key).selectbox, label).value.backbone == "resnet50"


def test_fine_tuning_begins_with_the_recommended_backbone(visit: Open, dataset: Dataset, compared: Job):
    app = visit("finetune")
    assert by_label(app.selectbox, "Backbone").value == "resnet18"
    assert "the backbone of the model that the comparison recommends" in texts(app)


def test_other_photos_models_are_named_and_none_of_them_is_taken(
    visit: Open, dataset: Dataset, compared: Job, small_dataset
):
    other = small_dataset(name="birds.zip", classes=("owl", "wren"), per_class=20)
    app = visit("predict", dataset=other.id)
    choice = by_label(app.selectbox, "Which one")
    assert choice.value is None
    assert all(option.startswith("pets · ") for option in choice.options)
    assert "None of these models is one to begin with" in app.info[0].value


def test_the_floor_alone_is_not_taken(visit: Open, dataset: Dataset):
    job = store.create(W, compare_spec(dataset, "pixels_16"))
    probe(job, dataset, "pixels_16", 0.6)
    finish(job, keep_comparison(job, make_result("pixels_16", 60, 100)))
    assert by_label(visit("evaluate").selectbox, "Model").value is None
    assert "no backbone beats the floor" in texts(visit("runs")).replace("\\", "")


def test_the_comparison_and_the_list_of_runs_name_the_same_backbone(visit: Open, dataset: Dataset, compared: Job):
    app = visit("compare")
    links = {link.proto.label: link.proto.query_string for link in app.get("page_link")}
    assert links["Judge the probe on resnet18"].endswith("probes%2Fresnet18")
    assert "Next: fine-tune resnet18" in links
    assert literal("recommended: resnet18, 90.0 %") in texts(visit("runs"))
