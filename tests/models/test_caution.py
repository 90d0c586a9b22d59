"""When a model should rather not answer: learnt by runs, carried by bundles, and told with each answer."""

from __future__ import annotations

import dataclasses
import json
import shutil
import zipfile

import numpy as np
import pytest
import torch
from PIL import Image

from core.bundle.archive import read_card, read_manifest
from core.errors import BundleError, EvaluationError
from core.evaluation.abstention.fitting import fit_sets
from core.evaluation.abstention.kept import keep_rule
from core.evaluation.abstention.rule import Rule
from core.evaluation.predictions import Predictions
from core.models.caution import NONE, Caution
from core.models.classifier import Classifier
from core.models.export import export
from core.models.load import classifier_of
from core.models.strangers import learn_strangers
from core.progress import silent
from core.strangers.detector import KNN, Nearest, Strangers
from core.strangers.fitting import fit_measure
from core.strangers.record import kept_strangers, strangers_report
from core.tasks.answering import answers_of
from core.tasks.using import NamedFile
from tests.fakes import TinyBackbone


@pytest.fixture
def copied(runs, tmp_path):
    """Gives a copy of a run, to which things can be added."""

    def copy(name):
        shutil.copytree(runs[name].path, tmp_path / name)
        return dataclasses.replace(runs[name], path=tmp_path / name)

    return copy


@pytest.mark.parametrize("name", ["probe", "finetune"])
def test_a_run_learns_to_know_strangers_and_takes_that_along(name, copied, dataset, tmp_path):
    run, steps = copied(name), []
    found = learn_strangers(run, dataset, steps.append)
    assert found == strangers_report(run.path)
    assert [each.label for each in found.leaving_out.classes] == [0, 1, 2]
    assert found.is_own == (name == "probe")
    assert found.n == len(dataset.split("val"))
    assert found.test is not None
    assert found.test.n == len(dataset.split("test"))
    assert steps[-1].share == 1
    run_model, bundled = classifier_of(run), classifier_of(export(run, tmp_path / "bundle.zip"))
    photos = [dataset.path(item) for item in dataset.items]
    seen = run_model.look(photos)
    for classifier in (run_model, bundled):
        assert classifier.caution.rule is None
        doubts = classifier.caution.doubts(seen.features, seen.proba)
        assert doubts.strange.shape == doubts.percentiles.shape == (len(photos),)
        test = [item.split == "test" for item in dataset.items]
        assert doubts.strange[test].sum() == found.test.alarms
    manifest = read_manifest(tmp_path / "bundle.zip")
    assert manifest.strangers == found
    assert manifest.rule is None
    assert "left out in turn" in read_card(tmp_path / "bundle.zip")
    assert ("before it was fine-tuned" in read_card(tmp_path / "bundle.zip")) == (name == "finetune")


def test_the_bank_is_of_the_runs_own_features(copied, dataset):
    run = copied("finetune")
    learn_strangers(run, dataset)
    strangers = kept_strangers(run.path, classifier_of(run).head.in_features)
    train = dataset.split("train")
    X = classifier_of(run).look([dataset.path(item) for item in train]).features
    y = np.array([item.label for item in train])
    method = KNN if isinstance(strangers.measure, Nearest) else "mahalanobis"
    np.testing.assert_allclose(strangers.distances(X), fit_measure(method, X, y).distances(X), atol=2e-2)


def test_photos_that_were_edited_since_are_refused(copied, dataset):
    with pytest.raises(EvaluationError, match="not as they were"):
        learn_strangers(dataclasses.replace(copied("probe"), fingerprint="other"), dataset)


def test_a_rule_travels_in_the_bundle_and_on_the_card(copied, dataset, tmp_path):
    run = copied("probe")
    rule = fit_sets(Predictions.load(run.predictions_path("val")), 0.5)
    keep_rule(run.path, rule)
    bundle = export(run, tmp_path / "bundle.zip")
    assert read_manifest(bundle).rule == classifier_of(bundle).caution.rule == rule
    card = read_card(bundle)
    assert "of these sets hold the true class" in card
    assert "It always answers" not in card


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("abstention", {"kind": "guess"}), ("abstention", 1), ("abstention", {"kind": "costs", "promised": 0.1, "n": 5,
         "answered": 0.5, "answered_ci": [0.1, 0.9], "costs": [[0, 1], [1, 0]]}), ("strangers", {}), ("strangers", []),
    ],
)  # fmt: skip
def test_a_manifest_with_a_damaged_part_is_refused(key, value, pixels_bundle, tmp_path):
    with zipfile.ZipFile(pixels_bundle) as before, zipfile.ZipFile(tmp_path / "b.zip", "w") as after:
        for name in before.namelist():
            content = before.read(name)
            if name == "manifest.json":
                content = json.dumps({**json.loads(content), key: value}).encode()
            after.writestr(name, content)
    with pytest.raises(BundleError, match=f"'{key}'"):
        classifier_of(tmp_path / "b.zip")


def test_one_pass_gives_features_and_probabilities(runs, dataset):
    classifier = classifier_of(runs["probe"])
    photos = [dataset.path(item) for item in dataset.split("val")]
    seen = classifier.look(photos)
    assert seen.features.shape == (len(photos), classifier.head.in_features)
    np.testing.assert_array_equal(seen.proba, classifier.predict(photos))
    with torch.inference_mode():
        logits = classifier.head(torch.from_numpy(seen.features)).numpy()
    np.testing.assert_allclose(np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True), seen.proba, atol=1e-5)


def test_an_answer_says_what_the_model_doubts(tmp_path):
    classifier = Classifier(TinyBackbone(), ("red", "blue"))
    with torch.no_grad():
        classifier.head.weight.copy_(torch.tensor([[4.0, 0.0, 0.0], [0.0, 0.0, 4.0]]))
        classifier.head.bias.zero_()
    files = []
    for colour in ("red", "blue", "green", "purple"):
        Image.new("RGB", (20, 20), colour).save(tmp_path / f"{colour}.png")
        files.append(NamedFile(path=str(tmp_path / f"{colour}.png"), name=colour))
    assert classifier.caution is NONE
    plain = answers_of(classifier, files, silent, lambda: silent, {})
    assert [answer.in_words for answer in plain][:2] == ["red", "blue"]
    assert set(plain[0].as_json()) == {"image", "label", "proba"}
    bank = np.array([[1, 0, 0], [0, 0, 1], [0.7, 0, 0.7]], np.float16)
    known = Strangers(Nearest(bank, 1), 0.2, np.array([0.0, 0.1, 0.2], np.float32))
    rule = Rule(kind="conformal", promised=0.9, threshold=0.4, n=9, answered=0.5, answered_ci=(0.2, 0.8))
    classifier.caution = Caution(rule, known)
    red, blue, green, purple = answers_of(classifier, files, silent, lambda: silent, {})
    assert (red.given, blue.given, green.given, purple.given) == ("red", "blue", "", "")
    assert (green.refusal, green.in_words, green.percentile) == ("none_of_these", "none of these", 1.0)
    assert (purple.refusal, purple.in_words) == ("unsure", "not sure: red or blue")
    told = purple.as_json()
    assert (told["label"], told["abstained"], told["set"], told["none_of_these"]) == (
        None,
        True,
        ["red", "blue"],
        False,
    )
    assert green.as_json()["none_of_these"]
