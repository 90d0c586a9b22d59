"""One step of learning: a batch through the network, the loss, and what the optimizer makes of it.

Where memory runs out, the batch goes through in two parts, four, or eight, whose gradients are added up, so that the
step stays the same.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from core.engines.device import has_bf16
from core.machine import ran_out_of_memory
from core.training.config import FinetuneConfig
from core.training.network import Network
from core.training.optimizer import set_rate

MOST_CHUNKS = 8


@dataclass(frozen=True)
class Step:
    """What a step came to, before the weights were changed.

    Attributes:
        loss: the sum of the images' plain cross-entropies.
        right: how many of them were right.
    """

    loss: float
    right: int


class Learner:
    """A network and what changes it.

    Args:
        network: learns.
        optimizer: changes it.
        config: how.
        class_weights: (c,) what a class counts for in the loss; None: all alike.

    Attributes:
        chunks: in how many parts each batch goes through the network; doubled where memory runs out.
    """

    def __init__(
        self,
        network: Network,
        optimizer: torch.optim.Optimizer,
        config: FinetuneConfig,
        class_weights: Tensor | None = None,
        chunks: int = 1,
    ) -> None:
        self.network, self.optimizer, self.chunks = network, optimizer, chunks
        self._config = config
        self._device = next(network.parameters()).device
        self.class_weights = None if class_weights is None else class_weights.to(self._device)

    def learn(self, inputs: Tensor, labels: Tensor, lr: float, at: tuple[int, int]) -> Step:
        """Learns from one batch.

        Args:
            inputs: (b, ...) what the network takes.
            labels: (b,).
            lr: the learning rate.
            at: the epoch and the step in it, from 0; with the config's seed, all that chance depends on.

        Raises:
            RuntimeError: memory ran out even with an eighth of the batch.
        """
        set_rate(self.optimizer, lr)
        inputs, labels = _to(inputs, self._device), labels.to(self._device)
        while True:
            try:
                return self._step(inputs, labels, at)
            except (MemoryError, RuntimeError) as problem:
                if not ran_out_of_memory(problem) or 2 * self.chunks > min(MOST_CHUNKS, len(labels)):
                    raise
            self.chunks *= 2

    def _step(self, inputs: Tensor, labels: Tensor, at: tuple[int, int]) -> Step:
        self.optimizer.zero_grad(set_to_none=True)
        torch.manual_seed(_seed(self._config.seed, *at))  # of dropout, the only global randomness
        total = len(labels) if self.class_weights is None else float(self.class_weights[labels].sum())
        loss, right = 0.0, 0
        for part, known in zip(inputs.chunk(self.chunks), labels.chunk(self.chunks), strict=True):
            outputs = self._outputs(part)
            self._backward(outputs, known, total)
            outputs = outputs.detach()
            loss += float(F.cross_entropy(outputs, known, reduction="sum"))
            right += int((outputs.argmax(1) == known).sum())
        if self._config.clip_norm:
            nn.utils.clip_grad_norm_(self.network.parameters(), self._config.clip_norm)
        self.optimizer.step()
        return Step(loss, right)

    def _outputs(self, inputs: Tensor) -> Tensor:
        with torch.autocast(self._device.type, torch.bfloat16, enabled=has_bf16(self._device)):
            outputs: Tensor = self.network.above(self.network.below(inputs))
        return outputs

    def _backward(self, outputs: Tensor, labels: Tensor, total: float) -> None:
        """Adds the gradient of these images' share of the batch's loss."""
        loss = F.cross_entropy(
            outputs,
            labels,
            weight=self.class_weights,
            label_smoothing=self._config.label_smoothing,
            reduction="sum",
        )
        (loss / total).backward()  # type: ignore[no-untyped-call]


def balanced_weights(y: Tensor, n_classes: int) -> Tensor:
    """(n_classes,) weights by the inverse of each class's count, 1 on average over the images."""
    counts = torch.bincount(y, minlength=n_classes).clamp(min=1)
    return len(y) / (n_classes * counts)


def _seed(seed: int, epoch: int, step: int) -> int:
    return int(np.random.default_rng((seed, epoch, step)).integers(2**63))


def _to(inputs: Tensor, device: torch.device) -> Tensor:
    inputs = inputs.to(device)
    return inputs.contiguous(memory_format=torch.channels_last) if inputs.ndim == 4 else inputs
