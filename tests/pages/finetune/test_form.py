"""The form of a fine-tuning: every setting comes through it, and goes into a file and back."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from core.data.dataset import Dataset
from core.jobs import store
from core.training.config import FinetuneConfig
from core.training.images.augmentation import PRESETS
from tests.pages.conftest import Open, W, button, by_label, texts

UNUSUAL = FinetuneConfig(
    "graft_residual", mode="last", last_stages=2, head_start="zero", epochs=60, lr=0.0123, layer_decay=0.7,
    unfreeze_epochs=2, batch_size=24, optimizer="sgd", schedule="cosine", warmup_epochs=1.5, weight_decay=0.02,
    clip_norm=2.0, label_smoothing=0.1, focal_gamma=2.0, dropout=0.25, mixup=0.2, cutmix=1.0, batch_norm="learnt",
    ema=0.995, average=False, calibrate=False, patience=25, seed=7, views=6, trunk_cache="off", balanced_sampling=True,
    augmentation=replace(PRESETS["standard"], randaugment=12.0, erasing=0.3),
)  # fmt: skip


def asked() -> dict[str, Any]:
    """The settings of the training that was asked for last."""
    return next(job.spec.params["config"] for job in store.list_jobs(W) if job.spec.kind == "finetune")


def upload(app: AppTest, content: str | bytes) -> AppTest:
    place = by_label(app.file_uploader, "Settings as JSON, or the run.json of a run")
    content = content.encode() if isinstance(content, str) else content
    place.set_value(("settings.json", content, "application/json"))
    app.run()
    assert not app.exception
    return app


def test_settings_of_every_kind_come_from_a_file_through_the_form(visit: Open, dataset: Dataset) -> None:
    app = upload(visit("finetune", dataset=dataset.id, mode="last"), json.dumps({"config": UNUSUAL.to_json()}))
    assert by_label(app.slider, "Epochs, at most").value == 60
    button(app, "Fine-tune").click().run()
    assert not app.exception
    assert FinetuneConfig.from_json(asked()) == UNUSUAL


def test_what_was_read_stays_until_something_else_is_chosen(visit: Open, dataset: Dataset) -> None:
    given = FinetuneConfig("graft_plain", "lora")
    app = upload(visit("finetune", dataset=dataset.id, mode="last"), json.dumps(given.to_json()))
    assert by_label(app.selectbox, "Backbone").value == "graft_plain"
    by_label(app.slider, "Rank of the factors").set_value(12)
    by_label(app.slider, "Mixup").set_value(0.4)
    app.run()
    button(app, "Fine-tune").click().run()
    assert (asked()["mode"], asked()["lora_rank"], asked()["mixup"]) == ("lora", 12, 0.4)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("{", "no JSON"),
        (b"\xff\xfe", "no text"),
        ('{"backbone": "graft_plain", "epochs": 0}', "Choose a whole number from 1 to 1000"),
        ('{"backbone": "graft_plain", "speed": 9}', "has no setting"),
    ],
)
def test_a_file_that_is_wrong_is_told_and_changes_nothing(
    visit: Open, dataset: Dataset, content: str | bytes, words: str
) -> None:
    app = visit("finetune", dataset=dataset.id, mode="last")
    before = by_label(app.slider, "Epochs, at most").value
    upload(app, content)
    assert any(words in error.value for error in app.error)
    assert by_label(app.slider, "Epochs, at most").value == before


def test_what_the_form_has_can_be_taken_along(visit: Open, dataset: Dataset) -> None:
    app = visit("finetune", dataset=dataset.id, mode="last")
    assert "Download the settings (JSON)" in [download.label for download in app.download_button]


def test_rare_classes_count_more_or_are_drawn_more_often(visit: Open, dataset: Dataset) -> None:
    app = visit("finetune", dataset=dataset.id, mode="last")
    for choice, setting in (("balance_classes", "balance_classes"), ("balanced_sampling", "balanced_sampling")):
        by_label(app.get("button_group"), "Photos of rare classes").set_value(choice).run()
        button(app, "Fine-tune").click().run()
        assert asked()[setting] is True
    assert not app.exception


def test_settings_are_grouped_with_a_sentence_each(visit: Open, dataset: Dataset) -> None:
    app = visit("finetune", dataset=dataset.id, mode="last")
    assert [tab.label for tab in app.tabs][:3] == ["Learning rate and schedule", "Regularisation", "Weights"]
    assert "What keeps a network from learning" in texts(app)
