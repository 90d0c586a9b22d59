"""Two models photo by photo, from their predictions alone: who is right where, and whether that may be chance.

The two need not have predicted just the same images: those that both did, under the same label, are compared, and it is
said how many are not.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from core.errors import EvaluationError
from core.evaluation.intervals import Interval, wilson
from core.evaluation.pairwise.agreement import Agreement, agreement
from core.evaluation.pairwise.difference import Difference, difference, mcnemar
from core.evaluation.predictions import Predictions
from core.i18n import gettext as _
from core.i18n import ngettext
from core.numbers import count, decimal, decimal_interval, interval, percent, significant

Group = Literal["only_a", "only_b", "both_wrong", "both_right"]
GROUPS: tuple[Group, ...] = ("only_a", "only_b", "both_wrong", "both_right")


@dataclass(frozen=True)
class TwoAnswers:
    """What two models say of one image; classes are indices into the pair's classes.

    Attributes:
        id: the image's id.
        true: its class.
        a: the class that the first model predicts.
        b: that of the second.
        p_a: the probability that the first gives to its answer.
        p_b: that of the second.
    """

    id: str
    true: int
    a: int
    b: int
    p_a: float
    p_b: float


@dataclass(frozen=True)
class LeftOut:
    """Images that are not compared.

    Attributes:
        only_a: those that only the first model predicted.
        only_b: those that only the second did.
        relabelled: those that were of another class when the second was judged.
    """

    only_a: int = 0
    only_b: int = 0
    relabelled: int = 0

    @property
    def sentences(self) -> tuple[str, ...]:
        """What is left out, in words; () where nothing is."""
        alone = self.only_a + self.only_b
        missing = ngettext(
            "{n} photo is left out, since only one of the two was judged by it.",
            "{n} photos are left out, since only one of the two was judged by them.",
            alone,
        )
        changed = ngettext(
            "{n} photo is left out, since its label was another when the other model was judged.",
            "{n} photos are left out, since their labels were others when the other model was judged.",
            self.relabelled,
        )
        said = ((alone, missing), (self.relabelled, changed))
        return tuple(sentence.format(n=count(n)) for n, sentence in said if n)


@dataclass(frozen=True, eq=False)
class Pair:
    """Two models on the same n images.

    Attributes:
        a: the first's predictions of these images.
        b: the second's, in the same order and of the same classes.
        counts: how many both, only one of them, and none get right; and how far they agree.
        difference: the accuracy of the first minus that of the second.
        p: two-sided p of the exact McNemar test.
        left_out: what could not be compared.
    """

    a: Predictions
    b: Predictions
    counts: Agreement
    difference: Difference
    p: float
    left_out: LeftOut

    @property
    def sentences(self) -> tuple[str, ...]:
        """The verdict, what it rests on, how far the two agree, and what was left out."""
        return (self.difference.sentence, self._evidence, self._agreed, *self.left_out.sentences)

    @property
    def _evidence(self) -> str:
        only_a, only_b = self.counts.only_a, self.counts.only_b
        return ngettext(
            "Only one of the two is right on {n} photo: '{a}' on {only_a}, '{b}' on {only_b} (exact McNemar test: "
            "p = {p}).",
            "Only one of the two is right on {n} photos: '{a}' on {only_a}, '{b}' on {only_b} (exact McNemar test: "
            "p = {p}).",
            only_a + only_b,
        ).format(
            n=count(only_a + only_b), a=self.counts.a, b=self.counts.b, only_a=count(only_a), only_b=count(only_b),
            p=significant(self.p, 2),
        )  # fmt: skip

    @property
    def _agreed(self) -> str:
        counts = self.counts
        same = _("They give the same answer for {share} of the photos (95 % interval {ci}{kappa}).")
        if counts.kappa is None or counts.kappa_ci is None:
            kappa = ""
        else:
            kappa = _("; Cohen's kappa {kappa}, {ci}").format(
                kappa=decimal(counts.kappa, 2), ci=decimal_interval(counts.kappa_ci, 2)
            )
        return same.format(share=percent(counts.share(counts.same)), ci=interval(counts.same_ci), kappa=kappa)

    def n_of(self, group: Group) -> int:
        """How many images are in a group."""
        n: int = getattr(self.counts, group)
        return n

    def share_of(self, group: Group) -> tuple[float, Interval]:
        """The share of the images that are in a group, and its 95 % Wilson interval."""
        return self.counts.share(self.n_of(group)), wilson(self.n_of(group), self.counts.n)

    def photos(self, group: Group) -> tuple[TwoAnswers, ...]:
        """The images of a group, those first that say most.

        Where only one is right, those about which the other is surest; where both are wrong, those about which both
        are sure; where both are right, those about which one of them is least sure.
        """
        right_a, right_b = self.a.correct, self.b.correct
        rows = np.flatnonzero(
            {
                "only_a": right_a & ~right_b,
                "only_b": ~right_a & right_b,
                "both_wrong": ~(right_a | right_b),
                "both_right": right_a & right_b,
            }[group]
        )
        sure_a, sure_b = self.a.proba.max(axis=1)[rows], self.b.proba.max(axis=1)[rows]
        least = np.minimum(sure_a, sure_b)
        telling = {"only_a": sure_b, "only_b": sure_a, "both_wrong": least, "both_right": -least}[group]
        return tuple(self._answers(int(row)) for row in rows[np.argsort(-telling, kind="stable")])

    def _answers(self, row: int) -> TwoAnswers:
        a, b = int(self.a.y_pred[row]), int(self.b.y_pred[row])
        p_a, p_b = float(self.a.proba[row, a]), float(self.b.proba[row, b])
        return TwoAnswers(self.a.ids[row], int(self.a.y_true[row]), a, b, p_a, p_b)

    def as_json(self) -> dict[str, object]:
        """The entry `against` of `evaluate --json`; the images of each group are named by their ids."""
        return {
            **self.counts.as_json(),
            "difference": self.difference.as_json(),
            "p_mcnemar": self.p,
            "left_out": vars(self.left_out),
            "photos": {group: [photo.id for photo in self.photos(group)] for group in GROUPS},
            "sentences": list(self.sentences),
        }


def compare_photo_by_photo(name_a: str, a: Predictions, name_b: str, b: Predictions) -> Pair:
    """Compares two models on the images that both predicted.

    Args:
        name_a: what to call the first.
        a: its predictions.
        name_b: what to call the second.
        b: its predictions; its classes may stand in another order.

    Raises:
        EvaluationError: they have no image with the same label in common.
    """
    first, second, left_out = _matched(a, b)
    counts = agreement(name_a, first, name_b, second)
    p = float(mcnemar(counts.only_a, counts.only_b))
    return Pair(first, second, counts, difference(name_a, first, name_b, second), p, left_out)


def _matched(a: Predictions, b: Predictions) -> tuple[Predictions, Predictions, LeftOut]:
    """Both models' predictions of the images they have in common, and how many they have not.

    An image that is there several times is matched as often as both have it. A class that only one model knows is one
    to which the other gives no probability.
    """
    names = tuple(dict.fromkeys((*a.class_names, *b.class_names)))
    y_a, y_b = (_renamed(each, names) for each in (a, b))
    of_b = dict(zip(_numbered(b.ids), range(len(b)), strict=True))
    common = [(row, of_b[key]) for row, key in enumerate(_numbered(a.ids)) if key in of_b]
    kept = [(row_a, row_b) for row_a, row_b in common if y_a[row_a] == y_b[row_b]]
    left_out = LeftOut(len(a) - len(common), len(b) - len(common), len(common) - len(kept))
    if not kept:
        why = " ".join(left_out.sentences)
        raise EvaluationError(
            _("These two models have no photo in common. {why} Choose another model.").format(why=why)
        )
    rows_a, rows_b = (np.array(rows) for rows in zip(*kept, strict=True))
    return _of_rows(a, rows_a, names), _of_rows(b, rows_b, names), left_out


def _numbered(ids: Iterable[str]) -> Iterator[tuple[str, int]]:
    """Each id with how often it came before."""
    seen: Counter[str] = Counter()
    for id_ in ids:
        yield id_, seen[id_]
        seen[id_] += 1


def _renamed(predictions: Predictions, names: tuple[str, ...]) -> NDArray[np.int64]:
    """(n,) the true classes as indices into `names`."""
    places = np.array([names.index(name) for name in predictions.class_names])
    return np.asarray(places[predictions.y_true], np.int64)


def _of_rows(predictions: Predictions, rows: NDArray[np.int64], names: tuple[str, ...]) -> Predictions:
    """Some of the predictions, with a column for each of `names`."""
    proba = np.zeros((len(rows), len(names)), np.float32)
    proba[:, [names.index(name) for name in predictions.class_names]] = predictions.proba[rows]
    ids = tuple(predictions.ids[row] for row in rows)
    return Predictions(names, _renamed(predictions, names)[rows], proba, ids, predictions.split)
