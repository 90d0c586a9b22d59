"""The epochs of a training: learning, judging by validation, and keeping what is needed to go on and what was best.

A checkpoint is written after the first epoch, then at most every `KEEP_EVERY_S` seconds, within epochs, too, and when a
training stops for any reason. So little is lost when a process is killed, and nothing when it is stopped.
"""

from __future__ import annotations

import contextlib
import math
import time
from dataclasses import replace
from pathlib import Path

import torch

from core.errors import Cancelled, DatasetError, TrainingError
from core.i18n import gettext as _
from core.training import checkpoint
from core.training.checkpoint import TrainingState, UnderWay
from core.training.config import FinetuneConfig
from core.training.images.sources import BatchSource
from core.training.network.adapt import aligned
from core.training.network.averaging import MovingAverage, between, greedy_soup
from core.training.network.judging import Judge, Judged
from core.training.network.learner import Learner
from core.training.network.losses import balanced_weights
from core.training.network.network import Network, State, snapshot
from core.training.network.optimizer import make_optimizer
from core.training.pace import KEEP_EVERY_S, KeepingPace
from core.training.results.history import EMA, LINE, SOUP, START, Averages, Candidate, Epoch, save_history
from core.training.results.live import Live
from core.training.schedule import batches, lr_at, n_batches
from core.training.work import Work

_RAN_AWAY = 1e4
"""No loss that leads anywhere is so large: it would need logits ten thousand apart."""


