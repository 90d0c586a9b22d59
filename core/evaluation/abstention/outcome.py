"""What a rule for not answering does on photos of one split: how many it answers, and how good the answers are."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from core.evaluation.abstention.rule import CONFORMAL, COSTS, Rule, decide
from core.evaluation.intervals import Z95, Interval, wilson
from core.evaluation.predictions import Predictions
from core.records import Record


@dataclass(frozen=True, kw_only=True)
class Outcome(Record):
    """A rule on one split. Intervals are 95 %.

    Attributes:
        split: which.
        n: how many photos it has.
        answered: how many are answered.
        coverage: the share of them.
        coverage_ci: its interval.
        mistakes: how many of the answers are wrong.
        wrong: the share of the answers that is wrong; None where there are none.
        wrong_ci: its interval.
        held: of a conformal rule, the share of the sets that hold the true class.
        held_ci: its interval.
        set_size: of a conformal rule, the mean number of classes in a set.
        cost: of costs, the mean cost of a photo.
        cost_ci: its interval.
        cost_of_all: what a photo would cost if all were answered with the likeliest class.
    """

    split: str
    n: int
    answered: int
    coverage: float
    coverage_ci: Interval
    mistakes: int
    wrong: float | None = None
    wrong_ci: Interval | None = None
    held: float | None = None
    held_ci: Interval | None = None
    set_size: float | None = None
    cost: float | None = None
    cost_ci: Interval | None = None
    cost_of_all: float | None = None


def outcome(rule: Rule, predictions: Predictions) -> Outcome:
    """What a rule does on the photos of these predictions.

    Raises:
        EvaluationError: the rule's costs are of another number of classes.
    """
    decisions, n = decide(rule, predictions.proba), len(predictions)
    answered = int(decisions.answered.sum())
    mistakes = int((decisions.labels != predictions.y_true)[decisions.answered].sum())
    more: dict[str, object] = {}
    if rule.kind == CONFORMAL:
        held = int(decisions.possible[np.arange(n), predictions.y_true].sum())
        more = {"held": held / n, "held_ci": wilson(held, n), "set_size": float(decisions.possible.sum(axis=1).mean())}
    if rule.kind == COSTS:
        costs = np.asarray(rule.costs)
        each = np.where(decisions.answered, costs[predictions.y_true, decisions.labels], rule.promised)
        half = Z95 * float(each.std(ddof=1)) / n**0.5 if n > 1 else float(each.mean())
        mean = float(each.mean())
        more = {
            "cost": mean,
            "cost_ci": (max(mean - half, 0.0), mean + half),
            "cost_of_all": float(costs[predictions.y_true, predictions.y_pred].mean()),
        }
    if answered:
        more |= {"wrong": mistakes / answered, "wrong_ci": wilson(mistakes, answered)}
    return Outcome.from_json({
        "split": predictions.split, "n": n, "answered": answered, "coverage": answered / n,
        "coverage_ci": wilson(answered, n), "mistakes": mistakes, **more,
    })  # fmt: skip
