"""The verbs that judge finished models by more than their own predictions."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from core import paths
from core.data.dataset import Dataset, read_dataset
from core.data.library import list_datasets, open_dataset
from core.errors import BundleError, DatasetError, EvaluationError
from core.evaluation.abstention.kept import keep_rule, kept_rule
from core.evaluation.abstention.rule import Rule
from core.evaluation.metrics import evaluate
from core.evaluation.predictions import Predictions
from core.health.looks import read_looks
from core.models.load import classifier_of
from core.models.runs import load_run
from core.models.views import keep_views
from core.progress import Progress, silent
from core.runs import Run
from core.strangers.record import strangers_report
from core.strangers.words import beside_expected
from core.tasks.answers import read_answers
from core.tasks.judging.leaks import Leaks
from core.tasks.judging.looks import LooksRequest, looks
from core.tasks.judging.other import JudgeRequest, OtherJudged, judge
from core.tasks.judging.robustness import RobustnessRequest, read_robustness, robustness
from core.tasks.judging.tta import TtaRequest, read_views, tta
from core.tasks.judging.words import about_other
from core.tasks.models import export, finetune, strangers
from core.tasks.predicting import predict
from core.tasks.requests import FinetuneRequest
from core.tasks.using import ExportRequest, NamedFile, PredictRequest, StrangersRequest
from core.training.config import FinetuneConfig
from tests.conftest import ZipBuilder, photo_bytes


@pytest.fixture
def model(small_dataset: Callable[..., Dataset]) -> Run:
    """A model of red cats and green dogs."""
    dataset = small_dataset(per_class=12)
    job = paths.jobs() / "some-job"
    request = FinetuneRequest(dataset=dataset.id, config=FinetuneConfig("pixels_16", mode="head", epochs=1))
    finetune(job, request, silent)
    return load_run(job / "run")


def where(folder: Path, name: str) -> Path:
    (folder / name).mkdir()
    return folder / name


def test_looks_are_measured_once_and_kept_beside_the_dataset(small_dataset: Callable[..., Dataset], tmp_path: Path):
    dataset = small_dataset(per_class=12)
    steps: list[Progress] = []
    done = looks(tmp_path, LooksRequest(dataset=dataset.id), steps.append)
    assert (done.dataset, done.images) == (dataset.id, len(dataset.items))
    assert set(read_looks(dataset.root)) == {item.sha256 for item in dataset.items}
    assert steps[-1].share == 1.0


def test_another_set_is_taken_in_for_this_alone_and_judged(model: Run, small_zip: ZipBuilder, tmp_path: Path):
    others = {f"Cat/x{n}.png": photo_bytes((200, 60, 50), 700 + n) for n in range(5)}
    others |= {f"dogg/x{n}.png": photo_bytes((60, 170, 70), 800 + n) for n in range(4)}
    photos = small_zip("other.zip", classes=("hen",), per_class=3, extra=others)
    before = [each.id for each in list_datasets()]
    steps: list[Progress] = []
    job = where(tmp_path, "job")
    done = judge(job, JudgeRequest(model=str(model.path), photos=str(photos), name="field"), steps.append)
    assert [each.id for each in list_datasets()] == before
    predictions = Predictions.load(job / done.file)
    assert (predictions.class_names, predictions.split) == (model.classes, "other")
    assert predictions.y_true.tolist() == [0] * 5
    assert (done.name, done.left_out, done.unreadable) == ("field", 7, 0)
    assert done.suggested == {"dogg": "dog"}
    assert evaluate(predictions).n == 5
    dataset = read_dataset(job / done.root)
    assert set(read_looks(dataset.root)) == {item.sha256 for item in dataset.items}
    assert {step.phase.work for step in steps if step.phase} >= {"looks", "leaks", "predict"}
    assert (done.own_split, done.own_n) == ("test", model.metrics["test"].n)
    beside = done.beside_own(predictions)
    assert beside is not None
    assert beside.other_right == round(model.metrics["test"].accuracy * beside.other_n)
    said = " ".join(about_other(done, predictions))
    assert "of its own test photos" in said
    assert "'dogg', 'hen'" in said
    assert "7 photos were left out" in said


def test_photos_are_judged_again_by_other_names(model: Run, small_zip: ZipBuilder, tmp_path: Path):
    photos = small_zip("other.zip", classes=("cat", "hound"), per_class=4, size_px=40)
    job = where(paths.jobs(), "first-job")
    assert judge(job, JudgeRequest(model=str(model.path), photos=str(photos)), silent).left_out == 4
    photos.unlink()
    again = JudgeRequest(model=str(model.path), photos="first-job", rename={"hound": "dog"})
    done = judge(where(tmp_path, "second"), again, silent)
    assert done.left_out == 0
    assert read_dataset(Path(done.root)).root == job / "photos" / Path(done.root).name
    assert len(Predictions.load(tmp_path / "second" / done.file)) == 8


def test_photos_that_the_model_has_seen_are_told(model: Run, tmp_path: Path):
    done = judge(tmp_path, JudgeRequest(model=str(model.path), photos=model.dataset_id), silent)
    own = open_dataset("default", model.dataset_id)
    assert set(done.leaks.same) == {item.sha256 for item in own.items if item.split != "test"}
    assert done.leaks.clean_n == len(own.split("test"))
    kept = Predictions.load(model.predictions_path("test"))
    assert done.leaks.clean_right == int(kept.correct.sum())
    assert done.leaks.n == len({item.sha256 for item in own.items})
    by_id = dict(zip(kept.ids, kept.proba, strict=True))
    predictions = Predictions.load(tmp_path / done.file)
    assert set(predictions.ids) == set(kept.ids)  # the numbers are of photos that are new to it alone
    for id_, proba in zip(predictions.ids, predictions.proba, strict=True):
        assert proba == pytest.approx(by_id[id_], abs=1e-5)
    beside = done.beside_own(predictions)
    assert beside is not None
    assert (beside.right, beside.n) == (done.leaks.clean_right, done.leaks.clean_n)
    assert "of these photos are such as the model was trained or chosen with" in done.leaks.sentence
    assert f"Of the other {done.leaks.clean_n}" in done.leaks.sentence
    assert f"of {done.leaks.n} are right" in done.leaks.sentence


def test_where_every_photo_was_seen_nothing_is_compared(model: Run):
    kept = Predictions.load(model.predictions_path("val"))
    leaks = Leaks(checked="near", same=kept.ids).judged(kept)
    done = OtherJudged(file="a", root="b", name="c", own_split="test", own_right=3, own_n=4, leaks=leaks)
    assert (leaks.clean_n, leaks.n, leaks.unseen(kept)) == (0, len(kept), None)
    assert done.beside_own(kept) is None
    assert about_other(done, kept) == (leaks.sentence,)
    assert "None of these is new to it" in leaks.sentence


def test_what_the_model_promises_is_held_against_other_photos(model: Run, small_zip: ZipBuilder, tmp_path: Path):
    shares = {"n": 40, "answered": 0.8, "answered_ci": (0.7, 0.9)}
    keep_rule(model.path, Rule.from_json({"kind": "threshold", "promised": 0.1, "threshold": 0.9, **shares}))
    strangers(tmp_path, StrangersRequest(run=str(model.path)), silent)
    photos = small_zip("other.zip", per_class=4, size_px=40, extra={"cat/broken.jpg": b"no photo"})
    done = judge(tmp_path, JudgeRequest(model=str(model.path), photos=str(photos)), silent)
    predictions = Predictions.load(tmp_path / done.file)
    assert done.rule == kept_rule(model.path)
    classifier = classifier_of(model)
    files = [read_dataset(tmp_path / done.root).path(item) for item in read_dataset(tmp_path / done.root).items]
    known = classifier.caution.strangers
    assert known is not None
    assert done.alarms is not None
    assert done.alarms.n == len(predictions) == 8
    assert done.alarms.alarms == int((known.distances(classifier.look(files).features) > known.threshold).sum())
    answered = int((predictions.proba.max(axis=1) > 0.9).sum())
    promised, alarms, skipped = about_other(done, predictions)[1:4]
    assert f"Of 8 photos it answers {answered}" in promised
    assert f"it takes {done.alarms.alarms} for strangers" in alarms
    report = strangers_report(model.path)
    assert report is not None
    assert done.expected == report.expected
    assert alarms.endswith(beside_expected(done.alarms, report.expected))
    assert skipped.startswith("1 file could not be taken in. ")
    assert "cat/broken.jpg" in skipped


def test_a_bundle_is_judged_too_and_what_it_has_seen_is_not_known(model: Run, small_zip: ZipBuilder, tmp_path: Path):
    bundle = tmp_path / "bundle.zip"
    export(tmp_path, ExportRequest(run=str(model.path), out=str(bundle)), silent)
    photos = small_zip("other.zip", per_class=4, size_px=40)
    runs, bundles = (where(tmp_path, name) for name in ("run", "bundle"))
    of_run = judge(runs, JudgeRequest(model=str(model.path), photos=str(photos)), silent)
    of_bundle = judge(bundles, JudgeRequest(model=str(bundle), photos=str(photos)), silent)
    ours, theirs = Predictions.load(runs / of_run.file), Predictions.load(bundles / of_bundle.file)
    assert np.abs(ours.proba - theirs.proba).max() < 1e-5
    assert of_bundle.own_n == of_run.own_n
    assert "is not known" in of_bundle.leaks.sentence
    assert of_run.leaks.sentence == ""


def test_what_cannot_be_judged_says_why(model: Run, small_zip: ZipBuilder, tmp_path: Path):
    photos = small_zip("other.zip", classes=("hen", "owl"), per_class=3)
    with pytest.raises(EvaluationError, match="None of the classes"):
        judge(tmp_path, JudgeRequest(model=str(model.path), photos=str(photos)), silent)
    with pytest.raises(BundleError, match="no model to judge"):
        JudgeRequest(model="", photos="x")
    with pytest.raises(DatasetError, match="no photos to judge it by"):
        JudgeRequest(model="x", photos="")


def test_a_model_is_tried_on_spoilt_photos_and_always_with_the_same_outcome(model: Run, tmp_path: Path):
    request = RobustnessRequest(run=str(model.path), photos=3)
    steps: list[Progress] = []
    first = read_robustness(where(tmp_path, "a") / robustness(tmp_path / "a", request, steps.append).file)
    again = read_robustness(where(tmp_path, "b") / robustness(tmp_path / "b", request, silent).file)
    assert first == again
    assert (first.n, first.of, len(first.levels)) == (
        3,
        len(open_dataset("default", model.dataset_id).split("val")),
        21,
    )
    assert {step.phase.work for step in steps if step.phase} >= {"judge", "predict"}
    for split in ("train", "oof", "none"):
        with pytest.raises(EvaluationError, match="was not trained on"):
            RobustnessRequest(run="a", split=split)
    with pytest.raises(EvaluationError, match="photos is 0"):
        RobustnessRequest(run="a", photos=0)


def test_unspoilt_photos_are_predicted_as_ever(model: Run, tmp_path: Path):
    done = read_robustness(tmp_path / robustness(tmp_path, RobustnessRequest(run=str(model.path)), silent).file)
    kept = Predictions.load(model.predictions_path("val"))
    assert (done.n, done.right) == (len(kept), int(kept.correct.sum()))


def test_what_several_views_bring_is_measured_on_the_validation_photos(model: Run, tmp_path: Path):
    tried = read_views(tmp_path / tta(tmp_path, TtaRequest(run=str(model.path)), silent).file)
    kept = Predictions.load(model.predictions_path("val"))
    assert (tried.n, tried.right) == (len(kept), int(kept.correct.sum()))
    assert [(way.kind, way.level) for way in tried.ways] == [("flip", 2.0), ("crops", 10.0)]
    assert {way.n for way in tried.ways} == {len(kept)}
    said = tried.sentence(tried.ways[0])
    assert said.startswith("mirrored, too: ")
    assert "not larger than chance" in said
    assert "about 2 times as long" in said


def test_predictions_look_as_was_chosen_or_as_is_asked(model: Run, tmp_path: Path):
    photo = tmp_path / "a.png"
    photo.write_bytes(photo_bytes((130, 110, 60), 5))

    def answer(tta: str = "") -> dict[str, float]:
        images = (NamedFile(path=str(photo), name="a.png"),)
        done = predict(tmp_path, PredictRequest(model=str(model.path), images=images, tta=tta), silent)
        return dict(read_answers(tmp_path / done.file)[0].proba)

    one, crops = answer(), answer("crops")
    assert one != crops
    keep_views(model.path, "crops")
    assert answer() == crops
    assert answer("none") == one
    with pytest.raises(EvaluationError, match="no way"):
        answer("both")
