from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from torch import nn
from torchvision import models

from core.backbones.networks.taking import take_in


def plain(module: nn.Module) -> dict[str, torch.Tensor]:
    """The weights as safetensors gives them: copies by name, without versions."""
    return {name: tensor.clone() for name, tensor in module.state_dict().items()}


@pytest.mark.parametrize("build", [models.mnasnet0_5, models.shufflenet_v2_x0_5, models.squeezenet1_1])
def test_weights_without_versions_are_taken_in_by_every_network(build: Callable[[], nn.Module]) -> None:
    module, other = (nn.Sequential(build()).eval() for _n in range(2))
    state = plain(module)
    take_in(other, state)
    assert all(torch.equal(state[name], tensor) for name, tensor in other.state_dict().items())


def test_torch_alone_refuses_them() -> None:
    """Else `take_in` is needed no more."""
    module = models.mnasnet0_5()
    with pytest.raises(ValueError, match="version should be set"):
        module.load_state_dict(plain(module))


def test_an_old_checkpoint_without_counts_of_batches_is_taken_in() -> None:
    module = nn.BatchNorm2d(3)
    state = {name: tensor + 1 for name, tensor in plain(module).items() if name != "num_batches_tracked"}
    take_in(module, state)
    assert torch.equal(module.weight, torch.full((3,), 2.0))


@pytest.mark.parametrize("change", [lambda s: s.pop("weight"), lambda s: s.update(more=torch.zeros(1))])
def test_what_does_not_fit_is_refused(change: Callable[[dict[str, torch.Tensor]], object]) -> None:
    module = nn.Linear(2, 2)
    state = plain(module)
    change(state)
    with pytest.raises(RuntimeError, match="Linear"):
        take_in(module, state)
