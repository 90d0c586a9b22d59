"""What the pages say of a training that did not help, of one that is asked for twice, and of one that never began."""

from __future__ import annotations

from contextlib import nullcontext

import pytest

from core.data.dataset import Dataset
from core.jobs import store
from core.runs import Run
from core.training.results.baseline import NAME
from tests.pages.conftest import Open, W, button, compare_spec, finetune_spec, finish, make_run, running, texts


def against_frozen(dataset: Dataset, run: Run, frozen_right: float) -> None:
    """Leaves beside a fine-tuned run what a frozen probe said, right for about this share; it is a model, too."""
    job = store.create(W, compare_spec(dataset))
    probe = make_run(dataset, job, "probe", frozen_right)
    probe.save()
    finish(job)
    run.predictions_path(NAME).write_bytes(probe.predictions_path("val").read_bytes())


@pytest.mark.parametrize(
    ("tuned", "frozen", "box", "words", "offers"),
    [
        (1.0, 0.0, "success", "Fine\\-tuning helped\\.", False),
        (0.5, 0.5, "warning", "Whether fine\\-tuning helped cannot be told from so few photos\\.", True),
        (0.0, 1.0, "warning", "Fine\\-tuning made it worse\\.", True),
    ],
)
def test_a_training_that_did_not_help_says_so_and_offers_the_probe(
    visit: Open, dataset: Dataset, run: Run, tuned: float, frozen: float, box: str, words: str, offers: bool
):
    make_run(dataset, store.at(run.path.parent), right=tuned)
    against_frozen(dataset, run, frozen)
    app = visit("finetune")
    assert len(app.success) == (box == "success")
    assert getattr(app, box)[0].value.startswith(f"**{words}**")
    links = {link.proto.label: link.proto.query_string for link in app.get("page_link")}
    assert ("Look at the probe on resnet18 instead" in links) is offers
    if offers:
        assert links["Look at the probe on resnet18 instead"].endswith("probes%2Fresnet18")
        assert links["Try the probe, or take it home"].endswith("probes%2Fresnet18")


def test_without_a_probe_it_is_neither_praised_nor_blamed(visit: Open, dataset: Dataset, run: Run):
    app = visit("finetune")
    assert not app.success
    assert not app.warning
    assert "Was it worth it?" in texts(app)


@pytest.mark.parametrize(("page", "label"), [("finetune", "Fine-tune"), ("compare", "Compare")])
def test_a_second_press_queues_no_twin_and_keeps_showing_the_first(
    visit: Open, dataset: Dataset, page: str, label: str
):
    app = visit(page)
    button(app, label).click().run()
    (first,) = store.list_jobs(W)
    for holding in (nullcontext(), running(first)):  # while it waits, and while it runs
        with holding:
            button(app, label).click().run()
            assert not app.exception
            assert "Just this has been asked for already" in app.info[0].value
            assert "job" not in app.query_params
            assert len(store.list_jobs(W)) == 1
    finish(first)
    button(app, label).click().run()
    assert len(store.list_jobs(W)) == 2


def test_what_never_began_has_saved_nothing(visit: Open, dataset: Dataset):
    job = store.create(W, finetune_spec(dataset))
    finish(job, state="cancelled")
    app = visit("finetune")
    assert "cancelled before it began: nothing was saved" in app.info[0].value
    (job.path / "heartbeat").touch()
    assert "What it had done is kept" in visit("finetune").info[0].value


def test_why_a_job_was_interrupted_is_told_alike_on_every_page(visit: Open, dataset: Dataset):
    job = store.create(W, finetune_spec(dataset))
    finish(job, state="interrupted", error="The worker ended (signal 9).")
    for page in ("finetune", "runs"):
        assert r"The worker ended \(signal 9\)\." in texts(visit(page))
