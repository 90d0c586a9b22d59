"""What the Fine-tune page can make of a training beside its end."""

from __future__ import annotations

import dataclasses

from core.data.dataset import Dataset
from core.jobs import store
from core.jobs.events import append
from core.jobs.store import Job
from core.progress import Progress
from core.runs import LAST, Run
from core.scores import KeptEpoch
from core.tasks.requests import FinetuneRequest
from core.training.config import FinetuneConfig
from core.training.results.history import Epoch
from tests.pages.conftest import Open, W, button, by_label, finetune_spec, finish, texts


def tell(job: Job, *epochs: Epoch) -> None:
    for epoch in epochs:
        append(job.path / "events.jsonl", Progress(1, 3, data={"epoch": epoch.to_json()}), 0.0, None, None)


def epoch(number: int, loss: float) -> Epoch:
    return Epoch(epoch=number, val_loss=loss, val_accuracy=0.5, lr=0.1, seconds=1.0)


def test_a_paused_training_offers_its_best_so_far(visit: Open, dataset: Dataset):
    job = store.create(W, finetune_spec(dataset))
    finish(job, state="cancelled")
    (job.path / "heartbeat").touch()
    app = visit("finetune")
    assert "Take the best so far as a model" not in [each.label for each in app.button]  # nothing has been judged
    tell(job, epoch(0, 0.5), epoch(1, 0.4), epoch(2, 0.45))
    app = visit("finetune")
    assert "This is paused. What it had done is kept" in texts(app)
    take = button(app, "Take the best so far as a model")
    assert take.help == "Epoch 1 is the best so far. The training itself stays as it is."
    take.click().run()
    assert not app.exception
    taking = next(other for other in store.list_jobs(W) if other.id != job.id)
    request = FinetuneRequest.of(taking.spec)
    assert (request.source, request.take_best, request.config) == (
        f"{job.id}/run", True, FinetuneRequest.of(job.spec).config,
    )  # fmt: skip
    assert taking.spec.slot == "short"  # it need not wait for the training to end
    assert taking.spec.title.startswith("Best so far of resnet18")


def test_the_start_may_be_the_best_so_far(visit: Open, dataset: Dataset):
    job = store.create(W, finetune_spec(dataset))
    finish(job, state="interrupted")
    tell(job, epoch(0, 0.1), epoch(1, 0.4))
    take = button(visit("finetune"), "Take the best so far as a model")
    assert take.help == "Nothing is better yet than the probe that training began with."


def test_a_run_that_keeps_no_weights_cannot_be_trained_further(visit: Open, dataset: Dataset, run: Run):
    assert "More epochs" not in [each.label for each in visit("finetune").number_input]


def test_a_finished_training_can_be_trained_further(visit: Open, dataset: Dataset, run: Run):
    (run.path / LAST).touch()
    config, kept = FinetuneConfig("resnet18", mode="last"), KeptEpoch(best_epoch=2, epochs=3)
    dataclasses.replace(run, config=config, kept=kept).save()
    app = visit("finetune")
    by_label(app.number_input, "More epochs").set_value(4).run()
    button(app, "Train further").click().run()
    assert not app.exception
    request = FinetuneRequest.of(store.list_jobs(W)[0].spec)
    assert request.config == config.extended(4, 3)
    assert request.source == f"{run.path.parent.name}/run"
    assert store.list_jobs(W)[0].spec.title.startswith("Train resnet18")
