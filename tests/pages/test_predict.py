"""What the Predict page says of images that it was given."""

from __future__ import annotations

import dataclasses
from dataclasses import replace
from pathlib import Path

from streamlit.testing.v1 import AppTest

from core.jobs import store
from core.runs import Run
from core.strangers.record import ExpectedAlarms
from core.tasks.answers import Answer, save_answers
from core.tasks.explaining import ANSWERED
from core.tasks.results import Predicted
from core.tasks.specs import spec_of
from core.tasks.using import NamedFile, PredictRequest
from pages.ui.predict.answers import table
from tests.conftest import photo_bytes
from tests.pages.conftest import Open, W, button, by_label, finish, held, texts

GOOD = Answer(image="a.jpg", label="dog", proba={"cat": 0.25, "dog": 0.75})
STRANGE = Answer(image="c.jpg", label="dog", proba={"cat": 0.01, "dog": 0.99}, abstained=False, possible=("dog",),
                 stranger=True, percentile=0.987)  # fmt: skip
TORN = Answer(image="d.jpg", label="dog", proba={"cat": 0.45, "dog": 0.55}, abstained=True, possible=("cat", "dog"))
ORDERS = ("doubt", "sure", "given")
BAD = Answer(image="b.nef", error="It is a camera's RAW file.", reason="camera_raw")


def test_the_table_holds_every_image_and_why_some_have_no_answer() -> None:
    assert table([BAD, GOOD]) == (
        ["image", "label", "not_answered", "cat", "dog", "error"],
        [["b.nef", "", "", None, None, "It is a camera's RAW file."], ["a.jpg", "dog", "", 0.25, 0.75, ""]],
    )
    assert table([BAD]) == (
        ["image", "label", "not_answered", "error"],
        [["b.nef", "", "", "It is a camera's RAW file."]],
    )
    assert table([STRANGE])[1] == [["c.jpg", "", "none_of_these", 0.01, 0.99, ""]]


def asked_and_answered(
    model: Run | str, *answers: Answer, left_out: int = 0, expected: ExpectedAlarms | None = None
) -> None:
    """A prediction that is done."""
    name = model if isinstance(model, str) else str(model.path)
    images = tuple(NamedFile(path=f"/{answer.image}", name=answer.image) for answer in answers)
    job = store.create(W, spec_of(PredictRequest(workspace=W, model=name, images=images)))
    save_answers(answers, job.path / "answers.json")
    for picture in (name for answer in answers for name in (answer.preview, answer.large) if name):
        (job.path / picture).write_bytes(photo_bytes((200, 60, 50), 1, 32, "JPEG"))
    failed = sum(bool(answer.error) for answer in answers)
    predicted = Predicted(file="answers.json", images=len(answers), failed=failed, left_out=left_out, expected=expected)
    finish(job, predicted.to_json())


def order_of(app: AppTest) -> list[str]:
    """The names of the photos that are answered, from top to bottom."""
    names = (caption.value.replace("\\", "") for caption in app.caption)
    return [name for name in names if name.endswith(".png")]


def test_images_that_cannot_be_read_are_counted_and_say_why(visit: Open, run: Run) -> None:
    asked_and_answered(run, GOOD, BAD, left_out=2)
    app = visit("predict")
    assert not app.exception
    assert "1 photo cannot be read." in [expander.label for expander in app.expander]
    assert app.dataframe[0].value.iloc[0].tolist() == ["b.nef", "It is a camera's RAW file."]
    assert any("2 photos. 2 other files were left out" in caption.value for caption in app.caption)
    assert "dog" in texts(app)


def test_what_it_should_not_answer_it_does_not_and_says_why(visit: Open, run: Run) -> None:
    asked_and_answered(run, GOOD, TORN, STRANGE)
    words = texts(visit("predict"))
    assert "**none of these**: farther from the training photos than 99 % of the validation photos" in words
    assert "Of its classes it would be dog, 99.0 %." in words
    asked_and_answered(run, replace(STRANGE, percentile=1.0))
    assert "than any of the validation photos." in texts(visit("predict"))
    assert "cat or dog**" in words
    assert words.index("not sure") < words.index("**dog**, 75.0 %")


def test_how_many_are_none_of_these_stands_beside_what_is_expected(visit: Open, run: Run) -> None:
    known = replace(GOOD, stranger=False, percentile=0.4)
    asked_and_answered(run, STRANGE, *[known] * 4, BAD, expected=ExpectedAlarms(rate=2 / 41, n=40))
    words = texts(visit("predict")).replace("\N{NO-BREAK SPACE}", " ")
    assert "It takes 1 of 5 photos for none of its classes (20.0 %;" in words
    assert "Of photos of its classes 4.9 % are expected" in words
    asked_and_answered(run, GOOD, GOOD)
    assert "It takes" not in texts(visit("predict"))


def test_what_the_model_doubts_most_comes_first_and_other_orders_are_a_press_away(visit: Open, run: Run) -> None:
    shares = {"sure": 0.99, "torn": 0.51, "likely": 0.75}
    asked_and_answered(
        run,
        *(
            Answer(image=f"{name}.png", label="dog", proba={"cat": 1 - share, "dog": share})
            for name, share in shares.items()
        ),
    )
    app = visit("predict")
    shown = {order: order_of(app.segmented_control(key="answers-order").set_value(order).run()) for order in ORDERS}
    assert shown == {
        "doubt": ["torn.png", "likely.png", "sure.png"],
        "sure": ["sure.png", "likely.png", "torn.png"],
        "given": ["sure.png", "torn.png", "likely.png"],
    }


def test_many_answers_come_a_page_at_a_time(visit: Open, run: Run) -> None:
    asked_and_answered(
        run, *(Answer(image=f"{n}.png", label="dog", proba={"cat": n / 100, "dog": 1 - n / 100}) for n in range(30))
    )
    assert order_of(visit("predict")) == [f"{n}.png" for n in range(29, 17, -1)]


def test_where_it_looks_in_the_photos_on_the_page_is_a_press_away(visit: Open, run: Run) -> None:
    asked_and_answered(
        run,
        GOOD,
        dataclasses.replace(GOOD, image="seen.jpg", preview="0.jpg", large="0-large.jpg"),
    )
    app = visit("predict")
    button(app, "Why these answers?").click().run()
    (asked,) = (job.spec for job in store.list_jobs(W, unlisted=True) if job.spec.kind == "explain")
    assert asked.params["images"][0]["name"] == "seen.jpg"
    assert len(asked.params["images"]) == 1
    assert asked.params["alike"] > 0


def test_where_a_bundle_looks_is_asked_about_too_and_its_lack_of_training_photos_is_told(
    visit: Open, run: Run, pets: Path
) -> None:
    seen = dataclasses.replace(GOOD, image="seen.jpg", preview="0.jpg", large="0-large.jpg")
    asked_and_answered(str(pets), seen)
    app = visit("predict")
    by_label(app.get("button_group"), "Model").set_value("bundle").run()
    held(app, pets)
    assert "A bundle holds no training photos" in texts(app)
    button(app, "Why these answers?").click().run()
    assert not app.exception
    (asked,) = (job.spec for job in store.list_jobs(W, unlisted=True) if job.spec.kind == "explain")
    assert (asked.params["model"], asked.params["images"][0]["name"]) == (str(pets), "seen.jpg")
    assert not asked.params.get("alike")
    assert app.title[0].value == "Explain"
    assert by_label(app.get("button_group"), "Model").value == "bundle"
    assert by_label(app.get("button_group"), "Photos").value == ANSWERED
