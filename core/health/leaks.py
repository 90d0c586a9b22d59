"""What a leak is worth: the accuracy on a split as it came, and on those of its photos that training has not seen."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.evaluation.intervals import Interval, wilson
from core.features.features import Features
from core.probing.probes.kinds import USUAL_C
from core.probing.probes.probe import ProbeConfig, fit_probe
from core.records import Record


@dataclass(frozen=True)
class Accuracy(Record):
    """A share of right answers: its value, its 95 % Wilson interval, and out of how many."""

    value: float
    interval: Interval
    n: int


@dataclass(frozen=True)
class Leak(Record):
    """A split of the data's own that shares photos with training.

    Attributes:
        split: "val" or "test".
        leaked: how many of its photos have a copy, a near duplicate or a photo of the same group in training.
        with_leak: a probe's accuracy on the whole split.
        without_leak: the same probe's accuracy on the other photos; None where none is left.
    """

    split: str
    leaked: int
    with_leak: Accuracy
    without_leak: Accuracy | None = None


def find_leaks(features: Features) -> tuple[Leak, ...]:
    """A leak for each split that has photos whose group is in training; none where nothing leaks.

    One probe is fitted on the training split and judged on both sets of photos.

    Raises:
        ProbeError: a class has no training photo.
    """
    seen = np.unique(features.groups[features.split == "train"])
    leaky = [split for split in ("val", "test") if np.isin(features.groups[features.split == split], seen).any()]
    if not leaky or not len(seen):
        return ()
    probe = fit_probe(features, ProbeConfig(c=USUAL_C))
    leaks = []
    for split in leaky:
        rows = features.of(split)
        known = np.isin(rows.groups, seen)
        predictions = probe.predict(rows)
        without = None if known.all() else accuracy_of(predictions.correct[~known])
        leaks.append(Leak(split, int(known.sum()), accuracy_of(predictions.correct), without))
    return tuple(leaks)


def accuracy_of(correct: NDArray[np.bool_]) -> Accuracy:
    """The accuracy of some answers, (n,) bool."""
    hits, n = int(correct.sum()), len(correct)
    return Accuracy(hits / n, wilson(hits, n), n)
