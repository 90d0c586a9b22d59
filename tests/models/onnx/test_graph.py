"""A classifier written as ONNX: what goes in, what comes out, and what a stranger can read in it."""

from __future__ import annotations

import json

import numpy as np
import onnx
import pytest
import torch

from core.backbones.encode import encode
from core.backbones.load import load
from core.engines.onnx import session
from core.evaluation.predictions import softmax
from core.models.classifier import Classifier
from core.models.onnx.graph import graph_of, input_names, opset_of
from core.models.onnx.precision import smaller
from tests.fakes import install_tiny
from tests.models.conftest import PAIR


@pytest.fixture
def tiny(monkeypatch: pytest.MonkeyPatch) -> Classifier:
    install_tiny(monkeypatch)
    torch.manual_seed(0)
    return Classifier(load("tiny"), ("cat", "dog")).eval()


def test_it_gives_probabilities_and_features_for_any_number_of_photos(tiny: Classifier) -> None:
    running = session(graph_of(tiny))
    for n in (1, 2, 5):
        images = torch.rand(n, 3, 16, 16, generator=torch.Generator().manual_seed(n))
        proba, features = running.run(["proba", "features"], {"images": images.numpy()})
        np.testing.assert_allclose(features, images.mean(dim=(2, 3)).numpy(), atol=1e-6)  # what this backbone does
        np.testing.assert_allclose(proba, softmax(encode(tiny, images)), atol=1e-6)


def test_it_says_what_a_stranger_needs_and_nothing_of_this_machine(tiny: Classifier) -> None:
    content = graph_of(tiny)
    model = onnx.ModelProto.FromString(content)
    about = {entry.key: json.loads(entry.value) for entry in model.metadata_props}
    assert about["classes"] == ["cat", "dog"]
    assert about["preprocessing"] == tiny.preprocessing.to_json()
    assert model.producer_name == "Graft"
    assert opset_of(content) >= 17
    assert b".py" not in content
    assert graph_of(tiny) == content


@pytest.mark.slow
def test_backbones_side_by_side_have_an_input_each() -> None:
    torch.manual_seed(0)
    pair = Classifier(load(PAIR), ("cat", "dog", "owl")).eval()
    assert input_names(pair.preprocessing) == ("images", "images_2")
    running = session(graph_of(pair))
    views = pair.preprocessing.views
    own = [torch.rand(3, 3, view.crop_px, view.crop_px) for view in views]
    proba, features = running.run(["proba", "features"], {"images": own[0].numpy(), "images_2": own[1].numpy()})
    in_a_row = torch.cat([pixels.flatten(2) for pixels in own], dim=2)
    np.testing.assert_allclose(proba, softmax(encode(pair, in_a_row)), atol=1e-5)
    assert features.shape == (3, pair.backbone.info.feature_dim)


@pytest.mark.parametrize("precision", ["fp16", "int8"])
def test_smaller_precisions_take_and_give_float32_all_the_same(tiny: Classifier, precision: str) -> None:
    images = torch.rand(1, 3, 16, 16, generator=torch.Generator().manual_seed(0))
    proba, _features = session(smaller(graph_of(tiny), precision)).run(None, {"images": images.numpy()})
    assert proba.dtype == np.float32
    np.testing.assert_allclose(proba, softmax(encode(tiny, images)), atol=0.05)
