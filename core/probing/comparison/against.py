"""One backbone against another, fold by fold: how far ahead it is, and how probable it is that this matters.

Everything is computed from fold accuracies and out-of-fold predictions on shared folds; no probe is fitted here.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.evaluation.intervals import Interval
from core.evaluation.pairwise.difference import mcnemar, right_alone
from core.evaluation.predictions import Predictions
from core.i18n import gettext as _
from core.i18n import ngettext
from core.numbers import percent, points
from core.records import Record

ROPE = 0.01
"""Differences of up to one point of accuracy are practically none (region of practical equivalence), by default."""

_UNLIKELY = 0.005
"""What is less probable rounds to nothing in whole per cent."""


@dataclass(frozen=True, eq=False)
class BackboneCandidate:
    """One backbone, as the verdict compares it.

    Attributes:
        name: the backbone.
        fold_accuracy: (k · r,) accuracies on the same folds in the same order for every candidate.
        oof: out-of-fold predictions of one repeat, of the same images for every candidate.
        cost: multiply-adds an image, in 10⁹ (GFLOPs); infinite where they are not known. Unlike a measured speed, they
            are the same on every machine and in every run.
        floor: whether it is no network; the floor is compared with the others, but never recommended.
    """

    name: str
    fold_accuracy: NDArray[np.float64]
    oof: Predictions
    cost: float
    floor: bool = False


@dataclass(frozen=True, kw_only=True)
class BackbonePair(Record):
    """One candidate, `a`, against another, `b`.

    Attributes:
        a: the first's name.
        b: the second's name.
        diff: mean over the folds of a's accuracy minus b's.
        interval: its 95 % corrected resampled t interval.
        p_better: probability that a is better than b by more than `rope`.
        p_same: probability that the difference is within `rope`.
        p_worse: probability that a is worse than b by more than `rope`.
        mcnemar_p: two-sided p of the exact McNemar test on the out-of-fold predictions.
        rope: the difference of accuracy up to which two count as the same; older versions of Graft did not keep it.
    """

    a: str
    b: str
    diff: float
    interval: Interval
    p_better: float
    p_same: float
    p_worse: float
    mcnemar_p: float
    rope: float = ROPE

    def as_json(self) -> dict[str, object]:
        """As in the document of `compare --json`."""
        return {**self.to_json(), "sentence": self.sentence}

    @property
    def sentence(self) -> str:
        """The pair in plain words."""
        low, high = self.interval
        facts = {"a": self.a, "b": self.b, "points": points(abs(self.diff)), "rope": rope_in_words(self.rope)}
        if low > 0:
            return _(
                "{a} is better than {b} by {points} points (95 %: {low} to {high}); by more than {rope} with a "
                "probability of {better}."
            ).format(**facts, low=points(low), high=points(high), better=chance(self.p_better))
        if high < 0:
            return _(
                "{a} is worse than {b} by {points} points (95 %: {low} to {high}); by more than {rope} with a "
                "probability of {worse}."
            ).format(**facts, low=points(-high), high=points(-low), worse=chance(self.p_worse))
        return f"{self._lead.format(**facts, low=points(low), high=points(high))} {self._odds}"

    @property
    def _lead(self) -> str:
        """Who is ahead, where that may be chance."""
        if abs(self.diff) < 5e-4:
            return _("{a} and {b} are equally accurate here (95 %: {low} to {high}):")
        if self.diff < 0:
            return _("{a} is behind {b} by {points} points, but that may be chance (95 %: {low} to {high}):")
        return _("{a} is ahead of {b} by {points} points, but that may be chance (95 %: {low} to {high}):")

    @property
    def _odds(self) -> str:
        """How probable a difference that matters is; what is next to impossible is left out."""
        better, worse = self.p_better >= _UNLIKELY, self.p_worse >= _UNLIKELY
        if better and worse:
            sentence = _(
                "better by more than {rope} with a probability of {better}, the same within {rope} {same}, worse "
                "{worse}."
            )
        elif better:
            sentence = _("better by more than {rope} with a probability of {better}, otherwise the same within {rope}.")
        elif worse:
            sentence = _("worse by more than {rope} with a probability of {worse}, otherwise the same within {rope}.")
        else:
            sentence = _("the same within {rope} with a probability of {same}.")
        return sentence.format(
            rope=rope_in_words(self.rope),
            better=chance(self.p_better),
            same=chance(self.p_same),
            worse=chance(self.p_worse),
        )


def compared(a: BackboneCandidate, b: BackboneCandidate, folds: int, rope: float = ROPE) -> BackbonePair:
    """One candidate against another.

    The folds' training parts overlap, so their differences are not independent. Their variance is taken times
    1/n + 1/(k - 1) for n = k · r folds: the corrected resampled t test (Nadeau & Bengio, "Inference for the
    generalization error", Machine Learning 52, 2003; for r repeats, Bouckaert & Frank 2004). The probabilities are of
    the posterior with the same location, scale and n - 1 degrees of freedom (Corani & Benavoli, "A Bayesian approach
    for comparing cross-validated algorithms on multiple data sets", Machine Learning 100, 2015).
    """
    from scipy import stats

    differences = np.asarray(a.fold_accuracy, np.float64) - np.asarray(b.fold_accuracy, np.float64)
    n, mean = len(differences), float(differences.mean())
    variance = float(differences.var(ddof=1))
    if variance < 1e-12:  # the same in every fold: the least spread that could have been seen, one image in one fold
        variance = (folds / len(a.oof)) ** 2 / n
    posterior = stats.t(n - 1, loc=mean, scale=math.sqrt(variance * (1 / n + 1 / (folds - 1))))
    low, high = (float(posterior.ppf(q)) for q in (0.025, 0.975))
    worse, better = float(posterior.cdf(-rope)), float(posterior.sf(rope))
    return BackbonePair(
        a=a.name,
        b=b.name,
        diff=mean,
        interval=(low, high),
        p_better=better,
        p_same=max(0.0, 1.0 - better - worse),
        p_worse=worse,
        mcnemar_p=float(mcnemar(*right_alone(a.oof, b.oof))),
        rope=rope,
    )


def chance(p: float) -> str:
    """A probability in words; even the most extreme one is not called certain."""
    if p > 1 - _UNLIKELY:
        return _("over 99 %")
    return _("under 1 %") if p < _UNLIKELY else percent(p, 0)


def rope_in_words(share: float) -> str:
    """A difference of accuracy in words, "1 point" or "0.5 points"."""
    number = round(100 * share, 2)
    return ngettext("{n:g} point", "{n:g} points", 1 if number == 1 else 2).format(n=number)
