"""Muon for the convolutions, AdamW for everything else.

Muon (Jordan et al. 2024) replaces a momentum matrix by the nearest semi-orthogonal one, by five Newton-Schulz
steps. Updates are scaled to the size of AdamW's (Liu et al. 2025). torch's own `Muon` takes matrices only; here a
convolution is the matrix (out, in · kernel²).
"""

from collections.abc import Iterable

import torch
from torch import Tensor, nn

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
        """One update of every weight that has a gradient."""
        for group in self.param_groups:
            for weight in group["params"]:
                if weight.grad is None:
                    continue
                state = self.state[weight]
                if not state:
                    state["momentum"] = torch.zeros_like(weight)
                state["momentum"].lerp_(weight.grad, 1 - MOMENTUM)
                update = orthogonal(weight.grad.lerp(state["momentum"], MOMENTUM).flatten(1))
                scale = 0.2 * max(update.shape) ** 0.5
                weight.mul_(1 - group["lr"] * group["weight_decay"])
                weight.add_(update.view_as(weight), alpha=-group["lr"] * scale)


def orthogonal(matrix: Tensor) -> Tensor:
    """The (rows, columns) matrix with its singular values moved close to 1, by quintic Newton-Schulz steps."""
    work: Tensor = matrix.bfloat16()
    tall = work.shape[0] > work.shape[1]
    work = work.T if tall else work
    work = work / (work.norm() + 1e-7)
    for _step in range(5):
        gram = work @ work.T
        work = 3.4445 * work + (-4.7750 * gram + 2.0315 * gram @ gram) @ work
    found: Tensor = (work.T if tall else work).to(matrix.dtype)
    return found


def optimisers(model: nn.Module, *, lr: float, weight_decay: float) -> list[torch.optim.Optimizer]:
    """Muon for convolutions, but for the one that sees the image; AdamW for that one, norms, biases and heads."""
    convolutions: list[nn.Parameter] = []
    decayed: list[nn.Parameter] = []
    plain: list[nn.Parameter] = []
    for parameter in model.parameters():
        if parameter.ndim == 4 and parameter.shape[1] > 3:
            convolutions.append(parameter)
        else:
            (decayed if parameter.ndim > 1 else plain).append(parameter)
    groups = [{"params": decayed, "weight_decay": weight_decay}, {"params": plain, "weight_decay": 0.0}]
    return [
        Muon(convolutions, lr=lr, weight_decay=weight_decay),
        torch.optim.AdamW(groups, lr=lr, betas=(0.9, 0.98), fused=True),
    ]
