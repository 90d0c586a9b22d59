"""Which backbone to take: the best against each other one, with what the folds can and cannot tell.

Everything is computed from fold accuracies and out-of-fold predictions on shared folds; no probe is fitted here.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.evaluation.intervals import Interval
from core.evaluation.predictions import Predictions
from core.i18n import gettext as _
from core.i18n import ngettext

ROPE = 0.01
"""Differences of up to one point of accuracy are practically none (region of practical equivalence), by default."""

CHEAPER = 0.8
"""A backbone is cheaper where it costs at most this share: measured speeds vary by about as much from run to run."""


@dataclass(frozen=True, eq=False)
class Candidate:
    """What the verdict needs to know of one backbone.

    Attributes:
        name: the backbone.
        fold_accuracy: (k · r,) accuracies on the same folds in the same order for every candidate.
        oof: out-of-fold predictions of one repeat, of the same images for every candidate.
        cost: what an image costs, in any unit that all share; the lower of two is the cheaper.
        floor: whether it is no network; the floor is compared with, but never recommended.
    """

    name: str
    fold_accuracy: NDArray[np.float64]
    oof: Predictions
    cost: float
    floor: bool = False


@dataclass(frozen=True)
class Pair:
    """The best, `a`, against another, `b`.

    Attributes:
        diff: mean over the folds of a's accuracy minus b's.
        interval: its 95 % corrected resampled t interval.
        p_better: probability that a is better than b by more than `rope`.
        p_same: probability that the difference is within `rope`.
        p_worse: probability that a is worse than b by more than `rope`.
        mcnemar_p: two-sided p of the exact McNemar test on the out-of-fold predictions.
        rope: the difference of accuracy up to which two count as the same.
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
        """As a JSON object."""
        return {**asdict(self), "interval": list(self.interval), "sentence": self.sentence}

    @property
    def sentence(self) -> str:
        """The same in plain words."""
        facts: dict[str, Any] = {
            "a": self.a, "b": self.b, "points": 100 * self.diff, "low": 100 * self.interval[0],
            "high": 100 * self.interval[1], "better": 100 * self.p_better, "same": 100 * self.p_same,
            "worse": 100 * self.p_worse, "rope": points(self.rope),
        }  # fmt: skip
        if self.interval[0] > 0:
            return _(
                "{a} is better than {b} by {points:.1f} points (95 %: {low:.1f} to {high:.1f}); by more than {rope} "
                "with a probability of {better:.0f} %."
            ).format(**facts)
        if self.interval[1] < 0:
            return _(
                "{a} is worse than {b} by {less:.1f} points (95 %: {least:.1f} to {most:.1f}); by more than {rope} "
                "with a probability of {worse:.0f} %."
            ).format(**facts, less=-facts["points"], least=-facts["high"], most=-facts["low"])
        if self.diff < 0:
            return _(
                "{a} is behind {b} by {less:.1f} points, but that may be chance (95 %: {low:.1f} to {high:.1f}): "
                "better by more than {rope} with a probability of {better:.0f} %, the same within {rope} "
                "{same:.0f} %, worse {worse:.0f} %."
            ).format(**facts, less=-facts["points"])
        return _(
            "{a} is ahead of {b} by {points:.1f} points, but that may be chance (95 %: {low:.1f} to {high:.1f}): "
            "better by more than {rope} with a probability of {better:.0f} %, the same within {rope} {same:.0f} %, "
            "worse {worse:.0f} %."
        ).format(**facts)


@dataclass(frozen=True)
class Verdict:
    """What to take, and why.

    Attributes:
        best: the one with the highest mean accuracy over the folds.
        recommended: the best, or the cheapest of those that are clearly cheaper and that it does not beat in practice;
            "" where only the floor is.
        why: in words.
        pairs: the best against each other one, the closest first.
    """

    best: str
    recommended: str
    why: str
    pairs: tuple[Pair, ...]

    def as_json(self) -> dict[str, object]:
        """As a JSON object."""
        pairs = [pair.as_json() for pair in self.pairs]
        return {"best": self.best, "recommended": self.recommended, "why": self.why, "pairs": pairs}


def points(share: float) -> str:
    """A difference of accuracy in words, "1 point" or "0.5 points"."""
    number = round(100 * share, 2)
    return ngettext("{n:g} point", "{n:g} points", 1 if number == 1 else 2).format(n=number)


def judge(candidates: Sequence[Candidate], folds: int, rope: float = ROPE) -> Verdict:
    """Compares the best candidate with each other one and recommends one.

    A network is level with the best where it is at least as likely that the two are the same within `rope` (or the
    best is worse) as that the best is better. Of the level ones that cost clearly less, the cheapest is recommended;
    where there is none, the best.

    Args:
        candidates: at least one; their fold accuracies are of the same folds.
        folds: k, the folds of one repeat.
        rope: the difference of accuracy up to which two count as the same.
    """
    ranked = sorted(candidates, key=lambda one: -float(one.fold_accuracy.mean()))
    best = ranked[0]
    pairs = [compared(best, other, folds, rope) for other in ranked[1:]]
    level = [other for other, pair in zip(ranked[1:], pairs, strict=True) if pair.p_better <= 0.5 and not other.floor]
    cheaper = [other for other in level if best.floor or other.cost <= CHEAPER * best.cost]
    chosen = min(cheaper, key=lambda one: one.cost, default=None if best.floor else best)
    return Verdict(best.name, chosen.name if chosen else "", _why(best, chosen, pairs), tuple(pairs))


def compared(a: Candidate, b: Candidate, folds: int, rope: float = ROPE) -> Pair:
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
    scale = math.sqrt(float(differences.var(ddof=1)) * (1 / n + 1 / (folds - 1)))
    if scale > 0:
        posterior = stats.t(n - 1, loc=mean, scale=scale)
        low, high = (float(posterior.ppf(q)) for q in (0.025, 0.975))
        worse, better = float(posterior.cdf(-rope)), float(posterior.sf(rope))
    else:  # the same in every fold: there is no spread to tell from
        low = high = mean
        worse, better = float(mean < -rope), float(mean > rope)
    same = max(0.0, 1.0 - better - worse)
    return Pair(a.name, b.name, mean, (low, high), better, same, worse, mcnemar(a.oof, b.oof), rope)


def mcnemar(a: Predictions, b: Predictions) -> float:
    """Two-sided p of the exact McNemar test: are images that only one gets right shared out evenly?

    Source: Q. McNemar, Psychometrika 12 (1947); the exact binomial form.
    """
    from scipy import stats

    only_a, only_b = int((a.correct & ~b.correct).sum()), int((b.correct & ~a.correct).sum())
    return float(stats.binomtest(only_a, only_a + only_b, 0.5).pvalue) if only_a + only_b else 1.0


def _why(best: Candidate, chosen: Candidate | None, pairs: Sequence[Pair]) -> str:
    if chosen is None:
        return _("{best} is no network, and no backbone here is as good. Try others.").format(best=best.name)
    if not pairs:
        return _("{best} is the only one here.").format(best=best.name)
    if chosen is best:
        return pairs[0].sentence
    pair = next(pair for pair in pairs if pair.b == chosen.name)
    said = (
        _("{chosen} is as good in practice, and cheaper. {sentence}")
        if pair.p_same >= 0.5
        else _("{chosen} is cheaper, and it is not likely that {best} is better by more than {rope}. {sentence}")
    )
    return said.format(chosen=chosen.name, best=best.name, rope=points(pair.rope), sentence=pair.sentence)
