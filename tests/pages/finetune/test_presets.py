"""The form's first choice: a preset with its budget, or settings by hand; and what a preset's run says of itself."""

from __future__ import annotations

from core.data.dataset import Dataset
from core.jobs import store
from core.tasks.forecasting import ForecastRequest
from core.tasks.requests import FinetuneRequest
from core.tasks.specs import spec_of
from core.training.config import FinetuneConfig
from core.training.planning.outlook import Extent, Timing
from core.training.planning.presets import Sight, decide
from tests.pages.conftest import Open, W, button, by_label, finetune_spec, texts

CHOICE = "How to choose the settings"
TIMING = Timing(
    learn_s=0.01, step_s=0.0, look_s=0.0, start_s=0.0, plain_s=0.0, decode_s=0.0, draw_s=0.0, weights=1000,
    learning=1000, saved_bytes=10,
)  # fmt: skip


def test_the_form_begins_with_the_quick_preset_and_asks_for_it(visit: Open, dataset: Dataset):
    app = visit("finetune")
    assert by_label(app.get("button_group"), CHOICE).value == "quick"
    assert "Epochs, at most" not in [slider.label for slider in app.slider]
    by_label(app.number_input, "Minutes that it may take").set_value(5.0).run()
    button(app, "Fine-tune").click().run()
    (job,) = (job for job in store.list_jobs(W) if job.spec.kind == "finetune")
    request = FinetuneRequest.of(job.spec)
    assert (request.preset, request.budget_s) == ("quick", 300.0)


def test_a_run_by_hand_and_an_address_that_says_what_to_train_begin_by_hand(visit: Open, dataset: Dataset):
    assert by_label(visit("finetune", mode="full").get("button_group"), CHOICE).value == ""
    store.create(W, finetune_spec(dataset))
    assert by_label(visit("finetune").get("button_group"), CHOICE).value == ""


def test_a_run_by_a_preset_shows_its_reasons_and_its_own_settings(visit: Open, dataset: Dataset):
    request = FinetuneRequest(
        dataset=dataset.id,
        fingerprint=dataset.fingerprint,
        config=FinetuneConfig("graft_residual"),
        preset="thorough",
        budget_s=600.0,
    )
    job = store.create(W, spec_of(request, "pets"))
    sight = Sight(
        extent=Extent(train=400, val=50), stages=4, input_px=128, accuracies=(0.3, 0.5, 0.7, 0.7), plain=0.7,
        small_px=64, small=0.7,
    )  # fmt: skip
    plan = decide("thorough", 600.0, "graft_residual", sight, lambda _config: TIMING)
    plan.save(job.path / "run")
    app = visit("finetune")
    assert by_label(app.get("button_group"), CHOICE).value == "thorough"
    assert by_label(app.number_input, "Minutes that it may take").value == 10.0
    assert "The form has the settings of the run below." in texts(app)
    assert "All of the backbone learns" in texts(app)
    assert plan.config.backbone == "graft_residual@64"
    assert f"{plan.config.epochs} epochs at most" in texts(app)


def test_what_it_would_take_is_asked_for_once(visit: Open, dataset: Dataset):
    app = visit("finetune")
    button(app, "What would it take?").click().run()
    (job,) = (job for job in store.list_jobs(W, unlisted=True) if job.spec.kind == "forecast")
    assert ForecastRequest.of(job.spec).dataset == dataset.id
    assert "What would it take?" not in [shown.label for shown in app.button]
