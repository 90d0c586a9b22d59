"""Networks of Keras: their facts without Keras, and with it the features that Keras' own networks give."""

from __future__ import annotations

import inspect
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

from core.backbones import spec
from core.backbones.download import MIRROR
from core.backbones.load import load
from core.backbones.networks import keras_trunks
from core.backbones.places import has_keras, keras_folder
from core.backbones.preprocess import crop, preprocess
from core.backbones.registry import backbones, info
from core.backbones.sources.keras import FACTS
from core.backbones.spec import BackboneInfo
from core.bundle.archive import read_card
from core.cli.app import main
from core.errors import BackboneError, WeightsUnavailable
from core.models.load import classifier_of
from core.models.runs import load_run
from core.paths import read_json
from tests.conftest import photo
from tests.fakes import promise

# Keras itself warns of what numpy will not do any more, where it saves weights.
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")
needs_keras = pytest.mark.skipif(not has_keras(), reason="Keras 3 is not installed")

MEMBERS = {
    "convnexttiny", "densenet121", "efficientnetb0", "efficientnetv2b0", "efficientnetv2s", "inceptionv3",
    "mobilenet", "mobilenetv2", "mobilenetv3small", "resnet50", "resnet50v2", "xception",
}  # fmt: skip
"""One of each family but VGG, which has a test of its own, and Inception with shortcuts, which takes long to build."""


@pytest.fixture(autouse=True)
def folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """Keras' folder of weights is a private one, and nothing is fetched from outside this machine."""
    monkeypatch.setenv("KERAS_HOME", str(tmp_path / "keras"))
    monkeypatch.setenv(MIRROR, "file:///nowhere")
    keras_folder().mkdir(parents=True)
    return keras_folder()


def textbook(application: str, **options: Any) -> Any:
    """A network as Keras' own examples make it."""
    keras = keras_trunks.keras()
    return getattr(keras.applications, application)(include_top=False, pooling="avg", **options)


def written(patch: pytest.MonkeyPatch, name: str) -> BackboneInfo:
    """Random weights for a network of Keras lie where Keras would put its own, and pass for these."""
    known = info(name)
    assert known.file is not None
    network = textbook(known.architecture, weights=None)
    random = np.random.default_rng(0)
    for variable in network.non_trainable_variables:
        if variable.name == "moving_mean":
            variable.assign(random.normal(0, 0.05, variable.shape))
        elif variable.name == "moving_variance":
            variable.assign(random.uniform(0.8, 1.2, variable.shape))
    for layer in network.layers:
        if layer.name == "normalization" and layer.weights:  # which Keras offers with ImageNet's numbers
            layer.adapt_mean.assign([0.485, 0.456, 0.406])
            layer.adapt_variance.assign([0.229, 0.224, 0.225])
    network.save(known.file)
    return promise(patch, name, known.file)


def wide_photo() -> Image.Image:
    """A photo of 300 × 240 px, with which resizing and cutting has something to do."""
    return photo((200, 120, 60), 3).resize((300, 240))


