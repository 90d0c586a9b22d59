"""What validation says of weights: their loss, how many images they get right, and of which classes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from core.engines.choose import PLAIN, check, exact
from core.engines.engine import Engine, Forward
from core.features.batches import grouped
from core.training.images.sources import BatchSource, Encoded
from core.training.network.network import Network

EVAL_BATCH = 64  # images at a time where nothing is learnt


@dataclass(frozen=True, eq=False)
class Judged:
    """What a network says of the validation images.

    Attributes:
        logits: (n, c) float32.
        loss: the mean cross-entropy; may be no finite number.
        accuracy: the share of images that is right.
        recall: of each class, the share of its images that is right; None for a class without any.
    """

    logits: Tensor
    loss: float
    accuracy: float
    recall: tuple[float | None, ...]


class Judge:
    """Looks at images with a network as it is now, by the fastest engine that gives the same as the plain one."""

    def __init__(self, network: Network) -> None:
        self._network = network
        self._engine: Engine | None = None

    def judge(self, source: BatchSource, looked: Callable[[int], None]) -> Judged:
        """Judges the network by a source.

        Args:
            source: images or features with their labels.
            looked: is told after each batch how many more were looked at.
        """
        outputs = self.logits(source, looked)
        right = (outputs.argmax(1) == source.y).numpy()
        labels = source.y.numpy()
        n = np.bincount(labels, minlength=outputs.shape[1])
        hits = np.bincount(labels[right], minlength=outputs.shape[1])
        return Judged(
            logits=outputs,
            loss=float(F.cross_entropy(outputs, source.y)),
            accuracy=float(right.mean()),
            recall=tuple(int(hit) / int(of) if of else None for hit, of in zip(hits, n, strict=True)),
        )

    def logits(self, source: BatchSource, looked: Callable[[int], None]) -> Tensor:
        """What the network makes of a source, as `logits` gives it."""
        if isinstance(source, Encoded) or len(source) <= EVAL_BATCH:  # no more than the check would cost
            return logits(self._network, source, looked)
        if self._engine is None:
            images, _labels = next(iter(source.batches([range(EVAL_BATCH)])))
            self._engine = check(exact(), self._network.eval(), images).engine
        return logits(self._network, source, looked, self._engine)


def logits(network: nn.Module, source: BatchSource, looked: Callable[[int], None], engine: Engine = PLAIN) -> Tensor:
    """A network's outputs for everything in a source.

    Args:
        network: is put into eval mode.
        source: images or features.
        looked: is told after each batch how many more were looked at.
        engine: runs the network; it has been checked.

    Returns:
        (n, outputs) float32 on the CPU.
    """
    forward: Forward | None = None
    outputs = []
    for inputs, labels in source.batches(grouped(range(len(source)), EVAL_BATCH)):
        forward = forward or engine.prepare(network.eval(), inputs)
        outputs.append(torch.from_numpy(forward(inputs)))
        looked(len(labels))
    return torch.cat(outputs)
