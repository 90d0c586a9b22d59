"""A rule by which a model does not answer some photos, and what it makes of probabilities. numpy alone."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from core.errors import EvaluationError
from core.evaluation.intervals import Interval
from core.i18n import gettext as _
from core.records import Record

THRESHOLD, CONFORMAL, COSTS = "threshold", "conformal", "costs"
MOST_CLASSES = 200
"""A matrix of costs of more classes is refused: nobody has thought about 40,000 confusions."""


@dataclass(frozen=True, kw_only=True)
class Rule(Record):
    """When a model answers, and when it does not.

    "threshold" answers where the likeliest class is more probable than `threshold`: of the answers at most the share
    `promised` is wrong. "conformal" gives every class with at least that probability, and answers where this is a
    single one: at least the share `promised` of these sets hold the true class. "costs" answers with the class whose
    expected cost is least, unless that is above `promised`, the cost of no answer.

    Attributes:
        kind: one of these.
        promised: as above.
        threshold: as above; 0 for costs.
        confidence: how surely a threshold keeps its promise, over draws of the validation photos.
        costs: (c, c) of "costs", true classes in rows, answers in columns; else empty.
        n: how many validation images it was fitted on.
        answered: the share of those that it answers.
        answered_ci: the 95 % interval of that.
        after_test: whether someone had looked closely at the test photos when it was chosen; None where that is not
            known. Rules that differ in nothing else are one.

    Raises:
        EvaluationError: a number is out of its range.
    """

    kind: str
    promised: float
    threshold: float = 0.0
    confidence: float = 0.95
    costs: tuple[tuple[float, ...], ...] = ()
    n: int
    answered: float
    answered_ci: Interval
    after_test: bool | None = field(default=None, compare=False)

    def __post_init__(self) -> None:
        super().__post_init__()
        shares = (self.threshold, self.confidence, self.answered, *self.answered_ci)
        fits = self.kind in (THRESHOLD, CONFORMAL, COSTS) and self.n > 0 and all(0 <= share <= 1 for share in shares)
        fits &= self.promised >= 0 and (self.kind == COSTS or self.promised < 1)
        fits &= (len(self.costs) >= 2) == (self.kind == COSTS) and len(self.costs) <= MOST_CLASSES
        fits &= all(len(row) == len(self.costs) and min(row) >= 0 for row in self.costs)
        if not fits:
            raise EvaluationError(_("This rule for not answering is damaged. Make it again."))

    def suits(self, classes: int) -> bool:
        """Whether it can be used with so many classes."""
        return not self.costs or len(self.costs) == classes


@dataclass(frozen=True, eq=False)
class Decisions:
    """What a rule makes of the probabilities of n images and c classes.

    Attributes:
        answered: (n,) bool, which are answered.
        labels: (n,) int64, the class that is answered, or would be.
        possible: (n, c) bool, the classes that are left: the answer alone, or those among which it does not choose. Of
            a conformal rule there may be none.
        gives_sets: whether these are the rule's answer, as a conformal one's are.
    """

    answered: NDArray[np.bool_]
    labels: NDArray[np.int64]
    possible: NDArray[np.bool_]
    gives_sets: bool = False


def decide(rule: Rule, proba: NDArray[np.floating]) -> Decisions:
    """What a rule makes of probabilities (n, c).

    Source for costs: C. K. Chow, "On optimum recognition error and reject tradeoff", IEEE Transactions on Information
    Theory 16 (1970).

    Raises:
        EvaluationError: the rule's costs are of another number of classes.
    """
    if not rule.suits(proba.shape[1]):
        raise EvaluationError(
            _("The rule's costs are of {costs} classes, and the model has {classes}. Make the rule again.").format(
                costs=len(rule.costs), classes=proba.shape[1]
            )
        )
    labels = proba.argmax(axis=1)
    if rule.kind == CONFORMAL:
        possible = proba >= rule.threshold
        return Decisions(possible.sum(axis=1) == 1, labels, possible, gives_sets=True)
    if rule.kind == COSTS:
        expected = expected_costs(proba, rule.costs)
        labels, answered = expected.argmin(axis=1), expected.min(axis=1) <= rule.promised
    else:
        answered = proba.max(axis=1) > rule.threshold
    return Decisions(answered, labels, labels[:, None] == np.arange(proba.shape[1]))


def expected_costs(proba: NDArray[np.floating], costs: tuple[tuple[float, ...], ...]) -> NDArray[np.float64]:
    """What each answer costs on average, (n, c), if the probabilities (n, c) are right."""
    return np.asarray(proba.astype(np.float64) @ np.asarray(costs))
