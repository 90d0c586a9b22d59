"""The Explain page: what it asks of a model, and how it shows the answers."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from streamlit.testing.v1 import AppTest

from core.data.dataset import Dataset
from core.data.decisions import read_edits
from core.data.edits import RELABEL
from core.evaluation.mistakes import mistakes
from core.evaluation.predictions import Predictions
from core.explaining.alike import NEIGHBOURS, Neighbour
from core.explaining.believed import Faithfulness
from core.explaining.choosing import MISTAKES
from core.explaining.records import GRAD_CAM, HeatMap
from core.explaining.sight import Box
from core.jobs import store
from core.jobs.store import Job
from core.paths import write_json
from core.runs import Run
from core.tasks.explained import Explained, Explanation
from core.tasks.explaining import ANSWERED, OF_DATASET, ExplainRequest
from core.tasks.results import Finetuned
from core.tasks.specs import request_of, spec_of
from core.tasks.using import NamedFile
from pages.ui.text import shortened
from tests.pages.conftest import NASTY, FakePool, Open, W, button, by_label, finetune_spec, finish, make_run, texts

TESTED = Faithfulness(
    shares=(0.0, 0.2, 1.0), hidden=(0.9, 0.1, 0.1), shown=(0.1, 0.9, 0.9),
    hidden_elsewhere=((0.9, 0.74, 0.1),), shown_elsewhere=((0.1, 0.26, 0.9),),
    hidden_middle=(0.9, 0.74, 0.1), shown_middle=(0.1, 0.26, 0.9),
)  # fmt: skip


@pytest.fixture
def run(dataset: Dataset) -> Run:
    """A fine-tuned run that is right for half of the photos."""
    job = store.create(W, finetune_spec(dataset))
    finished = make_run(dataset, job, right=0.5)
    finish(job, Finetuned(run="run", dataset=dataset.id).to_json())
    return finished


def asked(pool: FakePool) -> ExplainRequest:
    """The one request that the page has made."""
    (job,) = [job for job in store.list_jobs(W, unlisted=True) if job.spec.kind == "explain"]
    return of_job(job)


def asked_last() -> ExplainRequest:
    """The newest request."""
    return of_job(next(job for job in store.list_jobs(W, unlisted=True) if job.spec.kind == "explain"))


def of_job(job: Job) -> ExplainRequest:
    request = request_of(job.spec)
    assert isinstance(request, ExplainRequest)
    return request


def test_the_most_confident_mistakes_are_asked_about_at_first(visit: Open, pool: FakePool, run: Run) -> None:
    app = visit("explain")
    button(app, "Show where it looks").click().run()
    assert not app.exception
    request = asked(pool)
    predictions = Predictions.load(run.predictions_path("val"))
    assert request.photos == tuple(mistake.id for mistake in mistakes(predictions))[:6]
    assert (request.model, request.dataset, request.label) == (str(run.path), run.dataset_id, "")
    assert (request.method, request.check, request.delete_source) == ("", True, False)


def test_photos_of_a_class_and_a_class_to_explain(visit: Open, pool: FakePool, dataset: Dataset, run: Run) -> None:
    app = visit("explain")
    by_label(app.get("button_group"), "Photos").set_value("class").run()
    by_label(app.selectbox, "Class").set_value(NASTY).run()
    by_label(app.get("button_group"), "How many").set_value(3).run()
    by_label(app.selectbox, "Explain").set_value("cat").run()
    by_label(app.selectbox, "Method").set_value("occlusion").run()
    button(app, "Show where it looks").click().run()
    request = asked(pool)
    labels = {item.sha256: dataset.classes[item.label] for item in dataset.items}
    assert {labels[photo] for photo in request.photos} == {NASTY}
    assert (len(request.photos), request.label, request.method) == (3, "cat", "occlusion")


def explained(run: Run, job: Job, *near: Neighbour, seen: Box = (0.0, 0.0, 1.0, 1.0)) -> dict[str, object]:
    """A photo with a map, and one that could not be read."""
    for name in ("photo", "framed"):
        Image.new("RGB", (40, 30), (90, 90, 90)).save(job.path / f"0-{name}.jpg")
    heat = HeatMap(GRAD_CAM, NASTY, np.kron(np.eye(6), np.ones((8, 8))), seen)
    heat.save(job.path / "0-map.npz")
    good = Explanation(
        photo="*a*.jpg", sha256="a", true="cat", label=NASTY, proba={"cat": 0.1, NASTY: 0.9}, method=GRAD_CAM,
        map="0-map.npz", picture="0-photo.jpg", framed="" if heat.sees_all else "0-framed.jpg",
        faithfulness=TESTED, alike=near,
    )  # fmt: skip
    rows = [good, Explanation(photo="b.jpg", error="It is empty.")]
    write_json(job.path / "explanations.json", [row.to_json() for row in rows])
    return Explained(file="explanations.json", photos=2, failed=1).to_json()


@pytest.fixture
def shown(visit: Open, pool: FakePool, run: Run) -> str:
    pool.does["explain"] = lambda job: explained(run, job)
    app = visit("explain")
    button(app, "Show where it looks").click().run()
    assert not app.exception
    assert [b.label for b in app.get("download_button")] == ["Download the picture (PNG)"]
    return texts(app)


def test_a_row_says_what_the_model_says_and_how_far_the_map_can_be_believed(shown: str) -> None:
    assert "90.0 %" in shown
    assert "labelled **cat**" in shown
    assert "holds better than all 1 maps" in shown
    assert "1 of 2 photos cannot be read." in shown
    assert r"It is empty\." in shown
    assert NASTY not in shown


def test_a_neighbour_whose_label_is_wrong_is_decided_about_as_on_the_data_page(
    visit: Open, pool: FakePool, dataset: Dataset, run: Run
) -> None:
    item = next(item for item in dataset.split("train") if dataset.classes[item.label] == "cat")
    near = Neighbour(sha256=item.sha256, name=item.name, label="cat", cosine=0.9)
    gone = Neighbour(sha256="gone", name="gone.jpg", label="cat", cosine=0.8)
    pool.does["explain"] = lambda job: explained(run, job, near, gone)
    app = visit("explain")
    button(app, "Show where it looks").click().run()
    assert "nearest training photos" in texts(app)
    choice = by_label(app.selectbox, "What to do")
    choice.set_value(choice.options.index(shortened(NASTY))).run()
    assert not app.exception
    (edit,) = read_edits(dataset.root)
    assert (edit.sha256, edit.action, edit.label) == (item.sha256, RELABEL, NASTY)


def test_without_mistakes_other_photos_are_offered(visit: Open, pool: FakePool, dataset: Dataset, run: Run) -> None:
    predictions = Predictions.load(run.predictions_path("val"))
    right = np.eye(2, dtype=np.float32)[predictions.y_true]
    Predictions(dataset.classes, predictions.y_true, right, predictions.ids, "val").save(run.predictions_path("val"))
    app = visit("explain")
    assert "It makes no mistake on this split" in texts(app)
    assert button(app, "Show where it looks").disabled


def test_evaluate_leads_to_the_maps_of_the_mistakes_that_it_shows(visit: Open, pool: FakePool, run: Run) -> None:
    app = visit("evaluate")
    button(app, "Where does it look in these 3?").click().run()
    predictions = Predictions.load(run.predictions_path("val"))
    request = asked(pool)
    assert request.photos == tuple(mistake.id for mistake in mistakes(predictions))[:6]
    assert (request.model, request.dataset, request.source) == (str(run.path), run.dataset_id, OF_DATASET)
    assert app.title[0].value == "Explain"


def from_predict(run: Run, folder: Path) -> ExplainRequest:
    """What the Predict page asks about its answers."""
    images = tuple(NamedFile(path=str(folder / f"{name}.jpg"), name=f"{name}*.jpg") for name in ("x", "y"))
    for image in images:
        Path(image.path).write_bytes(b"")
    return ExplainRequest(workspace=W, model=str(run.path), images=images, alike=2)


def after_predict(visit: Open, pool: FakePool, run: Run, request: ExplainRequest) -> AppTest:
    """The Explain page once the Predict page has asked and been answered."""
    pool.does["explain"] = lambda job: explained(run, job)
    pool.submit(W, spec_of(request))
    return visit("explain")


def test_photos_from_predict_are_named_and_can_be_asked_about_again(
    visit: Open, pool: FakePool, run: Run, tmp_path: Path
) -> None:
    first = from_predict(run, tmp_path)
    app = after_predict(visit, pool, run, first)
    assert by_label(app.get("button_group"), "Photos").value == ANSWERED
    shown = texts(app)
    assert r"2 photos from Predict \(x\*\.jpg, y\*\.jpg\)" in shown
    by_label(app.selectbox, "Explain").set_value("cat").run()
    button(app, "Show where it looks").click().run()
    assert asked_last() == replace(first, label="cat", alike=NEIGHBOURS)


def test_the_way_back_from_predicts_photos_leads_to_those_of_the_dataset(
    visit: Open, pool: FakePool, run: Run, tmp_path: Path
) -> None:
    app = after_predict(visit, pool, run, from_predict(run, tmp_path))
    button(app, f"Back to the photos of '{run.dataset_name}'").click().run()
    assert not app.exception
    assert by_label(app.get("button_group"), "Photos").value == MISTAKES
    assert "Nothing has been asked of this model about such photos yet" in texts(app)
    button(app, "Show where it looks").click().run()
    assert asked_last().source == OF_DATASET
    assert "3 photos of" in texts(app)


def test_photos_from_predict_that_are_gone_are_not_offered(
    visit: Open, pool: FakePool, run: Run, tmp_path: Path
) -> None:
    request = from_predict(run, tmp_path)
    pool.does["explain"] = lambda job: explained(run, job)
    pool.submit(W, spec_of(request))
    Path(request.images[0].path).unlink()
    app = visit("explain")
    assert by_label(app.get("button_group"), "Photos").value == MISTAKES
    assert "from Predict" not in texts(app)


def test_where_the_model_sees_a_part_of_the_photo_it_is_framed_and_places_are_within_it(
    visit: Open, pool: FakePool, run: Run
) -> None:
    pool.does["explain"] = lambda job: explained(run, job, seen=(0.25, 0.0, 0.75, 1.0))
    app = visit("explain")
    button(app, "Show where it looks").click().run()
    assert not app.exception
    shown = texts(app)
    assert "in the middle of what the model sees" in shown
    assert "within the frame, 50 % of the photo" in shown
