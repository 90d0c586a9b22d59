"""The epochs of a training, over images or over features that do not change."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Protocol

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from core.engines.choose import PLAIN, check, exact
from core.engines.device import has_bf16
from core.engines.engine import Engine, Forward
from core.errors import TrainingError
from core.features.batches import grouped
from core.i18n import gettext as _
from core.training import checkpoint
from core.training.checkpoint import TrainingState
from core.training.config import FinetuneConfig, is_instant
from core.training.history import Epoch, save_history
from core.training.network import Network, State
from core.training.schedule import batches, lr_at, n_batches
from core.training.work import Work

EVAL_BATCH = 64  # images at a time where nothing is learnt


class BatchSource(Protocol):
    """What an epoch goes through: `core.training.photos.Photos`, or `Encoded`."""

    y: Tensor

    def __len__(self) -> int: ...

    def batches(self, cut: Iterable[Sequence[int]], seed: int = 0, epoch: int = 0) -> Iterator[tuple[Tensor, Tensor]]:
        """For each list of indices the network's inputs and the labels (b,)."""
        ...


class Encoded:
    """Features (n, d) with their labels (n,): what a frozen backbone says of images that are not augmented."""

    def __init__(self, X: Tensor, y: Tensor) -> None:
        self.X, self.y = X, y

    def __len__(self) -> int:
        return len(self.y)

    def batches(
        self,
        cut: Iterable[Sequence[int]],
        seed: int = 0,  # noqa: ARG002
        epoch: int = 0,  # noqa: ARG002
    ) -> Iterator[tuple[Tensor, Tensor]]:
        """For each list of indices the features (b, d) and the labels (b,); the same in every epoch."""
        for indices in cut:
            yield self.X[list(indices)], self.y[list(indices)]


