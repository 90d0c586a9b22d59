"""Which backbone to take: the best against each other one, with what the folds can and cannot tell.

Everything is computed from fold accuracies and out-of-fold predictions on shared folds; no probe is fitted here.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from core.backbones.names import parts
from core.evaluation.intervals import Interval, wilson
from core.evaluation.predictions import Predictions
from core.i18n import gettext as _
from core.i18n import ngettext
from core.numbers import percent, points
from core.probing.pairwise.difference import mcnemar, right_alone
from core.records import Record

ROPE = 0.01
"""Differences of up to one point of accuracy are practically none (region of practical equivalence), by default."""

CHEAPER = 0.8
"""A backbone is cheaper where it needs at most this share of the other's multiply-adds."""

_UNLIKELY = 0.005
"""What is less probable rounds to nothing in whole per cent."""

Standing = Literal["sure", "tie", "nothing"]


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


@dataclass(frozen=True)
class Verdict:
    """What to take, and why.

    Attributes:
        best: the candidate with the highest mean accuracy over the folds.
        recommended: the best, or the cheapest of those that are clearly cheaper and that it does not beat in practice;
            "" where that could only be the floor.
        why: why that one is recommended, in words.
        pairs: the best against each other candidate, the closest first.
        standing: how sure the recommendation is: "sure" where it surely beats the most frequent class and every other
            candidate, but for those that are it and more side by side; "tie" where another network may be as good, or
            there is nothing to compare it with; "nothing" where there is none, or it does not surely beat the floor or
            the most frequent class.
    """

    best: str
    recommended: str
    why: str
    pairs: tuple[BackbonePair, ...]
    standing: Standing

    @property
    def headline(self) -> str:
        """The recommendation in one sentence, which promises no more than its standing allows."""
        if not self.recommended:
            return _("No backbone here beats {best}, which is no network.").format(best=self.best)
        if self.standing == "nothing":
            return _("No backbone here is surely worth taking; {name} is the best guess.").format(name=self.recommended)
        if len(parts(self.recommended)) == 2:
            return _("Take both: {name}.").format(name=self.recommended)
        return _("Take {name}.").format(name=self.recommended)

    def as_json(self) -> dict[str, object]:
        """As in the document of `compare --json`."""
        pairs = [pair.as_json() for pair in self.pairs]
        return {"best": self.best, "recommended": self.recommended, "why": self.why, "pairs": pairs}


def chance(p: float) -> str:
    """A probability in words; even the most extreme one is not called certain."""
    if p > 1 - _UNLIKELY:
        return _("over 99 %")
    return _("under 1 %") if p < _UNLIKELY else percent(p, 0)


def rope_in_words(share: float) -> str:
    """A difference of accuracy in words, "1 point" or "0.5 points"."""
    number = round(100 * share, 2)
    return ngettext("{n:g} point", "{n:g} points", 1 if number == 1 else 2).format(n=number)


def judge(candidates: Sequence[BackboneCandidate], folds: int, rope: float = ROPE) -> Verdict:
    """Compares the best candidate with each other one and recommends one.

    A network is level with the best where it is at least as likely that the two are the same within `rope` (or the
    best is worse) as that the best is better. Of the level ones that cost clearly less, the cheapest is recommended;
    where there is none, the best.

    Args:
        candidates: at least one; their fold accuracies are of the same folds.
        folds: k, the folds of one repeat.
        rope: the difference of accuracy up to which two count as the same.
    """
    ranked = sorted(candidates, key=lambda candidate: -float(candidate.fold_accuracy.mean()))
    best, *rest = ranked
    pairs = [compared(best, rival, folds, rope) for rival in rest]
    level = [rival for rival, pair in zip(rest, pairs, strict=True) if pair.p_better <= 0.5 and not rival.floor]
    cheaper = level if best.floor else [rival for rival in level if is_cheaper(rival, best)]
    chosen = min(cheaper, key=lambda candidate: candidate.cost, default=None if best.floor else best)
    cautions = _cautions(chosen, ranked, folds, rope)
    why = " ".join([_why(best, chosen, pairs), *cautions])
    standing: Standing = "tie"
    if chosen is None or cautions:
        standing = "nothing"
    elif pairs and chosen is best and all(pair.interval[0] > 0 for pair in pairs if not _is_part(best.name, pair.b)):
        standing = "sure"
    return Verdict(best.name, chosen.name if chosen else "", why, tuple(pairs), standing)


def is_cheaper(a: BackboneCandidate, b: BackboneCandidate) -> bool:
    """Whether `a` clearly costs less than `b`, as a part of it does; never where a cost is not known."""
    if _is_part(a.name, b.name):
        return True
    return math.isfinite(a.cost) and math.isfinite(b.cost) and a.cost <= CHEAPER * b.cost


def _is_part(a: str, b: str) -> bool:
    """Whether `b` is `a` with more beside it."""
    return set(parts(a)) < set(parts(b))


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


def _why(best: BackboneCandidate, chosen: BackboneCandidate | None, pairs: Sequence[BackbonePair]) -> str:
    if not pairs:
        sentence = (
            _("{best} is no network. Add a backbone to compare with it.") if best.floor else _("{best} is alone here.")
        )
        return sentence.format(best=best.name)
    if chosen is None:
        return _("{best} is no network, and no backbone here is as good. Try others.").format(best=best.name)
    if chosen is best:
        return pairs[0].sentence
    pair = next(pair for pair in pairs if pair.b == chosen.name)
    if best.floor:
        sentence = _("{best} is no network, but {chosen} cannot be told apart from it.")
    elif pair.p_same >= 0.5:
        sentence = _("{chosen} is as good in practice, and cheaper ({less:.2g} GFLOPs a photo, not {more:.2g}).")
    else:
        sentence = _(
            "{chosen} cannot be told apart from {best} on these photos, and is cheaper ({less:.2g} GFLOPs a photo, "
            "not {more:.2g})."
        )
    sentence = sentence.format(chosen=chosen.name, best=best.name, less=chosen.cost, more=best.cost)
    return f"{sentence} {pair.sentence}"


def _cautions(
    chosen: BackboneCandidate | None, ranked: Sequence[BackboneCandidate], folds: int, rope: float
) -> list[str]:
    """Sentences that warn where the chosen one may be no better than the floor, or than the most frequent class."""
    if chosen is None:
        return []
    sentences = []
    floor = next((candidate for candidate in ranked[1:] if candidate.floor), None)
    if floor is not None and compared(chosen, floor, folds, rope).interval[0] <= 0:
        sentences.append(
            _(
                "{chosen} does not surely beat {floor}, which is no network: try other backbones, or bring more photos."
            ).format(chosen=chosen.name, floor=floor.name)
        )
    counts = np.bincount(chosen.oof.y_true)
    majority_share = float(counts.max()) / len(chosen.oof)
    if wilson(int(chosen.oof.correct.sum()), len(chosen.oof))[0] <= majority_share:
        sentences.append(
            _("Always answering '{usual}' would be right for {share}; this is not surely better.").format(
                usual=chosen.oof.class_names[int(counts.argmax())], share=percent(majority_share)
            )
        )
    return sentences
