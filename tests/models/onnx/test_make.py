"""Graphs are only in a bundle where they answer as the model does, and what they cost is measured."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from core.backbones.backbone import Backbone
from core.bundle.graphs import VALIDATION
from core.models.classifier import Classifier
from core.models.onnx import parity
from core.models.onnx.make import graphs_of
from core.models.onnx.parity import TrialPhotos, trial_photos
from tests.conftest import photo
from tests.fakes import TinyBackbone, tiny_info


class Drifting(nn.Module):
    """A network whose graph answers something else: it knows whether it is being written."""

    def forward(self, images: Tensor) -> Tensor:
        mean = images.mean(dim=(2, 3))
        return mean.flip(1) if torch.compiler.is_exporting() else mean


class Stubborn(nn.Module):
    """A network that cannot be written: which way it goes depends on the photo."""

    def forward(self, images: Tensor) -> Tensor:
        return images.mean(dim=(2, 3)) * (2 if float(images.sum()) > 0 else 1)


def classifier(trunk: nn.Module | None = None) -> Classifier:
    backbone = TinyBackbone() if trunk is None else Backbone(tiny_info(), trunk, ()).eval()
    model = Classifier(backbone, ("red", "green", "blue")).eval()
    with torch.no_grad():
        model.head.weight.copy_(10 * torch.eye(3))
        model.head.bias.zero_()
    return model


@pytest.fixture
def photos() -> TrialPhotos:
    """Ten photos of each colour, the last of which is said to be another one."""
    colours = [(200, 60, 50), (60, 170, 70), (60, 80, 200)]
    images = [photo(colours[n % 3], n, 24) for n in range(30)]
    labels = np.arange(30) % 3
    labels[-1] = 0
    return TrialPhotos(images, VALIDATION, labels.astype(np.int64), tuple(map(str, range(30))))


def test_a_graph_that_answers_the_same_is_kept_with_what_was_measured(photos: TrialPhotos) -> None:
    made = graphs_of(classifier(), ("fp32",), photos)
    facts = made.facts["model.onnx"]
    assert made.left_out == {}
    assert facts.largest < parity.TOLERANCE
    assert (facts.n, facts.photos, facts.agreeing, facts.cost) == (30, "validation", 1.0, None)


def test_a_graph_that_answers_otherwise_is_left_out_with_all_that_is_made_of_it(photos: TrialPhotos) -> None:
    made = graphs_of(classifier(Drifting()), ("fp32", "fp16"), photos)
    assert made.contents == made.facts == {}
    assert {name: left.code for name, left in made.left_out.items()} == {
        "model.onnx": "parity", "model.fp16.onnx": "parity",
    }  # fmt: skip
    assert "answered otherwise than the model, by up to 0." in made.left_out["model.onnx"].message


def test_a_network_that_cannot_be_written_says_so(photos: TrialPhotos) -> None:
    made = graphs_of(classifier(Stubborn()), ("fp32", "int8"), photos)
    assert made.contents == {}
    assert {left.code for left in made.left_out.values()} == {"not_written"}
    assert "cannot be written as 'model.int8.onnx'" in made.left_out["model.int8.onnx"].message


def test_smaller_precisions_say_what_they_cost(photos: TrialPhotos) -> None:
    made = graphs_of(classifier(), ("fp16", "int8"), photos)
    assert list(made.facts) == ["model.fp16.onnx", "model.int8.onnx"]
    price = made.facts["model.fp16.onnx"].cost
    assert price is not None
    assert (price.n, price.accuracy, price.difference) == (30, pytest.approx(29 / 30), 0.0)
    assert price.interval[0] < 0 < price.interval[1]


def test_without_validation_photos_nothing_is_said_of_accuracy() -> None:
    photos = trial_photos(None, 16)
    made = graphs_of(classifier(), ("fp32", "fp16"), photos)
    assert (made.facts["model.fp16.onnx"].photos, made.facts["model.fp16.onnx"].cost) == ("generated", None)
    assert made.facts["model.fp16.onnx"].n == len(photos.images) == 16


def test_what_is_no_number_differs_without_end() -> None:
    one, other = np.array([[0.5, 0.5]], np.float32), np.array([[np.nan, 0.5]], np.float32)
    assert parity.largest_difference(one, other) == np.inf
    assert parity.largest_difference(one, one) == 0


def test_a_graph_that_takes_photos_is_held_to_the_same(photos: TrialPhotos) -> None:
    made = graphs_of(classifier(), ("photo",), photos)
    facts = made.facts["model.photo.onnx"]
    assert (facts.inputs, facts.takes, facts.precision, facts.cost) == (("photo",), "photo", "fp32", None)
    assert facts.largest < parity.TOLERANCE


def test_where_there_is_little_memory_nothing_is_written(photos: TrialPhotos, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("core.machine.is_small", lambda: True)
    made = graphs_of(classifier(), ("fp32",), photos)
    assert made.left_out["model.onnx"].code == "little_memory"
