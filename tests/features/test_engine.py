import numpy as np
import pytest
import torch
from torch import nn

from core.backbones.backbone import Backbone
from core.backbones.encode import encode
from core.backbones.load import load
from core.features import engine
from core.features.engine import agreement, engine_for, fused
from tests.fakes import tiny_info


class Trunk(nn.Module):
    """A convolution and a batch norm that are registered in a row; `apart` computes something between them."""

    def __init__(self, apart: bool) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.conv = nn.Conv2d(3, 3, 3)
        self.norm = nn.BatchNorm2d(3)
        self.apart = apart
        with torch.no_grad():
            self.norm.running_mean.copy_(torch.tensor([5.0, -5.0, 1.0]))
            self.norm.running_var.copy_(torch.tensor([0.1, 4.0, 1.0]))

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        maps = self.conv(images)
        return self.norm(maps.square() if self.apart else maps).mean((2, 3))


def backbone(apart: bool) -> Backbone:
    return Backbone(tiny_info(), Trunk(apart), ()).eval()


def test_batch_norms_are_folded_where_that_changes_nothing() -> None:
    plain, images = backbone(apart=False), torch.randn(4, 3, 16, 16)
    before = {key: value.clone() for key, value in plain.state_dict().items()}

    run = engine_for(plain, images)

    assert run.note == ""
    assert not any(isinstance(m, nn.BatchNorm2d) for m in run._module.modules())
    np.testing.assert_allclose(run(images), encode(plain, images), rtol=1e-4, atol=1e-5)
    after = plain.state_dict()
    assert before.keys() == after.keys()
    assert all(torch.equal(before[key], after[key]) for key in before)


def test_where_folding_would_change_the_features_the_plain_way_is_used_and_said() -> None:
    plain, images = backbone(apart=True), torch.randn(4, 3, 16, 16)
    run = engine_for(plain, images)
    assert "plain" in run.note
    np.testing.assert_array_equal(run(images), encode(plain, images))


def test_an_engine_that_fails_falls_back(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(_module: nn.Module) -> nn.Module:
        return nn.Linear(7, 7)

    monkeypatch.setattr(engine, "fused", broken)  # takes inputs of another width, so running it raises
    plain, images = backbone(apart=False), torch.randn(4, 3, 16, 16)
    run = engine_for(plain, images)
    assert "plain" in run.note
    np.testing.assert_array_equal(run(images), encode(plain, images))


@pytest.mark.parametrize("name", ["resnet18", "densenet121", "mobilenet_v3_small", "googlenet"])
def test_real_networks_fold_and_agree(name: str) -> None:
    plain, images = load(name, pretrained=False), torch.randn(2, 3, 64, 64)
    run = engine_for(plain, images)
    assert run.note == ""
    expected = encode(plain, images)
    relative = np.linalg.norm(run(images) - expected, axis=1) / np.linalg.norm(expected, axis=1)
    assert relative.max() < 1e-3


def test_encoding_leaves_training_mode() -> None:
    plain = backbone(apart=False).train()
    encode(plain, torch.randn(4, 3, 16, 16))
    assert not plain.training
    assert plain.trunk.norm.num_batches_tracked == 0


def test_agreement_is_the_least_cosine() -> None:
    a = np.array([[1.0, 0.0], [0.0, 2.0], [0.0, 0.0]], np.float32)
    assert agreement(a, a) == pytest.approx(1.0)
    assert agreement(a, 3 * a) == pytest.approx(1.0)
    assert agreement(a[:2], np.array([[1.0, 0.0], [2.0, 2.0]], np.float32)) == pytest.approx(0.5**0.5)
    assert agreement(a, a * np.nan) == 0.0


def test_fusing_keeps_lone_norms() -> None:
    module = nn.Sequential(nn.BatchNorm2d(3), nn.Conv2d(3, 4, 1), nn.ReLU(), nn.BatchNorm2d(4)).eval()
    assert sum(isinstance(m, nn.BatchNorm2d) for m in fused(module).modules()) == 2
