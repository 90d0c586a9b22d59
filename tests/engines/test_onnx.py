import math

import numpy as np
import pytest
import torch
from torch import nn

from core.backbones.encode import encode
from core.backbones.load import load
from core.engines import graphs
from core.engines.choose import agreement
from core.engines.onnx import OnnxRuntime
from tests.engines.networks import backbone


def relative(a: np.ndarray, b: np.ndarray) -> float:
    return float((np.linalg.norm(a - b, axis=1) / np.linalg.norm(b, axis=1)).max())


@pytest.mark.slow
@pytest.mark.parametrize("name", ["graft_plain", "graft_residual"])
def test_it_gives_what_torch_gives_for_any_number_of_images(name: str) -> None:
    network = load(name)
    side = network.info.input_px
    images = torch.rand(5, 3, side, side, generator=torch.Generator().manual_seed(0))
    forward = OnnxRuntime().prepare(network, images[:3])
    for n in (1, 3, 5):
        features = forward(images[:n])
        assert (features.dtype, features.shape) == (np.float32, (n, network.info.feature_dim))
        assert relative(features, encode(network, images[:n])) < 1e-4


@pytest.mark.slow
@pytest.mark.parametrize("name", ["resnet18", "mobilenet_v3_small"])
def test_families_of_the_zoo_agree(name: str) -> None:
    network, images = load(name, pretrained=False), torch.randn(3, 3, 224, 224)
    assert agreement(OnnxRuntime().prepare(network, images)(images), encode(network, images)) > 0.9999


def test_a_network_in_training_is_prepared_as_it_would_be_evaluated_and_stays_in_training() -> None:
    network, images = backbone(apart=True), torch.randn(4, 3, 16, 16)
    expected = encode(network, images)
    forward = OnnxRuntime().prepare(network.train(), images)
    assert network.training
    np.testing.assert_allclose(forward(images), expected, rtol=1e-4, atol=1e-5)


def test_a_graph_is_written_once_and_its_start_is_quick_from_then_on() -> None:
    engine, network, images = OnnxRuntime(), backbone(apart=True), torch.randn(4, 3, 16, 16)
    assert engine.start_s(network, images) > 1
    engine.prepare(network, images)
    assert engine.start_s(network, images) < 1
    kept = graphs.kept(network, images)
    engine.prepare(network, images)
    assert graphs.kept(network, images) == kept is not None


def test_another_network_or_size_has_another_graph() -> None:
    engine, images = OnnxRuntime(), torch.randn(4, 3, 16, 16)
    engine.prepare(backbone(apart=True), images)
    other = backbone(apart=True)
    with torch.no_grad():
        other.trunk.conv.weight[0, 0, 0, 0] += 1
    assert not graphs.is_kept(other, images)
    assert not graphs.is_kept(backbone(apart=True), torch.randn(4, 3, 20, 20))
    assert graphs.is_kept(backbone(apart=True), images[:1])


class Stubborn(nn.Module):
    """Goes one way or another by what the images show, which no graph can."""

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        return images.mean((2, 3)) if images.mean() > 0 else images.amax((2, 3))


def test_what_cannot_be_written_as_a_graph_is_an_error_that_the_check_knows() -> None:
    with pytest.raises(RuntimeError, match="no graph can be written"):
        OnnxRuntime().prepare(Stubborn(), torch.randn(4, 3, 16, 16))


def test_where_memory_is_short_it_is_not_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GRAFT_MEMORY_MB", "1500")
    assert not OnnxRuntime().is_available()


def test_where_there_is_a_gpu_it_is_never_begun(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("core.engines.device.best_device", lambda: torch.device("cuda"))
    assert OnnxRuntime().start_s(backbone(apart=True), torch.randn(4, 3, 16, 16)) == math.inf
