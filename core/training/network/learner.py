"""One step of learning: a batch through the network, the loss, and what the optimizer makes of it.

A step is counted by the plain cross-entropy, whatever the loss adds. Where images are mixed in pairs, it is that of the
label with the greater share, and so is what is right: of all that can be said of a mixed image, that is nearest to what
is said of a photo. It is still higher than on photos alone, since no network can be sure of a mixed image.

Where memory runs out, the batch goes through in two parts, four, or eight, whose gradients are added up, so that the
step stays the same.
"""

from __future__ import annotations

from contextlib import nullcontext
from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from core.engines.device import has_bf16
from core.machine import ran_out_of_memory
from core.training.config import FinetuneConfig
from core.training.images.mixing import dominant, mixed, mixes
from core.training.network.folding import can_fold, folded
from core.training.network.losses import counted, summed
from core.training.network.network import Network
from core.training.network.optimizer import set_rate

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
        self._folds: bool | None = None  # known after the first batch
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
        entering, targets = self._entering(inputs), labels
        if mixes(self._config):
            entering, targets = mixed(entering, labels, self.network.head.out_features, self._config, at)
        if self._folds is None:
            self._folds = can_fold(self.network, entering[: max(1, len(entering) // self.chunks)])
        total = counted(targets, self.class_weights)
        loss, right = 0.0, 0
        for part, known in zip(entering.chunk(self.chunks), targets.chunk(self.chunks), strict=True):
            with folded(self.network) if self._folds else nullcontext():
                outputs = self._outputs(part)
                self._backward(outputs, known, total)
            outputs, label = outputs.detach(), dominant(known)
            loss += float(F.cross_entropy(outputs, label, reduction="sum"))
            right += int((outputs.argmax(1) == label).sum())
        if self._config.clip_norm:
            nn.utils.clip_grad_norm_(self.network.parameters(), self._config.clip_norm)
        self.optimizer.step()
        return Step(loss, right)

    def _entering(self, inputs: Tensor) -> Tensor:
        """What enters the part that learns, float32; whole, since images of a batch are mixed with each other."""
        with self._autocast():
            parts = [self.network.below(part).float() for part in inputs.chunk(self.chunks)]
        return parts[0] if len(parts) == 1 else torch.cat(parts)

    def _outputs(self, entering: Tensor) -> Tensor:
        with self._autocast():
            outputs: Tensor = self.network.above(entering)
        return outputs

    def _backward(self, outputs: Tensor, targets: Tensor, total: float) -> None:
        """Adds the gradient of these images' share of the batch's loss."""
        config = self._config
        loss = summed(outputs, targets, self.class_weights, config.label_smoothing, config.focal_gamma)
        (loss / total).backward()  # type: ignore[no-untyped-call]

    def _autocast(self) -> torch.autocast:
        return torch.autocast(self._device.type, torch.bfloat16, enabled=has_bf16(self._device))


def _seed(seed: int, epoch: int, step: int) -> int:
    return int(np.random.default_rng((seed, epoch, step)).integers(2**63))


def _to(inputs: Tensor, device: torch.device) -> Tensor:
    inputs = inputs.to(device)
    return inputs.contiguous(memory_format=torch.channels_last) if inputs.ndim == 4 else inputs
