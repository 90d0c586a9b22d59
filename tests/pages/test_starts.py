"""What the forms begin with: the settings of the run that is shown below them."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from core.data.dataset import Dataset
from core.jobs import store
from core.jobs.store import Job
from core.tasks.requests import CompareRequest, FinetuneRequest
from core.tasks.specs import spec_of
from core.training.config import FinetuneConfig
from core.training.images.augmentation import Augmentation
from tests.pages.conftest import Open, W, button, by_label, compare_spec, finish, texts

SAME, OTHERS = "The form has the settings of the run below.", "The run below has other settings than the form."
UNUSUAL = FinetuneConfig(
    "graft_plain", "full", epochs=7, lr=0.02, batch_size=24, optimizer="sgd", schedule="step", warmup_epochs=0.0,
    weight_decay=0.5, label_smoothing=0.1, patience=3, seed=5,
    augmentation=Augmentation(rotation=10.0, fill="white"),
)  # fmt: skip


def over(dataset: Dataset, config: FinetuneConfig) -> Job:
    """A training with these settings that has failed."""
    job = store.create(W, spec_of(FinetuneRequest(dataset=dataset.id, config=config), dataset.name))
    finish(job, state="failed", error="There is no room on the disk.")
    return job


def asked(kind: str) -> list[Any]:
    """What was asked for by this kind of job, the newest first."""
    return [job.spec.params for job in store.list_jobs(W) if job.spec.kind == kind]


def test_a_training_s_form_has_the_settings_of_the_run_below(visit: Open, dataset: Dataset):
    over(dataset, UNUSUAL)
    app = visit("finetune")
    assert SAME in texts(app)
    button(app, "Fine-tune").click().run()
    first, second = asked("finetune")
    assert first["config"] == second["config"]


def test_a_training_that_is_opened_brings_its_settings(visit: Open, dataset: Dataset):
    older = over(dataset, UNUSUAL)
    over(dataset, replace(UNUSUAL, epochs=9))
    assert by_label(visit("finetune").slider, "Epochs, at most").value == 9
    assert by_label(visit("finetune", job=older.id).slider, "Epochs, at most").value == 7


def test_a_changed_form_says_so_and_begins_anew_when_asked(visit: Open, dataset: Dataset):
    over(dataset, UNUSUAL)
    app = visit("finetune")
    by_label(app.slider, "Epochs, at most").set_value(3).run()
    assert OTHERS in texts(app)
    button(app, "Start from its settings").click().run()
    assert not app.exception
    assert SAME in texts(app)
    assert by_label(app.slider, "Epochs, at most").value == 7


def test_a_suggested_backbone_comes_before_the_run_s_settings(visit: Open, dataset: Dataset):
    over(dataset, UNUSUAL)
    app = visit("finetune", backbone="graft_residual", mode="head")
    assert by_label(app.selectbox, "Backbone").value == "graft_residual"
    assert OTHERS in texts(app)


@pytest.mark.parametrize(
    "changes", [{}, {"probes": ("lda", "logistic")}, {"backbones": ("graft_plain", "resnet18", "pixels_16")}]
)
def test_a_comparison_s_form_has_the_settings_of_the_run_below(
    visit: Open, dataset: Dataset, changes: dict[str, tuple[str, ...]]
):
    request = CompareRequest.of(compare_spec(dataset, "graft_plain", seed=4))
    job = store.create(W, spec_of(replace(request, **changes), dataset.name))
    finish(job, state="failed", error="There is no room on the disk.")
    app = visit("compare")
    assert SAME in texts(app)
    button(app, "Compare").click().run()
    assert not app.exception
    first, second = asked("compare")
    for setting in ("backbones", "probes", "config"):
        assert first[setting] == second[setting]
