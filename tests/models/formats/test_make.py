"""Other formats are held to the same answers, and where one cannot be made, a line says why."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from core.bundle.graphs import VALIDATION, LeftOut
from core.models.classifier import Classifier
from core.models.formats import litert
from core.models.formats.converted import Converted
from core.models.formats.make import CONVERTERS, Converter, Outcome, converted
from core.models.onnx import parity
from core.models.onnx.graph import graph_of
from core.models.onnx.parity import TrialPhotos
from tests.conftest import photo
from tests.fakes import TinyBackbone

PHOTOS = TrialPhotos([photo((200, 60, 50), n, 20) for n in range(5)], VALIDATION, np.zeros(5, np.int64), tuple("abcde"))


@pytest.fixture
def tiny() -> Classifier:
    torch.manual_seed(0)
    return Classifier(TinyBackbone(), ("cat", "dog")).eval()


def outcome(tiny: Classifier, name: str, convert: Converter, folder: Path, graph: bytes = b"") -> Outcome:
    return converted(graph, tiny, {name: convert}, PHOTOS, folder)[name]


def answering(change: Callable[[NDArray[np.float32]], NDArray[np.float32]]) -> Converter:
    """A converter whose network answers what the model does, changed."""

    def convert(_graph: bytes, classifier: Classifier, folder: Path) -> Converted:
        (folder / "file").write_bytes(b"network")
        return Converted({"openvino.xml": folder / "file"}, lambda batch: change(parity.of_torch(classifier)(batch)))

    return convert


def test_what_answers_the_same_is_kept_with_what_was_measured(tiny: Classifier, tmp_path: Path) -> None:
    made = outcome(tiny, "openvino", answering(lambda proba: proba), tmp_path)
    assert not isinstance(made, LeftOut)
    network, facts = made
    assert network.files["openvino.xml"].read_bytes() == b"network"
    assert (facts.format, facts.n, facts.photos, facts.largest, facts.agreeing) == ("openvino", 5, "validation", 0, 1)


def test_what_answers_otherwise_is_left_out(tiny: Classifier, tmp_path: Path) -> None:
    left = outcome(tiny, "openvino", answering(lambda proba: proba[:, ::-1]), tmp_path)
    assert isinstance(left, LeftOut)
    assert left.code == "parity"
    assert left.message.startswith("'openvino.xml' answered otherwise than the model, by up to 0.")


def test_a_network_that_a_converter_does_not_support_is_said_in_a_line(tiny: Classifier, tmp_path: Path) -> None:
    def fails(_graph: bytes, _classifier: Classifier, _folder: Path) -> Converted:
        raise RuntimeError("no such layer\nat line 5")

    left = outcome(tiny, "litert", fails, tmp_path)
    assert left == LeftOut(code="not_written", message="LiteRT does not support this network, so it was left out.")


def test_keras_has_no_converter_and_says_what_to_use(tiny: Classifier, tmp_path: Path) -> None:
    left = outcome(tiny, "keras", CONVERTERS["keras"], tmp_path)
    assert isinstance(left, LeftOut)
    assert left.code == "not_installed"
    assert "Use OpenVINO, LiteRT or ONNX" in left.message


def test_without_its_converter_litert_says_how_to_install_it(
    tiny: Classifier, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    left = outcome(tiny, "litert", CONVERTERS["litert"], tmp_path)
    assert isinstance(left, LeftOut)
    assert (left.code, left.message) == (
        "not_installed", "The converter for LiteRT is not installed here: pipx install onnx2tf.",
    )  # fmt: skip


def test_openvino_answers_as_torch_does(tiny: Classifier, tmp_path: Path) -> None:
    pytest.importorskip("openvino")
    made = outcome(tiny, "openvino", CONVERTERS["openvino"], tmp_path, graph_of(tiny))
    assert not isinstance(made, LeftOut)
    network, facts = made
    assert list(network.files) == ["openvino.xml", "openvino.bin"]
    assert facts.largest < 1e-5


@pytest.mark.slow
def test_litert_answers_as_torch_does_where_its_converter_is(tiny: Classifier, tmp_path: Path) -> None:
    pytest.importorskip("ai_edge_litert")
    made = outcome(tiny, "litert", CONVERTERS["litert"], tmp_path, graph_of(tiny))
    if isinstance(made, LeftOut):
        assert made.code == "not_installed"
        pytest.skip(f"{litert.CONVERTER} is not on this machine's PATH")
    assert made[1].channels_last
    assert made[1].largest < 1e-5