def test_facts_are_known_without_keras(monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
    monkeypatch.setattr(spec, "has_keras", lambda: False)
    vgg = info("keras:vgg16")
    assert (vgg.family, vgg.params, vgg.feature_dim, vgg.input_px) == ("vgg", 14_714_688, 512, 224)
    assert (vgg.imagenet_top1, vgg.trainable, vgg.stages) == (0.713, False, ())
    assert vgg.preprocessing.mean == pytest.approx((123.68 / 255, 116.779 / 255, 103.939 / 255))
    assert vgg.preprocessing.std == pytest.approx((1 / 255,) * 3)
    assert vgg.file == folder / "vgg16_weights_tf_dim_ordering_tf_kernels_notop.h5"
    assert info("keras:vgg16@160@whole").preprocessing.crop_px == 160
    assert len({facts["name"] for facts in read_json(FACTS)}) == len(read_json(FACTS)) == 38


def test_without_keras_they_are_not_listed_and_say_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(spec, "has_keras", lambda: False)
    assert not any(known.needs for known in backbones())
    assert not info("keras:vgg16").ready
    for pretrained in (True, False):
        with pytest.raises(BackboneError, match=r"'keras:vgg16' is a network of Keras 3.* Run `pip install keras`"):
            load("keras:vgg16", pretrained=pretrained)


@needs_keras
def test_with_keras_they_are_listed() -> None:
    assert sum(known.needs == "keras" for known in backbones()) == 38


@needs_keras
def test_weights_that_are_missing_or_damaged_are_named_with_their_folder(folder: Path) -> None:
    known = info("keras:vgg16")
    for _missing_then_damaged in range(2):
        with pytest.raises(WeightsUnavailable) as raised:
            load("keras:vgg16")
        file = "vgg16_weights_tf_dim_ordering_tf_kernels_notop.h5"
        assert f"{file} (56 MB, from https://storage.googleapis.com/" in str(raised.value)
        assert str(folder) in str(raised.value)
        assert known.file is not None
        known.file.write_bytes(b"half of it")
    assert "the file that is here is damaged" in str(raised.value)


@needs_keras
def test_what_is_no_file_of_weights_is_refused(monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
    known = info("keras:mobilenet")
    assert known.file is not None
    known.file.write_bytes(b"no weights")
    promise(monkeypatch, known.name, known.file)
    with pytest.raises(WeightsUnavailable, match=r"cannot be read\. Delete it from"):
        load("keras:mobilenet")


@needs_keras
def test_features_of_vgg16_are_those_of_the_textbook(monkeypatch: pytest.MonkeyPatch) -> None:
    known = written(monkeypatch, "keras:vgg16")
    backbone = load("keras:vgg16")
    with torch.inference_mode():
        features = backbone(preprocess(wide_photo(), known.preprocessing)[None])[0].numpy()

    keras = keras_trunks.keras()
    image = np.asarray(crop(wide_photo(), known.preprocessing), dtype=np.float32)[None]
    network = textbook("VGG16", weights=str(known.file))
    expected = network.predict(keras.applications.vgg16.preprocess_input(image), verbose=0)[0]
    assert expected.std() > 0
    np.testing.assert_allclose(features, expected, rtol=1e-4, atol=1e-4 * np.abs(expected).max())
    small = load("keras:vgg16@64")
    assert small.trunk is backbone.trunk
    with torch.inference_mode():
        assert small(torch.zeros(2, 3, 64, 64)).shape == (2, 512)


@needs_keras
@pytest.mark.slow
@pytest.mark.filterwarnings("ignore:`input_shape` is undefined:UserWarning")
@pytest.mark.parametrize("name", sorted(MEMBERS))
def test_features_of_every_family_are_those_of_the_textbook(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    written(monkeypatch, f"keras:{name}")
    known = info(f"keras:{name}@96")
    with torch.inference_mode():
        features = load(known.name)(preprocess(wide_photo(), known.preprocessing)[None])[0].numpy()
        least_px = known.sizes[0]
        assert load(known.name)(torch.zeros(2, 3, least_px, least_px)).shape == (2, known.feature_dim)

    monkeypatch.setattr("keras.src.utils.file_utils.get_file", lambda *_asked, **_options: str(known.file))
    network = textbook(known.architecture, weights="imagenet")
    module: Any = inspect.getmodule(getattr(keras_trunks.keras().applications, known.architecture))
    image = np.asarray(crop(wide_photo(), known.preprocessing), dtype=np.float32)[None]
    expected = network.predict(module.preprocess_input(image), verbose=0)[0]
    assert expected.std() > 0
    np.testing.assert_allclose(features, expected, rtol=1e-3, atol=1e-3 * np.abs(expected).max())


def test_every_family_is_among_the_members() -> None:
    families = {facts["family"] for facts in read_json(FACTS)} - {"vgg", "inception_resnet_v2"}
    assert {info(f"keras:{name}").family for name in MEMBERS} == families


@needs_keras
@pytest.mark.parametrize(
    "name",
    [
        "vgg16",
        *(
            pytest.param(name, marks=pytest.mark.slow)
            for name in ("convnexttiny", "efficientnetb0", "mobilenet", "resnet50")
        ),
    ],
)
def test_the_facts_are_those_of_the_installed_keras(name: str) -> None:
    from core.backbones.sources import keras_facts

    (committed,) = [facts for facts in read_json(FACTS) if facts["name"] == name]
    assert keras_facts.facts(committed["application"]) == committed


@needs_keras
def test_they_are_all_that_keras_has() -> None:
    from core.backbones.sources import keras_facts

    assert keras_facts.applications() == [facts["application"] for facts in read_json(FACTS)]


@needs_keras
def test_on_another_engine_than_torch_keras_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keras_trunks.keras().config, "backend", lambda: "jax")
    with pytest.raises(BackboneError, match=r"Keras runs on jax in this process\. Set KERAS_BACKEND=torch"):
        keras_trunks.keras()


@needs_keras
@pytest.mark.slow
def test_a_head_on_a_network_of_keras_is_taken_home_and_needs_keras_there(
    monkeypatch: pytest.MonkeyPatch, photos_zip: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    written(monkeypatch, "keras:mobilenetv3small")
    run, bundle = tmp_path / "run", tmp_path / "bundle.zip"
    given = ["finetune", str(photos_zip), "--backbone", "keras:mobilenetv3small", "--input-px", "64", "--epochs", "2"]
    assert main([*given, "--out", str(run), "--mode", "full"]) == 2
    refusal = capsys.readouterr().err
    assert "has nothing to train but the head" in refusal
    assert "To train a network like it, take mobilenet_v3_large." in refusal
    assert main([*given, "--out", str(run), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["backbone"] == "keras:mobilenetv3small@64"
    assert main(["export", str(run), "--out", str(bundle)]) == 0

    photos = [photo((200, 60, 60), seed) for seed in range(3)]
    home = classifier_of(bundle).predict(photos)
    np.testing.assert_array_equal(home, classifier_of(load_run(run)).predict(photos))
    card = read_card(bundle)
    assert "Keras 3" in card
    assert 'network = build("MobileNetV3Small")' in card
    monkeypatch.setattr(spec, "has_keras", lambda: False)
    with pytest.raises(BackboneError, match="Run `pip install keras`"):
        classifier_of(bundle)
