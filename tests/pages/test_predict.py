"""What the Predict page says of images that it was given."""

from __future__ import annotations

from core.jobs import store
from core.runs import Run
from core.tasks.results import Answer, Predicted, save_answers
from core.tasks.specs import spec_of
from core.tasks.using import NamedFile, PredictRequest
from pages.ui.predict.trial import table
from tests.pages.conftest import Open, W, finish, texts

GOOD = Answer(image="a.jpg", label="dog", proba={"cat": 0.25, "dog": 0.75})
BAD = Answer(image="b.nef", error="It is a camera's RAW file.", reason="camera_raw")


def test_the_table_holds_every_image_and_why_some_have_no_answer() -> None:
    assert table([BAD, GOOD]) == (
        ["image", "label", "cat", "dog", "error"],
        [["b.nef", "", None, None, "It is a camera's RAW file."], ["a.jpg", "dog", 0.25, 0.75, ""]],
    )
    assert table([BAD]) == (["image", "label", "error"], [["b.nef", "", "It is a camera's RAW file."]])


def test_images_that_cannot_be_read_are_counted_and_say_why(visit: Open, run: Run) -> None:
    images = tuple(NamedFile(path=f"/{answer.image}", name=answer.image) for answer in (GOOD, BAD))
    job = store.create(W, spec_of(PredictRequest(workspace=W, model=str(run.path), images=images)))
    save_answers([GOOD, BAD], job.path / "answers.json")
    finish(job, Predicted(file="answers.json", images=2, failed=1).to_json())
    app = visit("predict")
    assert not app.exception
    assert "1 of 2 photos cannot be read." in [warning.value for warning in app.warning]
    assert any("RAW file" in error.value for error in app.error)
    assert "dog" in texts(app)
