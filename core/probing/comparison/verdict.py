"""Which backbone to take: the best against each other one, with what the folds can and cannot tell.

Everything is computed from fold accuracies and out-of-fold predictions on shared folds; no probe is fitted here.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from core.backbones.names import is_part, joined, parts
from core.evaluation.intervals import wilson
from core.i18n import gettext as _
from core.numbers import percent
from core.probing.comparison.against import ROPE, BackboneCandidate, BackbonePair, compared

CHEAPER = 0.8
"""A backbone is cheaper where it needs at most this share of the other's multiply-adds."""

Standing = Literal["sure", "tie", "nothing"]


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
        against_parts = [pair for pair in self.pairs if pair.a == self.recommended and is_part(pair.b, pair.a)]
        if against_parts and len(parts(self.recommended)) == 2 and all(pair.interval[0] > 0 for pair in against_parts):
            return _("Take both: {name}.").format(name=self.recommended)
        return _("Take {name}.").format(name=self.recommended)

    def as_json(self) -> dict[str, object]:
        """As in the document of `compare --json`."""
        pairs = [pair.as_json() for pair in self.pairs]
        return {"best": self.best, "recommended": self.recommended, "why": self.why, "pairs": pairs}


def judge(candidates: Sequence[BackboneCandidate], folds: int, rope: float = ROPE) -> Verdict:
    """Compares the best candidate with each other one and recommends one.

    A network is level with the best where it is at least as likely that the two are the same within `rope` (or the
    best is worse) as that the best is better. Of the level ones that cost clearly less, the cheapest is recommended;
    where there is none, the best; but where that is several side by side and not surely better than one of them alone,
    the most accurate such one, as what is certain about more of them is that they cost more.

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
    if chosen is best:
        unsure = (rival for rival, pair in zip(rest, pairs, strict=True) if pair.interval[0] <= 0)
        chosen = next((rival for rival in unsure if is_part(rival.name, best.name)), best)
    cautions = _cautions(chosen, ranked, folds, rope)
    why = " ".join([_why(best, chosen, pairs), *cautions])
    standing: Standing = "tie"
    if chosen is None or cautions:
        standing = "nothing"
    elif pairs and chosen is best and all(pair.interval[0] > 0 for pair in pairs if not is_part(best.name, pair.b)):
        standing = "sure"
    return Verdict(best.name, chosen.name if chosen else "", why, tuple(pairs), standing)


def is_cheaper(a: BackboneCandidate, b: BackboneCandidate) -> bool:
    """Whether `a` clearly costs less than `b`, as a part of it does; never where a cost is not known."""
    is_known = math.isfinite(a.cost) and math.isfinite(b.cost)
    return is_part(a.name, b.name) or (is_known and a.cost <= CHEAPER * b.cost)


def _why(best: BackboneCandidate, chosen: BackboneCandidate | None, pairs: Sequence[BackbonePair]) -> str:
    if not pairs:
        sentence = (
            _("{best} is no network. Add a backbone to compare with it.") if best.floor else _("{best} is alone here.")
        )
        return sentence.format(best=best.name)
    if chosen is None:
        return _("{best} is no network, and no backbone here is as good. Try others.").format(best=best.name)
    if chosen is best:
        return _ahead(best, pairs)
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


def _ahead(best: BackboneCandidate, pairs: Sequence[BackbonePair]) -> str:
    """The best against the closest of the others, and that more beside it brings nothing."""
    with_more = [pair for pair in pairs if is_part(best.name, pair.b)]
    sentences = [pair.sentence for pair in pairs if pair not in with_more][:1]
    for pair in with_more[:1]:
        more = joined(set(parts(pair.b)) - set(parts(best.name)))
        sentences.append(_("With {more} beside it, it does no better.").format(more=more))
    return " ".join(sentences)


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
