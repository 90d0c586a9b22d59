"""A model from a run or from a bundle, and what it says of images."""

import dataclasses
import io

import numpy as np
import pytest
import safetensors.torch
import torch
from PIL import Image

from core.backbones.load import load as load_backbone
from core.engines import choose as choosing
from core.errors import BundleError, Cancelled, DatasetError
from core.evaluation.predictions import Predictions
from core.features.extract import BATCH
from core.models.classifier import Classifier
from core.models.export import export
from core.models.load import classifier_of
from tests.engines.networks import FakeEngine
from tests.fakes import TinyBackbone
from tests.models.conftest import CLASSES, EMBEDDED


@pytest.mark.parametrize("name", ["pixels", "probe", "pair", "finetune"])
def test_a_run_and_its_bundle_predict_what_the_run_predicted(name, runs, dataset, tmp_path):
    run = runs[name]
    for classifier in (classifier_of(run), classifier_of(export(run, tmp_path / "bundle.zip"))):
        assert classifier.classes == run.classes == tuple(CLASSES)
        assert classifier.preprocessing == run.preprocessing
        assert not any(module.training for module in classifier.modules())
        for split in ("val", "test"):
            stored = Predictions.load(run.predictions_path(split))
            paths = [dataset.path(item) for item in dataset.split(split)]
            proba = classifier.predict(paths)
            assert proba.shape == (len(paths), 3)
            assert np.abs(proba - stored.proba).max() < 1e-5


def test_a_classifier_is_a_backbone_and_a_head():
    classifier = Classifier(TinyBackbone(), "abcde")
    assert classifier(torch.zeros(2, 3, 16, 16)).shape == (2, 5)
    assert {key.split(".")[0] for key in classifier.state_dict()} == {"backbone", "head"}
    assert classifier.head.weight.shape == (5, 3)
    assert classifier.classes == ("a", "b", "c", "d", "e")
    assert classifier.preprocessing == TinyBackbone().info.preprocessing


def test_loading_leaves_the_shared_backbone_alone(runs, tmp_path):
    before = {key: value.clone() for key, value in load_backbone(EMBEDDED).state_dict().items()}
    classifier_of(export(runs["finetune"], tmp_path / "bundle.zip"))
    assert all(torch.equal(before[key], value) for key, value in load_backbone(EMBEDDED).state_dict().items())


def test_a_probes_backbone_is_the_one_that_is_loaded_already(runs):
    assert classifier_of(runs["probe"]).backbone is load_backbone(EMBEDDED)


@pytest.mark.parametrize(
    ("name", "file", "change"),
    [
        ("probe", "head.safetensors", lambda state: {**state, "weight": state["weight"][:, :-1].contiguous()}),
        ("probe", "head.safetensors", lambda state: {**state, "weight": state["weight"].double()}),
        ("probe", "head.safetensors", lambda state: {"weight": state["weight"]}),
        ("finetune", "model.safetensors", lambda state: {**state, "head.bias": state["head.bias"][:-1].contiguous()}),
        ("finetune", "model.safetensors", lambda state: {**state, "extra": torch.zeros(1)}),
    ],
)
def test_weights_that_do_not_fit_the_run_are_refused(name, file, change, runs, tmp_path):
    run = dataclasses.replace(runs[name], path=tmp_path)
    state = safetensors.torch.load_file(runs[name].path / file)
    safetensors.torch.save_file(change(state), tmp_path / file)
    with pytest.raises(BundleError, match=f"'{file}' is damaged"):
        classifier_of(run)


def test_one_image_is_predicted_as_in_a_batch_and_from_any_source(pixels_bundle, dataset):
    classifier = classifier_of(pixels_bundle)
    paths = [dataset.path(item) for item in dataset.split("train")]
    together = classifier.predict(paths)
    assert classifier.predict(paths[:1]) == pytest.approx(together[:1], abs=1e-6)
    with Image.open(paths[0]) as opened:
        assert classifier.predict([opened]) == pytest.approx(together[:1], abs=1e-6)
        assert classifier.predict([opened.convert("RGB")]) == pytest.approx(together[:1], abs=1e-6)
    assert classifier.predict([]).shape == (0, 3)


