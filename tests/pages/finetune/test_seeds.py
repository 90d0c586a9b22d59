"""The same fine-tuning with other seeds, asked for on its page and told there."""

from __future__ import annotations

from dataclasses import replace

from core.data.dataset import Dataset
from core.jobs import store
from core.models.runs import load_run
from core.runs import Run
from core.tasks.requests import FinetuneRequest
from core.tasks.results import Finetuned
from core.tasks.specs import spec_of
from core.training.results.baseline import NAME
from tests.pages.conftest import Open, W, button, finetune_spec, finish, make_run, texts


def test_other_seeds_are_asked_for_once(visit: Open, run: Run):
    app = visit("finetune")
    button(app, "Also with 2 other seeds").click().run()
    assert not app.exception
    requests = [FinetuneRequest.of(job.spec) for job in store.list_jobs(W)[:2]]
    assert sorted(request.config.seed for request in requests) == [1, 2]
    assert {replace(request.config, seed=0) for request in requests} == {run.config}
    first = store.list_jobs(W)[-1]
    app = visit("finetune", job=first.id)
    assert "Other seeds wait or run: 2." in texts(app)
    assert not [each for each in app.button if each.label.startswith("Also with")]


def test_what_the_seeds_have_in_common_is_told(visit: Open, dataset: Dataset, run: Run):
    job = store.create(W, finetune_spec(dataset))
    again = make_run(dataset, job, right=0.5)
    again = replace(again, config=replace(again.config, seed=7))
    again.save()
    finish(job, Finetuned(run="run", dataset=dataset.id).to_json())
    for each in (run, again):
        each.predictions_path(NAME).write_bytes(again.predictions_path("val").read_bytes())
    app = visit("finetune")
    labels = [metric.label for metric in app.metric]
    assert labels == ["Seed 0", "Seed 7"]
    assert app.metric[1].value == "0.0 points"
    assert "Over 2 seeds" in texts(app)


def test_three_seeds_are_enough_whichever_is_looked_at(visit: Open, dataset: Dataset, run: Run):
    for seed in (1, 2):
        job = store.create(W, spec_of(FinetuneRequest(dataset=dataset.id, config=replace(run.config, seed=seed)), ""))
        make_run(dataset, job)
        again = replace(load_run(job.path / "run"), config=replace(run.config, seed=seed))
        again.save()
        finish(job, Finetuned(run="run", dataset=dataset.id).to_json())
    assert not [each for each in visit("finetune").button if each.label.startswith("Also with")]
