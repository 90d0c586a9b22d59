"""What rules make of probabilities, and that a damaged rule is refused."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from core.errors import GraftError
from core.evaluation.abstention.rule import Rule, decide, expected_costs

PROBA = np.array([[0.7, 0.2, 0.1], [0.5, 0.45, 0.05], [0.34, 0.33, 0.33]])
SHARES: dict[str, Any] = {"n": 10, "answered": 0.5, "answered_ci": (0.2, 0.8)}


def test_a_threshold_answers_what_is_surer():
    decisions = decide(Rule(kind="threshold", promised=0.1, threshold=0.5, **SHARES), PROBA)
    assert decisions.answered.tolist() == [True, False, False]
    assert decisions.labels.tolist() == [0, 0, 0]
    assert decisions.possible.sum(axis=1).tolist() == [1, 1, 1]


def test_a_set_of_one_class_is_an_answer():
    decisions = decide(Rule(kind="conformal", promised=0.9, threshold=0.4, **SHARES), PROBA)
    assert decisions.possible.tolist() == [[True, False, False], [True, True, False], [False, False, False]]
    assert decisions.answered.tolist() == [True, False, False]


def test_costs_choose_the_cheaper_mistake_or_no_answer():
    costs = ((0.0, 1.0, 1.0), (10.0, 0.0, 1.0), (1.0, 1.0, 0.0))
    np.testing.assert_allclose(expected_costs(PROBA[:1], costs), [[2.1, 0.8, 0.9]])
    decisions = decide(Rule(kind="costs", promised=0.6, costs=costs, **SHARES), PROBA)
    assert decisions.labels.tolist() == [1, 1, 1]
    assert decisions.answered.tolist() == [False, True, False]


def test_a_rule_comes_back_from_json_as_it_was():
    rule = Rule(kind="costs", promised=0.3, costs=((0.0, 2.5), (1.0, 0.0)), **SHARES)
    assert Rule.from_json(rule.to_json()) == rule
    with pytest.raises(GraftError, match="2 classes, and the model has 3"):
        decide(rule, PROBA)


@pytest.mark.parametrize(
    "wrong",
    [
        {"kind": "guess"}, {"promised": -0.1}, {"promised": 1.0}, {"threshold": 1.5}, {"threshold": float("nan")},
        {"n": 0}, {"answered": 2.0}, {"answered_ci": (0.2, 1.8)}, {"costs": ((0.0, 1.0), (1.0, 0.0))},
        {"kind": "costs"}, {"kind": "costs", "costs": ((0.0, 1.0), (1.0,))},
        {"kind": "costs", "costs": ((0.0, -1.0), (1.0, 0.0))}, {"kind": "costs", "costs": (tuple([0.0] * 201),) * 201},
    ],
)  # fmt: skip
def test_a_damaged_rule_is_refused(wrong: dict[str, Any]):
    fields: dict[str, Any] = {"kind": "threshold", "promised": 0.1, "threshold": 0.5, **SHARES, **wrong}
    with pytest.raises(GraftError):
        Rule(**fields)
