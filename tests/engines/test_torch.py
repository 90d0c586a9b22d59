import numpy as np
import pytest
import torch
from torch import nn

from core.backbones.encode import encode
from core.backbones.load import load
from core.engines.choose import check
from core.engines.torch import FusedTorch, PlainTorch, fused
from tests.engines.networks import backbone


def test_batch_norms_are_folded_where_that_changes_nothing() -> None:
    network, images = backbone(apart=False), torch.randn(4, 3, 16, 16)
    before = {key: value.clone() for key, value in network.state_dict().items()}

    checked = check(FusedTorch(), network, images)

    assert (checked.engine, checked.note) == (FusedTorch(), "")
    np.testing.assert_allclose(checked.forward(images), encode(network, images), rtol=1e-4, atol=1e-5)
    assert not np.array_equal(checked.forward(images), encode(network, images))  # it is another computation
    after = network.state_dict()
    assert before.keys() == after.keys()
    assert all(torch.equal(before[key], after[key]) for key in before)


def test_where_folding_would_change_the_features_the_plain_engine_is_used_with_a_note() -> None:
    network, images = backbone(apart=True), torch.randn(4, 3, 16, 16)
    checked = check(FusedTorch(), network, images)
    assert checked.engine == PlainTorch()
    assert "plain" in checked.note
    np.testing.assert_array_equal(checked.forward(images), encode(network, images))


@pytest.mark.parametrize("name", ["resnet18", "densenet121", "mobilenet_v3_small", "googlenet"])
def test_real_networks_fold_and_agree(name: str) -> None:
    network, images = load(name, pretrained=False), torch.randn(2, 3, 64, 64)
    checked = check(FusedTorch(), network, images)
    assert checked.note == ""
    expected = encode(network, images)
    relative = np.linalg.norm(checked.forward(images) - expected, axis=1) / np.linalg.norm(expected, axis=1)
    assert relative.max() < 1e-3


def test_a_network_in_training_is_prepared_as_it_would_be_evaluated() -> None:
    network, images = backbone(apart=False), torch.randn(4, 3, 16, 16)
    expected = encode(network, images)
    forward = FusedTorch().prepare(network.train(), images)
    assert network.training
    np.testing.assert_allclose(forward(images), expected, rtol=1e-4, atol=1e-5)


def test_encoding_leaves_training_mode() -> None:
    network = backbone(apart=False).train()
    encode(network, torch.randn(4, 3, 16, 16))
    assert not network.training
    assert network.trunk.norm.num_batches_tracked == 0


def test_fusing_keeps_lone_norms() -> None:
    module = nn.Sequential(nn.BatchNorm2d(3), nn.Conv2d(3, 4, 1), nn.ReLU(), nn.BatchNorm2d(4)).eval()
    assert sum(isinstance(m, nn.BatchNorm2d) for m in fused(module).modules()) == 2
    together = nn.Sequential(nn.Conv2d(3, 4, 1), nn.BatchNorm2d(4)).eval()
    assert not any(isinstance(m, nn.BatchNorm2d) for m in fused(together).modules())
