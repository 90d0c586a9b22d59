"""Choices on the pages: photos, classes and models of the same name, and each model's own answers."""

from __future__ import annotations

from dataclasses import replace

from core.data.dataset import Dataset
from core.data.ingest import ingest
from core.jobs import store
from core.runs import Run
from core.tasks.answers import Answer, save_answers
from core.tasks.results import Predicted
from core.tasks.specs import spec_of
from core.tasks.using import NamedFile, PredictRequest
from pages.ui.text import distinct, run_names
from tests.conftest import ZipBuilder
from tests.pages.conftest import Open, W, finetune_spec, finish, make_run
from tests.pages.test_pages import by_label


def test_a_name_that_comes_again_is_numbered():
    assert distinct(("a", "b", "a", "a (2)", "a")) == ["a", "b", "a (2)", "a (2) (2)", "a (3)"]


def test_photos_of_the_same_name_are_two_choices(visit: Open, small_zip: ZipBuilder):
    first = ingest(small_zip(name="pets.zip", classes=("cat", "dog"), per_class=4))
    second = ingest(small_zip(name="pets.zip", classes=("cow", "dog"), per_class=4))
    app = visit(dataset=first.id)
    chosen = by_label(app.sidebar.selectbox, "Photos")
    assert set(chosen.options) == {"pets", "pets (2)"}
    chosen.set_value(second.id).run()
    assert app.query_params["dataset"] in (second.id, [second.id])


def test_classes_that_are_cut_to_the_same_words_are_all_choices(visit: Open, small_zip: ZipBuilder):
    long = "x" * 60
    ingest(small_zip(name="long.zip", classes=("all", f"{long} 1 {long}", f"{long} 2 {long}"), per_class=4))
    options = by_label(visit().selectbox, "Class").options
    assert len(set(options)) == 4


def test_two_runs_alike_are_two_choices(dataset: Dataset, run: Run):
    twin = replace(run, path=run.path.with_name("other"))
    assert len(set(run_names([run, twin]).values())) == 2


def test_answers_are_shown_for_the_model_that_gave_them(visit: Open, dataset: Dataset, run: Run):
    other_run = make_run(dataset, store.create(W, finetune_spec(dataset)))
    images = (NamedFile(path="gone.jpg", name="same.jpg"),)
    job = store.create(W, spec_of(PredictRequest(model=str(run.path), images=images)))
    answer = Answer(image="same.jpg", label="cat", proba=dict.fromkeys(dataset.classes, 0.5))
    save_answers([answer], job.path / "answers.json")
    finish(job, Predicted(file="answers.json", images=1, failed=0).to_json())
    for is_shown, asked_run in ((True, run), (False, other_run)):
        app = visit("predict", run=asked_run.path.relative_to(job.path.parent).as_posix())
        assert ("Download the answers (CSV)" in [b.label for b in app.download_button]) is is_shown


def test_predictions_that_were_written_anew_are_read_anew(visit: Open, dataset: Dataset):
    job = store.create(W, finetune_spec(dataset))
    for right, accuracy in ((1.0, "100.0 %"), (0.0, "0.0 %")):
        make_run(dataset, job, right=right)
        assert {m.label: m.value for m in visit("evaluate").metric}["Accuracy"] == accuracy
