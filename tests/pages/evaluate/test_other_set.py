"""A model judged by another labelled set on the Evaluate page."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from core.data.dataset import Dataset
from core.evaluation.abstention.rule import Rule
from core.evaluation.predictions import Predictions
from core.jobs.store import Job
from core.runs import Run
from core.strangers.record import ExpectedAlarms, FalseAlarms
from core.tasks.judging.leaks import Leaks
from core.tasks.judging.other import JudgeRequest, OtherJudged
from core.tasks.specs import spec_of
from pages.ui import jobs, state
from tests.pages.conftest import FakePool, Open, W, by_label, texts


def judged(run: Run, dataset: Dataset, pool: FakePool, **more: Any) -> Job:
    """A job that has judged a run by a dataset's test photos."""

    def do(job: Job) -> dict[str, Any]:
        items = dataset.split("test")
        labels = np.array([item.label for item in items])
        proba = np.eye(2, dtype=np.float32)[labels]
        Predictions(dataset.classes, labels, proba, tuple(item.sha256 for item in items), "other").save(
            job.path / "predictions.npz"
        )
        facts = {"own_split": "test", "own_right": 1, "own_n": 4, **more}
        return OtherJudged(file="predictions.npz", root=str(dataset.root), name="field", **facts).to_json()

    pool.does["judge"] = do
    return pool.submit(W, spec_of(JudgeRequest(model=str(run.path), photos="/field.zip", name="field")))


def on_other_set(visit: Open):
    app = visit("evaluate")
    by_label(app.segmented_control, "Judge it on").set_value("other").run()
    assert not app.exception
    return app


def test_before_any_is_judged_it_is_said_what_is_needed(visit: Open, run: Run):
    assert "one folder for each class" in texts(on_other_set(visit))


def test_everything_is_shown_of_it_with_a_sentence_beside_the_models_own_photos(
    visit: Open, dataset: Dataset, run: Run, pool: FakePool
):
    leaks = Leaks(checked="near", same=("x",), clean_right=2, clean_n=3)
    rule = Rule(kind="threshold", promised=0.1, threshold=0.5, n=40, answered=0.8, answered_ci=(0.7, 0.9))
    expected = ExpectedAlarms(rate=2 / 41, n=40)
    more = {
        "rule": rule,
        "alarms": FalseAlarms(n=4, alarms=1),
        "expected": expected,
        "skipped": {"cat/broken.jpg": "It is no photo."},
    }
    judged(run, dataset, pool, notes=("Something.",), leaks=leaks, **more)
    app = on_other_set(visit)
    words = texts(app)
    assert "of its own test photos 25.0\N{NO-BREAK SPACE}%" in words.replace("\\", "")
    assert "trained or chosen with" in words
    assert "Something" in words
    assert "it answers" in words
    assert "it takes 1 for strangers" in words
    assert "photos of its classes 4.9" in words.replace("\\", "")
    assert "share here is no more than chance explains" in words
    assert "broken" in words
    assert "Which classes are taken for which" in words
    assert "None: every photo of this split is right" in words
    assert [each.label for each in app.expander][-1] == "Where is it worse?"


def test_names_that_are_nearly_the_same_are_one_press_away(visit: Open, dataset: Dataset, run: Run, pool: FakePool):
    judged(run, dataset, pool, suggested={"kat": "cat"})
    app = on_other_set(visit)
    by_label(app.button, "Take them for the same: kat → cat").click().run()
    assert not app.exception
    again = jobs.newest(JudgeRequest, lambda request: bool(request.rename))
    assert again is not None
    assert JudgeRequest.of(again.spec).rename == {"kat": "cat"}
    assert state.workspace() == W


def test_the_address_of_a_judging_leads_to_it(visit: Open, dataset: Dataset, run: Run, pool: FakePool):
    job = judged(run, dataset, pool)
    address = jobs.address_of(job)
    assert address["dataset"] == dataset.id
    app = visit("evaluate", **address)
    assert by_label(app.segmented_control, "Judge it on").value == "other"


def test_photos_of_the_library_are_judged_by_too(
    visit: Open, dataset: Dataset, run: Run, pool: FakePool, small_dataset: Callable[..., Dataset]
):
    other = small_dataset(name="field.zip", per_class=12, size_px=40)
    app = visit("evaluate", dataset=dataset.id)
    by_label(app.segmented_control, "Judge it on").set_value("other").run()
    by_label(app.selectbox, "Or photos that are here already").set_value(other.id).run()
    by_label(app.button, "Judge it by these").click().run()
    assert not app.exception
    job = jobs.newest(JudgeRequest, lambda request: request.model == str(run.path))
    assert job is not None
    assert JudgeRequest.of(job.spec).photos == other.id


def test_a_judging_can_be_forgotten_and_goes_with_its_model(visit: Open, dataset: Dataset, run: Run, pool: FakePool):
    first, second = (judged(run, dataset, pool) for _time in range(2))
    app = on_other_set(visit)
    by_label(app.button, "Forget it").click().run()
    assert not app.exception
    assert first.path.exists() != second.path.exists()
    (maker,) = (job for job in jobs.listed() if run.path.is_relative_to(job.path))
    jobs.delete(maker)
    assert not first.path.exists()
    assert not second.path.exists()
