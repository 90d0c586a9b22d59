"""What a rule does on photos, counted by hand, kept and in words."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from core.errors import EvaluationError
from core.evaluation.abstention.kept import drop_rule, keep_rule, kept_rule, note_test_seen
from core.evaluation.abstention.outcome import Outcome, outcome
from core.evaluation.abstention.rule import Rule
from core.evaluation.abstention.words import beforehand, coverage, in_numbers, promise, when_chosen
from core.evaluation.intervals import wilson
from core.runs import RULE
from tests.evaluation.abstention.made import told

SHARES: dict[str, Any] = {"n": 10, "answered": 0.5, "answered_ci": (0.2, 0.8)}
PROMISED: dict[str, Any] = {"promised": 0.1, "threshold": 0.5, **SHARES}
PREDICTIONS = told([0.9, 0.8, 0.7, 0.6], [True, False, True, False])


def test_answers_and_mistakes_are_counted():
    done = outcome(Rule(kind="threshold", promised=0.1, threshold=0.65, **SHARES), PREDICTIONS)
    assert (done.n, done.answered, done.coverage, done.mistakes) == (4, 3, 0.75, 1)
    assert done.wrong == pytest.approx(1 / 3)
    assert done.wrong_ci == wilson(1, 3)
    assert (done.held, done.cost) == (None, None)
    assert Outcome.from_json(done.to_json()) == done


def test_where_nothing_is_answered_nothing_is_wrong():
    done = outcome(Rule(kind="threshold", promised=0.1, threshold=0.95, **SHARES), PREDICTIONS)
    assert (done.answered, done.wrong, done.wrong_ci) == (0, None, None)
    assert in_numbers(done).startswith("Of 4 photos it answers 0 (0.0 %;")


def test_sets_are_counted():
    done = outcome(Rule(kind="conformal", promised=0.9, threshold=0.25, **SHARES), PREDICTIONS)
    assert (done.held, done.set_size, done.answered) == (0.75, 1.5, 2)


def test_costs_are_counted():
    rule = Rule(kind="costs", promised=0.35, costs=((0.0, 1.0), (2.0, 0.0)), **SHARES)
    done = outcome(rule, PREDICTIONS)  # expected: 0.2, 0.4 or 0.8, 0.6 or 0.7, 0.8 or 0.6
    assert done.answered == 1
    assert done.cost == pytest.approx((0 + 0.35 * 3) / 4)
    assert done.cost_of_all == pytest.approx((0 + 2 + 0 + 2) / 4)


def test_a_rule_is_kept_with_a_run(tmp_path: Path):
    rule = Rule(kind="threshold", promised=0.02, threshold=0.875, **SHARES)
    assert kept_rule(tmp_path) is None
    keep_rule(tmp_path, rule)
    assert kept_rule(tmp_path) == rule
    drop_rule(tmp_path)
    drop_rule(tmp_path)
    assert kept_rule(tmp_path) is None
    (tmp_path / RULE).write_text('{"kind": "threshold"}')
    with pytest.raises(EvaluationError, match="damaged"):
        kept_rule(tmp_path)


def test_a_rule_says_whether_the_test_photos_had_been_looked_at_when_it_was_chosen(tmp_path: Path):
    rule = Rule(kind="threshold", promised=0.02, threshold=0.875, **SHARES)
    assert when_chosen(rule).endswith("is not known.")
    keep_rule(tmp_path, rule)
    first = kept_rule(tmp_path)
    assert first is not None
    assert first.after_test is False
    assert "before its answers to the test photos had been looked at" in when_chosen(first)
    note_test_seen(tmp_path)
    note_test_seen(tmp_path)
    assert kept_rule(tmp_path) == first
    drop_rule(tmp_path)
    keep_rule(tmp_path, rule)
    second = kept_rule(tmp_path)
    assert second is not None
    assert second.after_test is True
    assert "but after its answers to the test photos had been looked at" in when_chosen(second)
    assert second == first  # they do the same


def test_a_certainty_is_that_of_one_promise():
    assert "with a chance of up to 10 %, with three of up to 15 %" in beforehand(Rule(kind="threshold", **PROMISED))
    surer = Rule(kind="threshold", confidence=0.99, **PROMISED)
    assert "with a chance of up to 2 %, with three of up to 3 %" in beforehand(surer)
    assert "chosen before looking at these photos" in beforehand(Rule(kind="conformal", **PROMISED))
    assert beforehand(Rule(kind="costs", costs=((0.0, 1.0), (2.0, 0.0)), **PROMISED)) == ""


def test_sentences_have_the_numbers():
    rule = Rule(kind="threshold", promised=0.02, threshold=0.875, **SHARES)
    assert "above 87.5 %" in promise(rule)
    assert "at most 2.0 % of the answers are wrong" in promise(rule)
    assert "about 50.0 % of the photos (95 % interval 20.0 to 80.0 %)" in coverage(rule)
    assert "2 of the answers are wrong" in in_numbers(
        outcome(Rule(kind="threshold", promised=0.1, **SHARES), PREDICTIONS)
    )
