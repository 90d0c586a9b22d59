"""Averages of weights: a moving one while the network learns, and others that are tried when it has learnt.

After the last epoch there are the weights that training began with and the best ones that it found. Those on the line
between them may be better than either (WiSE-FT, Wortsman et al. 2022, "Robust fine-tuning of zero-shot models"), and so
may the average of several checkpoints (greedy soup, Wortsman et al. 2022, "Model soups"). What is tried is judged on
validation, like the epochs.

This file does not know how weights are judged.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch
from torch import Tensor

from core.training.network.network import Network, State, snapshot
from core.training.results.history import SOUP, Candidate

Judge = Callable[[State, str], Candidate]
"""Judges weights on validation, under a name."""


class MovingAverage:
    """An exponential moving average of what a network learns (Polyak and Juditsky 1992).

    Its decay grows from a tenth to `decay` with the steps, so that a short training is not held back by its start.

    Args:
        network: whose weights are averaged.
        decay: what stays of the average in a step, 0 to below 1.

    Attributes:
        state: the average, in the shape of the network's `kept_state`.
        steps: how many steps it has seen.
    """

    def __init__(self, network: Network, decay: float) -> None:
        self._decay, self.steps = decay, 0
        self.state = snapshot(network)

    def restore(self, state: State, steps: int) -> None:
        """Goes on from an average that was kept after so many steps."""
        for key, value in self.state.items():
            value.copy_(state[key])
        self.steps = steps

    def update(self, network: Network) -> None:
        """Takes in the network's weights after a step; what is no real number, such as a count, is copied."""
        self.steps += 1
        decay = min(self._decay, (1 + self.steps) / (10 + self.steps))
        for key, value in network.kept_state().items():
            if value.is_floating_point():
                self.state[key].lerp_(value, 1 - decay)
            else:
                self.state[key].copy_(value)


def between(start: State, end: State, share: float) -> State:
    """The weights between two: `share` of the way from `start` to `end`."""
    return {key: _between(value, end[key], share) for key, value in start.items()}


def _between(start: Tensor, end: Tensor, share: float) -> Tensor:
    return torch.lerp(start, end, share) if start.is_floating_point() else end.clone()


def greedy_soup(ingredients: Sequence[tuple[State, Candidate]], judge: Judge) -> tuple[State, Candidate] | None:
    """The average of as many of these weights as make it no worse; None where that is one of them alone.

    Args:
        ingredients: weights and what validation said of them, each of other weights.
        judge: judges an average.
    """
    (soup, best), *others = sorted(ingredients, key=lambda ingredient: ingredient[1].loss)
    n = 1
    for state, _candidate in others:
        more = between(soup, state, 1 / (n + 1))
        candidate = judge(more, SOUP)
        if candidate.loss <= best.loss and candidate.accuracy >= best.accuracy:
            soup, best, n = more, candidate, n + 1
    return (soup, best) if n > 1 else None