def test_pictures_of_any_mode_and_turned_ones_are_predicted_upright(pixels_bundle):
    classifier = classifier_of(pixels_bundle)
    picture = Image.fromarray(np.linspace(0, 255, 40 * 30 * 3).reshape(40, 30, 3).astype(np.uint8))
    turned = io.BytesIO()
    exif = Image.Exif()
    exif[0x0112] = 6
    picture.transpose(Image.Transpose.ROTATE_90).save(turned, "PNG", exif=exif)
    upright, from_file = classifier.predict([picture, Image.open(turned)])
    assert upright == pytest.approx(from_file, abs=1e-6)
    assert np.isfinite(classifier.predict([picture.convert(mode) for mode in ("L", "P", "RGBA", "CMYK", "I;16")])).all()


def test_an_image_that_cannot_be_read_is_named(pixels_bundle, tmp_path):
    (tmp_path / "notes.jpg").write_text("hello")
    with pytest.raises(DatasetError, match=r"'notes\.jpg' cannot be read\. It is not a photo"):
        classifier_of(pixels_bundle).predict([tmp_path / "notes.jpg"])


def test_predicting_tells_how_far_it_is_and_can_be_stopped(pixels_bundle, dataset):
    steps = []
    classifier_of(pixels_bundle).predict([dataset.path(item) for item in dataset.split("val")], steps.append)
    assert steps[-1].share == 1

    def stop(progress):
        raise Cancelled

    with pytest.raises(Cancelled):
        classifier_of(pixels_bundle).predict([dataset.path(dataset.items[0])], stop)


def test_an_image_without_an_answer_stops_no_other(pixels_bundle, dataset, tmp_path):
    (tmp_path / "notes.jpg").write_text("hello")
    classifier = classifier_of(pixels_bundle)
    paths = [dataset.path(item) for item in dataset.split("train")][:3]
    problems = {}
    proba = classifier.predict([paths[0], tmp_path / "notes.jpg", *paths[1:]], problems=problems)
    assert list(problems) == [1]
    assert str(problems[1]).startswith("It is not a photo")
    assert np.isnan(proba[1]).all()
    assert proba[[0, 2, 3]] == pytest.approx(classifier.predict(paths), abs=1e-6)


def test_weights_that_give_no_numbers_are_told_of(tmp_path):
    classifier = Classifier(TinyBackbone(), "ab")
    with torch.no_grad():
        classifier.head.bias[0] = torch.inf
    image = Image.new("RGB", (20, 20))
    with pytest.raises(BundleError, match="no numbers for a photo"):
        classifier.predict([image])
    problems = {}
    assert np.isnan(classifier.predict([image, image], problems=problems)).all()
    assert sorted(problems) == [0, 1]


def test_many_images_go_through_the_engine_that_was_chosen_and_a_few_through_none(monkeypatch):
    classifier = Classifier(TinyBackbone(), "ab")
    with torch.no_grad():
        classifier.head.weight.copy_(torch.tensor([[1.0, 0.0, 0.0], [0.0, 0.0, 1.0]]))
        classifier.head.bias.zero_()
    red = Image.new("RGB", (20, 20), "red")
    odds = np.exp(1) / (1 + np.exp(1))
    monkeypatch.setattr(choosing, "ENGINES", [FakeEngine(factor=2.0)])  # twice the logits: as sure as it is wrong
    assert classifier.predict([red] * BATCH)[:, 0] == pytest.approx(odds, abs=1e-5)
    assert classifier.predict([red] * (BATCH + 1))[:, 0] == pytest.approx(np.exp(2) / (1 + np.exp(2)), abs=1e-5)
