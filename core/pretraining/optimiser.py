"""Muon for the convolutions, AdamW for everything else.

Muon (Jordan et al. 2024) replaces a momentum matrix by the nearest semi-orthogonal one, by five Newton-Schulz
steps. Updates are scaled to the size of AdamW's (Liu et al. 2025). torch's own `Muon` takes matrices only; here a
convolution is the matrix (out, in · kernel²).
"""

from collections.abc import Iterable

import torch
from torch import Tensor, nn

from core.engines.device import has_bf16

MOMENTUM = 0.95


class Muon(torch.optim.Optimizer):
    """Muon for parameters of two or more dimensions.

    Args:
        lr: learning rate, in AdamW's scale.
        weight_decay: decoupled, times the learning rate.
    """

    def __init__(self, params: Iterable[nn.Parameter], *, lr: float, weight_decay: float) -> None:
        super().__init__(params, {"lr": lr, "weight_decay": weight_decay})

    @torch.no_grad()
    def step(self, closure: None = None) -> None:  # type: ignore[override]  # noqa: ARG002
        """One update of every weight that has a gradient; matrices of one shape are made orthogonal together."""
        for group in self.param_groups:
            by_shape: dict[torch.Size, list[nn.Parameter]] = {}
            for weight in group["params"]:
                if weight.grad is not None:
                    by_shape.setdefault(weight.flatten(1).shape, []).append(weight)
            for shape, weights in by_shape.items():
                gradients = torch.stack([weight.grad.flatten(1) for weight in weights if weight.grad is not None])
                momenta = torch.stack([self._momentum(weight).flatten(1) for weight in weights])
                momenta.lerp_(gradients, 1 - MOMENTUM)
                updates = orthogonal(gradients.lerp_(momenta, MOMENTUM))
                scale = 0.2 * max(shape) ** 0.5
                for weight, momentum, update in zip(weights, momenta, updates, strict=True):
                    self._momentum(weight).copy_(momentum.view_as(weight))
                    weight.mul_(1 - group["lr"] * group["weight_decay"])
                    weight.add_(update.view_as(weight), alpha=-group["lr"] * scale)

    def _momentum(self, weight: nn.Parameter) -> Tensor:
        state: dict[str, Tensor] = self.state[weight]
        if not state:
            state["momentum"] = torch.zeros_like(weight)
        return state["momentum"]


def orthogonal(matrices: Tensor) -> Tensor:
    """Each (rows, columns) matrix of (…, rows, columns) with its singular values moved close to 1.

    Quintic Newton-Schulz steps, in bfloat16 where that is fast.
    """
    matrix: Tensor = matrices.bfloat16() if has_bf16(matrices.device) else matrices.float()
    is_tall = matrix.shape[-2] > matrix.shape[-1]
    matrix = matrix.mT if is_tall else matrix
    matrix = matrix / (matrix.norm(dim=(-2, -1), keepdim=True) + 1e-7)
    for _step in range(5):
        gram = matrix @ matrix.mT
        matrix = 3.4445 * matrix + (-4.7750 * gram + 2.0315 * gram @ gram) @ matrix
    result: Tensor = (matrix.mT if is_tall else matrix).to(matrices.dtype)
    return result


def optimisers(model: nn.Module, *, lr: float, weight_decay: float) -> list[torch.optim.Optimizer]:
    """Muon for all convolutions except the first; AdamW for the first, the norms, the biases and the heads."""
    convolutions: list[nn.Parameter] = []
    decayed: list[nn.Parameter] = []
    undecayed: list[nn.Parameter] = []
    for parameter in model.parameters():
        if parameter.ndim == 4 and parameter.shape[1] > 3:
            convolutions.append(parameter)
        else:
            (decayed if parameter.ndim > 1 else undecayed).append(parameter)
    groups = [{"params": decayed, "weight_decay": weight_decay}, {"params": undecayed, "weight_decay": 0.0}]
    return [
        Muon(convolutions, lr=lr, weight_decay=weight_decay),
        torch.optim.AdamW(groups, lr=lr, betas=(0.9, 0.98), fused=True),
    ]
