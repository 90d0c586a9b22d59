"""Frozen batch normalisation, folded into convolutions: the same function, and the same gradients."""

from __future__ import annotations

import pytest
import torch

from core.backbones.load import load
from core.training.config import FinetuneConfig
from core.training.network.folding import can_fold, folded
from core.training.network.network import Network
from tests.training.tiny import tiny_backbone

IMAGES = torch.rand(6, 3, 32, 32, generator=torch.Generator().manual_seed(0))


def network(name: str = "", **given: object) -> Network:
    """A network whose head does something, in training mode."""
    config = FinetuneConfig.from_json({"backbone": "graft_residual", "mode": "full", **given})
    own = Network(load(name) if name else tiny_backbone(), 3, config)
    with torch.no_grad():
        own.head.weight.normal_(generator=torch.Generator().manual_seed(1))
    return own.train()


def gradients(own: Network, images: torch.Tensor) -> dict[str, torch.Tensor]:
    own.zero_grad()
    torch.manual_seed(0)
    own(images).square().mean().backward()
    return {name: p.grad.clone() for name, p in own.named_parameters() if p.grad is not None}


@pytest.mark.parametrize("name", ["", "graft_residual", "graft_plain", "graft_inception", "efficientnet_lite0"])
def test_values_and_gradients_are_those_of_the_network_as_it_is(name: str) -> None:
    own = network(name)
    images = IMAGES if not name else torch.rand(2, 3, 64, 64, generator=torch.Generator().manual_seed(0))
    assert can_fold(own, images)
    plain = gradients(own, images)
    with folded(own):
        other = gradients(own, images)
    assert plain.keys() == other.keys()
    for key, value in plain.items():
        torch.testing.assert_close(other[key], value, rtol=1e-2, atol=1e-4 * float(value.abs().max()) + 1e-6)


def test_afterwards_the_modules_are_as_they_were() -> None:
    own = network()
    state, expected = {key: value.clone() for key, value in own.state_dict().items()}, own.eval()(IMAGES)
    with folded(own):
        pass
    assert all("forward" not in vars(module) for module in own.modules())
    assert torch.equal(own(IMAGES), expected)
    assert all(torch.equal(value, state[key]) for key, value in own.state_dict().items())


@pytest.mark.parametrize(
    "given", [{"batch_norm": "learnt"}, {"mode": "head"}, {"mode": "norms"}], ids=["learnt", "frozen", "norms alone"]
)
def test_nothing_is_folded_whose_statistics_are_learnt_or_whose_weights_are_not(given: dict[str, object]) -> None:
    own = network(**given)
    assert not can_fold(own, own.below(IMAGES))


def test_what_is_registered_side_by_side_and_not_computed_so_is_left_alone() -> None:
    class Twisted(torch.nn.Module):
        """Registers a normalisation after the convolution that it comes before."""

        def __init__(self) -> None:
            super().__init__()
            self.convolution, self.norm = torch.nn.Conv2d(3, 3, 1), torch.nn.BatchNorm2d(3)
            with torch.no_grad():
                self.norm.weight.copy_(torch.tensor([1.0, 5.0, -3.0]))

        def forward(self, images: torch.Tensor) -> torch.Tensor:
            return self.convolution(self.norm(images))

    backbone = tiny_backbone()
    backbone.trunk.stem = torch.nn.Sequential(Twisted(), backbone.trunk.stem)
    own = Network(backbone, 3, FinetuneConfig("graft_residual", mode="full"))
    with torch.no_grad():
        own.head.weight.normal_(generator=torch.Generator().manual_seed(1))
    own.train()
    assert not can_fold(own, IMAGES)
    assert own.training