class Fitting:
    """A training under way.

    Attributes:
        network: what learns.
        optimizer: what changes it.
        state: the epochs that are over.
        class_weights: (n_classes,) what a class counts for in the loss, on the network's device; None: all alike.
    """

    def __init__(
        self, network: Network, optimizer: torch.optim.Optimizer, config: FinetuneConfig, state: TrainingState,
        train: BatchSource, val: BatchSource, *, started: float,
    ) -> None:  # fmt: skip
        self.network, self.optimizer, self.state = network, optimizer, state
        self._config, self._train, self._val = config, train, val
        self._instant = is_instant(config)  # epochs are over before a checkpoint would be written
        self._engine: Engine | None = None
        self._best: State = {}
        self._device = next(network.parameters()).device
        weights = balanced_weights(train.y, network.head.out_features) if config.balance_classes else None
        self.class_weights = None if weights is None else weights.to(self._device)
        self._started = started - state.seconds

    @property
    def seconds(self) -> float:
        """How long this training took so far, what went before the epochs and before an interruption included."""
        return time.monotonic() - self._started

    def go_on(self, out: Path, work: Work) -> None:
        """Trains until the last epoch, or until the validation loss has not fallen for `patience` epochs."""
        while self.state.epochs < self._config.epochs and not self._is_stuck():
            epoch = self._epoch(self.state.epochs, work)
            self.state = self.state.with_epoch(epoch, self.seconds)
            self._keep(out, is_best=self.state.best is epoch)
            work.end_epoch(epoch)

    def restore_best(self, out: Path) -> None:
        """Gives the network the best epoch's weights."""
        if self._best:
            checkpoint.restore(self.network, self._best)
        else:
            checkpoint.restore_best(out, self.network)

    def logits(self, source: BatchSource, looked: Callable[[int], None]) -> Tensor:
        """What the network makes of a source, as `logits` gives it, by the fastest engine that gives the same."""
        self.optimizer.zero_grad(set_to_none=True)  # an engine may copy the network: gradients make room for that
        if isinstance(source, Encoded) or len(source) <= EVAL_BATCH:  # no more than the check would cost
            return logits(self.network, source, looked)
        if self._engine is None:
            images, _labels = next(iter(source.batches([range(EVAL_BATCH)])))
            self._engine = check(exact(), self.network.eval(), images).engine
        return logits(self.network, source, looked, self._engine)

    def _is_stuck(self) -> bool:
        best, patience = self.state.best, self._config.patience
        return patience > 0 and best is not None and self.state.epochs - best.epoch >= patience

    def _keep(self, out: Path, *, is_best: bool) -> None:
        if self._instant:
            if is_best:
                self._best = {key: value.clone() for key, value in self.network.kept_state().items()}
        else:
            if is_best:
                checkpoint.save_best(out, self.network)
            checkpoint.save_last(out, self.network, self.optimizer, self.state)
        save_history(out, self.state.history)

    def _epoch(self, epoch: int, work: Work) -> Epoch:
        started = time.monotonic()
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(self._config.seed * 1_000_003 + epoch)  # dropout, the only global randomness
            train_loss, train_accuracy, lr = self._learn(epoch, work)
        val_logits = self.logits(self._val, lambda n: work.step(0 if self._instant else n, _("Validating")))
        val_loss = float(F.cross_entropy(val_logits, self._val.y))
        _check(val_loss, epoch, self._config)
        return Epoch(
            epoch=epoch + 1,
            train_loss=train_loss,
            val_loss=val_loss,
            train_accuracy=train_accuracy,
            val_accuracy=int((val_logits.argmax(1) == self._val.y).sum()) / len(self._val),
            lr=lr,
            seconds=time.monotonic() - started,
        )

    def _learn(self, epoch: int, work: Work) -> tuple[float, float, float]:
        """One pass over the training images: mean loss, accuracy, and the learning rate of the last step."""
        config, n = self._config, len(self._train)
        self.network.train()
        step = epoch * n_batches(n, config.batch_size)
        loss_sum, right, lr = 0.0, 0, 0.0
        cut = batches(n, config.batch_size, config.seed, epoch)
        for inputs, labels in self._train.batches(cut, config.seed, epoch):
            lr = lr_at(step, len(cut), config)
            loss, hits = self._step(inputs, labels, lr)
            _check(loss, epoch, config)
            loss_sum, right, step = loss_sum + loss * len(labels), right + hits, step + 1
            work.learnt(len(labels), epoch)
        return loss_sum / n, right / n, lr

    def _step(self, inputs: Tensor, labels: Tensor, lr: float) -> tuple[float, int]:
        """Learns from one batch: its plain cross-entropy and how many were right, before the step."""
        for group in self.optimizer.param_groups:
            group["lr"] = lr
        inputs, labels = _to(inputs, self._device), labels.to(self._device)
        with torch.autocast(self._device.type, torch.bfloat16, enabled=has_bf16(self._device)):
            outputs = self.network(inputs)
        loss = F.cross_entropy(
            outputs, labels, weight=self.class_weights, label_smoothing=self._config.label_smoothing
        )  # fmt: skip
        self.optimizer.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]
        self.optimizer.step()
        outputs = outputs.detach()
        return float(F.cross_entropy(outputs, labels)), int((outputs.argmax(1) == labels).sum())


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


def _to(inputs: Tensor, device: torch.device) -> Tensor:
    inputs = inputs.to(device)
    return inputs.contiguous(memory_format=torch.channels_last) if inputs.ndim == 4 else inputs


def balanced_weights(y: Tensor, n_classes: int) -> Tensor:
    """(n_classes,) weights by the inverse of each class's count, 1 on average over the images."""
    counts = torch.bincount(y, minlength=n_classes).clamp(min=1)
    return len(y) / (n_classes * counts)


def _check(loss: float, epoch: int, config: FinetuneConfig) -> None:
    if not math.isfinite(loss):
        raise TrainingError(
            _("The loss is not a finite number any more in epoch {epoch}. lr is {lr:g}: choose a lower one.").format(
                epoch=epoch + 1, lr=config.lr
            )
        )
