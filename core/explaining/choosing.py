"""Which photos of a split are worth looking into, by what a model said of them. No torch."""

from __future__ import annotations

import numpy as np

from core.checks import one_of
from core.errors import ExplainError
from core.evaluation.mistakes import mistakes
from core.evaluation.predictions import Predictions
from core.i18n import gettext as _

MISTAKES, DOUBTFUL, OF_CLASS, RANDOM = "mistakes", "doubtful", "class", "random"
WAYS = (MISTAKES, DOUBTFUL, OF_CLASS, RANDOM)


def way_label(way: str) -> str:
    """A way of choosing, in a list."""
    return {
        MISTAKES: _("Most confident mistakes"),
        DOUBTFUL: _("Most in doubt"),
        OF_CLASS: _("Of one class"),
        RANDOM: _("At random"),
    }[way]


def chosen(predictions: Predictions, way: str, n: int, label: str = "", seed: int = 0) -> tuple[str, ...]:
    """The ids of at most n photos, each once.

    Args:
        predictions: what the model said.
        way: one of `WAYS`. In doubt are those whose two likeliest classes are nearly as likely.
        n: how many.
        label: their true class, where photos of one class are chosen (at random).
        seed: of what is random.

    Raises:
        ExplainError: there is no such way or class.
    """
    one_of("way", way, WAYS, ExplainError)
    if way == OF_CLASS:
        one_of("label", label, predictions.class_names, ExplainError)
    ids = (
        [mistake.id for mistake in mistakes(predictions)] if way == MISTAKES else _others(predictions, way, label, seed)
    )
    return tuple(dict.fromkeys(ids))[:n]


def _others(predictions: Predictions, way: str, label: str, seed: int) -> list[str]:
    if way == DOUBTFUL:
        second, first = np.sort(predictions.proba, axis=1)[:, -2:].T
        return [predictions.ids[row] for row in np.argsort(first - second, kind="stable")]
    shuffled = np.random.default_rng(seed).permutation(len(predictions))
    if way == OF_CLASS:
        shuffled = shuffled[predictions.y_true[shuffled] == predictions.class_names.index(label)]
    return [predictions.ids[row] for row in shuffled]
