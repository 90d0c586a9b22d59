"""Where a model is worse: its accuracy on parts of the images, such as the dark ones, each beside all the others.

What is known of images comes as attributes by their ids; this file does not know where from. Among many slices some
are worse by chance alone, so each is held against the rest by Fisher's exact test with Holm's correction for all that
are looked at. A slice may be worse because it holds more of a class that is hard: what its classes alone let expect is
told beside it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.evaluation.cutting import LEAST, Attribute, Cut, Part, cut_by
from core.evaluation.intervals import Interval, newcombe, wilson
from core.evaluation.pairwise.difference import ALPHA, holm
from core.evaluation.predictions import Predictions
from core.i18n import gettext as _
from core.i18n import ngettext
from core.numbers import count, interval, percent


@dataclass(frozen=True)
class Slice:
    """How a model does on a part of the images, beside the others of which the attribute is known.

    Attributes:
        part: which.
        ids: of its images.
        right: how many of them are right.
        accuracy: their share.
        ci: its 95 % Wilson interval.
        rest: the accuracy on the others.
        difference: the first minus the second.
        difference_ci: the 95 % interval of that (Newcombe).
        expected: the accuracy that images of these classes have among all.
        p: two-sided p of Fisher's exact test.
        p_holm: the same after Holm's correction for all slices that are looked at.
    """

    part: Part
    ids: tuple[str, ...]
    right: int
    accuracy: float
    ci: Interval
    rest: float
    difference: float
    difference_ci: Interval
    expected: float
    p: float
    p_holm: float

    @property
    def verdict(self) -> str:
        """ "worse" or "better" than the rest beyond chance, else ""."""
        if self.p_holm >= ALPHA:
            return ""
        return "worse" if self.difference < 0 else "better"

    def as_json(self) -> dict[str, object]:
        """As one of the `slices` of `evaluate --slices --json`."""
        return {
            "attribute": self.part.attribute, "value": self.part.value, "pooled": self.part.pooled,
            "low": self.part.low, "high": self.part.high, "n": len(self.ids), "right": self.right,
            "accuracy": self.accuracy, "accuracy_ci": list(self.ci), "rest": self.rest,
            "difference": self.difference, "difference_ci": list(self.difference_ci), "expected": self.expected,
            "p": self.p, "p_holm": self.p_holm, "verdict": self.verdict, "ids": list(self.ids),
        }  # fmt: skip


@dataclass(frozen=True, eq=False)
class Slices:
    """All slices of some predictions.

    Attributes:
        n: how many images there are.
        accuracy: of all of them.
        slices: attribute by attribute, numbers in their order, words by how many images they have.
        tests: how many comparisons the correction allows for.
        uncut: attributes of which there is only one slice: all images have one value, or too few have each.
    """

    n: int
    accuracy: float
    slices: tuple[Slice, ...]
    tests: int
    uncut: tuple[str, ...]

    @property
    def worse(self) -> tuple[Slice, ...]:
        """Those that are worse than the rest beyond chance, the worst first."""
        return tuple(sorted((s for s in self.slices if s.verdict == "worse"), key=lambda s: s.difference))

    def verdict(self, names: Mapping[Part, str]) -> str:
        """Where the model is worse, in a sentence.

        Args:
            names: of the slices' parts.
        """
        if not self.slices:
            return self._why_none
        if not self.worse:
            return ngettext(
                "No part of the photos is worse than the rest beyond chance: {n} comparison was made.",
                "No part of the photos is worse than the rest beyond chance: {n} comparisons were made (Fisher's exact "
                "test, Holm's correction).",
                self.tests,
            ).format(n=self.tests)
        parts = "; ".join(self._in_words(each, names[each.part]) for each in self.worse[:3])
        return _(
            "It is worse than on the rest, beyond chance, for: {parts}. This allows for {n} comparisons being made "
            "(Fisher's exact test, Holm's correction)."
        ).format(parts=parts, n=self.tests)

    @property
    def _why_none(self) -> str:
        if self.n < 2 * LEAST:
            return ngettext(
                "There is nothing to cut these photos by: two parts of {least} photos are needed, and there is {n} "
                "photo.",
                "There is nothing to cut these photos by: two parts of {least} photos are needed, and there are {n} "
                "photos.",
                self.n,
            ).format(n=count(self.n), least=LEAST)
        return _(
            "There is nothing to cut these photos by: nothing gives two parts of at least {n} photos each."
        ).format(n=LEAST)

    @staticmethod
    def _in_words(each: Slice, name: str) -> str:
        return _("{name} ({accuracy}, 95 % interval {ci}, of {n}; else {rest})").format(
            name=name, accuracy=percent(each.accuracy), ci=interval(each.ci),
            n=ngettext("{n} photo", "{n} photos", len(each.ids)).format(n=count(len(each.ids))),
            rest=percent(each.rest),
        )  # fmt: skip

    def as_json(self) -> dict[str, object]:
        """The entry `slices` of `evaluate --slices --json`."""
        return {
            "n": self.n, "accuracy": self.accuracy, "comparisons": self.tests, "correction": "holm",
            "uncut": list(self.uncut), "slices": [each.as_json() for each in self.slices],
        }  # fmt: skip


def slice_by(predictions: Predictions, attributes: Sequence[Attribute]) -> Slices:
    """How good predictions are on parts of the images.

    Sources: R. A. Fisher, "Statistical Methods for Research Workers" (1934), for the exact test; for Holm see
    `core.evaluation.pairwise.difference.holm`.

    Args:
        predictions: of one split.
        attributes: what is known of the images; those that are unknown are left out of an attribute's slices.
    """
    cuts = {attribute.name: cut_by(attribute, predictions.ids) for attribute in attributes}
    usable = [cut for cut in cuts.values() if len(cut) > 1]
    tested = [_p(predictions.correct, cut, at) for cut in usable for at in range(_comparisons(cut))]
    corrected = iter(zip(tested, holm(np.array(tested)), strict=True))
    slices: list[Slice] = []
    for cut in usable:
        ps = [next(corrected) for _at in range(_comparisons(cut))]
        slices += [_slice(predictions, cut, at, *ps[min(at, len(ps) - 1)]) for at in range(len(cut))]
    uncut = tuple(name for name, cut in cuts.items() if len(cut) < 2)
    return Slices(len(predictions), float(predictions.correct.mean()), tuple(slices), len(tested), uncut)


def _comparisons(cut: Cut) -> int:
    """Of two parts the one against the other is all there is to compare."""
    return 1 if len(cut) == 2 else len(cut)


def _slice(predictions: Predictions, cut: Cut, at: int, p: float, p_holm: float) -> Slice:
    part, rows = cut[at]
    right, n, others_right, others = _counts(predictions.correct, cut, at)
    return Slice(
        part=part,
        ids=tuple(predictions.ids[row] for row in rows),
        right=right,
        accuracy=right / n,
        ci=wilson(right, n),
        rest=others_right / others,
        difference=right / n - others_right / others,
        difference_ci=newcombe(right, n, others_right, others),
        expected=_expected(predictions, rows),
        p=p,
        p_holm=float(p_holm),
    )


def _counts(correct: NDArray[np.bool_], cut: Cut, at: int) -> tuple[int, int, int, int]:
    """How many of a part's images are right, how many there are; and the same of the other parts."""
    own = cut[at][1]
    others = np.concatenate([rows for number, (_part, rows) in enumerate(cut) if number != at])
    return int(correct[own].sum()), len(own), int(correct[others].sum()), len(others)


def _p(correct: NDArray[np.bool_], cut: Cut, at: int) -> float:
    from scipy.stats import fisher_exact

    right, n, others_right, others = _counts(correct, cut, at)
    return float(fisher_exact([[right, n - right], [others_right, others - others_right]]).pvalue)


def _expected(predictions: Predictions, rows: NDArray[np.int64]) -> float:
    """The mean over some images of the recall of their classes."""
    n = np.bincount(predictions.y_true)
    hits = np.bincount(predictions.y_true, weights=predictions.correct)
    recall = np.divide(hits, n, out=np.zeros(len(n)), where=n > 0)
    return float(recall[predictions.y_true[rows]].mean())