class Fitting:
    """A training under way.

    Args:
        network: learns; as it is at the start.
        config: how to train.
        state: how far the training is; where that is beyond the start, `out` holds the checkpoint.
        train: what is learnt from.
        val: what weights are judged by.
        out: the run's directory.
        live: shows whoever watches what the validation images are predicted as; None for nobody.
        started: when this began, by the monotonic clock.
        keep_every_s: how often a checkpoint is written.

    Attributes:
        network: what learns.
        state: the epochs that are over.
    """

    def __init__(
        self,
        network: Network,
        config: FinetuneConfig,
        state: TrainingState,
        train: BatchSource,
        val: BatchSource,
        out: Path,
        *,
        live: Live | None = None,
        started: float,
        keep_every_s: float = KEEP_EVERY_S,
    ) -> None:
        self.network, self.state = network, state
        self._config, self._train, self._val, self._out = config, train, val, out
        self._judge, self._live = Judge(network), live
        self._start = snapshot(network) if config.average else {}
        self._begin(state.chunks)
        self._best: State | None = None  # where it is better than what `out` holds
        self._under_way = state.under_way
        self._steps = n_batches(len(train), config.batch_size)
        self._started, self._pace = started - state.seconds, KeepingPace(keep_every_s)
        if state.history or state.under_way.steps:
            checkpoint.restore_last(out, network, self._optimizer, self._average)

    def _begin(self, chunks: int) -> None:
        """Makes an optimizer without a past, and lets the moving average begin with the network as it is."""
        config = self._config
        weights = balanced_weights(self._train.y, self.network.head.out_features) if config.balance_classes else None
        self._optimizer = make_optimizer(self.network, config)
        self._learner = Learner(self.network, self._optimizer, config, weights, chunks)
        self._average = MovingAverage(self.network, config.ema) if config.ema else None

    @property
    def seconds(self) -> float:
        """How long this training took so far, what went before the epochs and before an interruption included."""
        return time.monotonic() - self._started

    def go_on(self, work: Work) -> None:
        """Trains until the last epoch, or until `patience` epochs have brought nothing better.

        Raises:
            Cancelled: someone asked to stop; what was learnt is kept.
            DatasetError: an image cannot be read any more; what was learnt is kept.
            TrainingError: the loss ran away; the best weights are kept.
        """
        try:
            if not self.state.history and self._config.head_start == "probe":
                self._end_epoch(self._start_epoch(work), work)
            while self.state.epochs < self._config.epochs and not self._is_stuck():
                self._end_epoch(self._epoch(self.state.epochs, work), work)
        except (Cancelled, DatasetError):
            with contextlib.suppress(OSError):  # a full disk keeps what was kept before
                self._keep()
            raise
        except (TrainingError, MemoryError, RuntimeError):  # the weights as they are now may be of no use
            with contextlib.suppress(OSError):
                self._keep_best()
            raise
        self._keep()

    def take_best(self, work: Work) -> tuple[Candidate, Averages | None]:
        """Gives the network the best weights, averages among them, and tells what was tried.

        Within an epoch none are tried: nothing was said of the weights as they are then.
        """
        state, best = checkpoint.read_best(self._out)
        averages = None
        if self._config.average and not self._under_way.steps:
            averages, state = self._averaged(best, state, work)
            best = averages.best
        self.network.restore(state)
        return best, averages

    def logits(self, source: BatchSource, work: Work, message: str) -> torch.Tensor:
        """What the network makes of a source: (n, c)."""
        return self._judge.logits(source, lambda n: work.step(n, message))

    def _is_stuck(self) -> bool:
        best, patience = self.state.best, self._config.patience
        begun = max((epoch for epoch in self._config.restarts if epoch <= self.state.epochs), default=0)
        return patience > 0 and best is not None and self.state.epochs - max(best.epoch, begun) >= patience

    def _start_epoch(self, work: Work) -> Epoch:
        """What the start, a probe's solution, says of the validation images."""
        started = time.monotonic()
        judged = self._judged(work)
        if not math.isfinite(judged.loss):
            raise TrainingError(_("The backbone gives no usable numbers for these photos. Choose another one."))
        self._show(0, judged)
        return Epoch(
            epoch=0,
            val_loss=judged.loss,
            val_accuracy=judged.accuracy,
            recall=judged.recall,
            lr=0.0,
            seconds=time.monotonic() - started,
        )

    def _epoch(self, epoch: int, work: Work) -> Epoch:
        before, started = self._under_way.seconds, time.monotonic()
        if epoch in self._config.restarts and not self._under_way.steps:
            self._begin(self._learner.chunks)
        if self._config.unfreeze_epochs:
            self.network.wake(1 + epoch // self._config.unfreeze_epochs)
        self._learn(epoch, work)
        learnt = self._under_way
        judged = self._judged(work)
        self._check(judged.loss, epoch)
        self._show(epoch + 1, judged)
        average = None
        if self._average is not None:
            with self.network.having(self._average.state):
                average = self._judged(work)
        return Epoch(
            epoch=epoch + 1,
            train_loss=learnt.loss / learnt.images,
            val_loss=judged.loss,
            train_accuracy=learnt.right / learnt.images,
            val_accuracy=judged.accuracy,
            ema_val_loss=average.loss if average and math.isfinite(average.loss) else None,
            ema_val_accuracy=average.accuracy if average else None,
            recall=judged.recall,
            lr=lr_at((epoch + 1) * self._steps - 1, self._steps, self._config, self.state.history),
            seconds=before + time.monotonic() - started,
            images_per_s=learnt.images / max(learnt.seconds, 1e-9),
        )

    def _learn(self, epoch: int, work: Work) -> None:
        """Goes through what is left of the training images in an epoch."""
        config, seconds, started = self._config, self._under_way.seconds, time.monotonic()
        labels_to_balance = self._train.y.numpy() if config.balanced_sampling else None
        cut = batches(len(self._train), config.batch_size, config.seed, epoch, labels_to_balance)
        cut = cut[self._under_way.steps :]
        view = epoch % config.views if config.views else epoch
        self.network.train()
        with torch.random.fork_rng(devices=[]):
            for inputs, labels in self._train.batches(cut, config.seed, view):
                step = self._under_way.steps
                lr = lr_at(epoch * self._steps + step, self._steps, config, self.state.history)
                learnt = self._learner.learn(inputs, labels, lr, (epoch, step))
                self._check(learnt.loss / len(labels), epoch)
                if self._average is not None:
                    self._average.update(self.network)
                self._under_way = self._under_way.after(learnt, len(labels), seconds + time.monotonic() - started)
                self._keep_now_and_then()
                work.learnt(len(labels), epoch)

    def _judged(self, work: Work) -> Judged:
        self._optimizer.zero_grad(set_to_none=True)  # an engine may copy the network: gradients make room for that
        return self._judge.judge(self._val, lambda n: work.looked(n, _("Validating")))

    def _show(self, epoch: int, judged: Judged) -> None:
        if self._live is not None:
            self._live.show(epoch, judged.logits.numpy())

    def _end_epoch(self, epoch: Epoch, work: Work) -> None:
        """Counts the epoch among those that are over, and holds on to its weights where they are the best so far."""
        earlier = self.state.best
        self.state = replace(self.state, history=(*self.state.history, epoch), seconds=self.seconds)
        self._under_way = UnderWay()
        best = self.state.best
        if best is not None and best != earlier:
            self._best = {key: value.clone() for key, value in self._state_of(best).items()}
        if not checkpoint.has_best(self._out):
            self._keep()
        self._keep_now_and_then()
        work.end_epoch(epoch)

    def _keep_now_and_then(self) -> None:
        if self._pace.is_due:
            self._keep()

    def _keep_best(self) -> None:
        """Writes the best weights and the history, which goes as far as they do."""
        best = self.state.best
        if self._best is not None and best is not None:
            checkpoint.save_best(self._out, self._best, best)
            save_history(self._out, self.state.history)
            self._best = None

    def _keep(self) -> None:
        """Writes the best weights, the checkpoint and the history."""
        began = time.monotonic()
        self._keep_best()
        self.state = replace(
            self.state,
            under_way=self._under_way,
            averaged=self._average.steps if self._average else 0,
            chunks=self._learner.chunks,
            seconds=self.seconds,
        )
        checkpoint.save_last(self._out, self.network, self._optimizer, self.state, self._average)
        save_history(self._out, self.state.history)
        self._pace.wrote(began)

    def _averaged(self, best: Candidate, best_state: State, work: Work) -> tuple[Averages, State]:
        """Tries averages: on the line from the start to the best epoch, and a soup of that and the last weights."""

        def judged(state: State, name: str) -> Candidate:
            with self.network.having(state):
                result = self._judged(work)
            loss = result.loss if math.isfinite(result.loss) else _RAN_AWAY
            return Candidate(epoch=end.epoch, weights=name, loss=loss, accuracy=result.accuracy)

        start = next(
            (candidate for candidate in self.state.history[0].candidates() if candidate.weights == START), None
        )
        known = [each for each in self.state.history[-1].candidates() if each.weights != EMA or self._has_average]
        last = [(self._state_of(candidate), candidate) for candidate in known]
        end_state, end = (best_state, best) if best.epoch else min(last, key=lambda each: each[1].loss)
        states = {START: self._start, end.weights: end_state}
        line = []
        if start is not None:
            begun = aligned(self._start, end_state)
            states |= {f"{share:g}": between(begun, end_state, share) for share in LINE}
            line = [judged(states[f"{share:g}"], f"{share:g}") for share in LINE]
        soup = greedy_soup([(end_state, end), *(each for each in last if each[1] != end)], judged)
        if soup is not None:
            states[SOUP] = soup[0]
        averages = Averages(start=start, line=tuple(line), end=end, soup=soup[1] if soup else None)
        return averages, states[averages.best.weights]

    @property
    def _has_average(self) -> bool:
        """Whether there is a moving average of steps; one that is to be begun anew has seen none."""
        return self._average is not None and self._average.steps > 0

    def _state_of(self, candidate: Candidate) -> State:
        """The network's weights as they are now, or their moving average."""
        state = snapshot(self.network)
        return {**state, **self._average.state} if candidate.weights == EMA and self._average else state

    def _check(self, loss: float, epoch: int) -> None:
        if math.isfinite(loss) and loss < _RAN_AWAY:
            return
        kept = self.state.best
        message = _("The loss ran away in epoch {epoch}: learning rate {lr:g} is too high. Choose a lower one.")
        if kept is not None and kept.epoch > 0:
            message += " " + _("The best epoch so far, {n}, is kept and can be taken as a model.").format(n=kept.epoch)
        raise TrainingError(message.format(epoch=epoch + 1, lr=self._config.lr))
