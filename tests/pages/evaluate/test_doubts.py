"""When a model should rather not answer, on the Evaluate page: rules and strangers, their figures, and the way back."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from core.data.dataset import Dataset
from core.evaluation.abstention.curve import coverage_curve
from core.evaluation.abstention.fitting import fit_threshold
from core.evaluation.abstention.kept import keep_rule, kept_rule
from core.evaluation.abstention.outcome import outcome
from core.runs import RULE, TEST_SEEN, Run
from core.strangers.detector import KNN
from core.strangers.fitting import fit_measure, fit_strangers
from core.strangers.leaving_out import LeavingOut, leave_out
from core.strangers.record import FalseAlarms, StrangersReport, keep_strangers, strangers_report
from core.tasks.results import Learnt
from pages.ui.evaluate.charts_doubts import coverage_figure, coverage_table, left_out_figure, left_out_table
from tests.evaluation.abstention.made import made
from tests.pages.conftest import NASTY, FakePool, Open, button, by_label, texts, unfolded
from tests.strangers.test_leaving_out import features

RULES, STRANGERS = "When should it rather not answer?", "Would it know a stranger?"


def words(app: Any) -> str:
    """What the page says, with plain spaces."""
    return texts(app).replace("\N{NO-BREAK SPACE}", " ")


def told() -> LeavingOut:
    return leave_out(features())


def test_the_curve_says_how_many_are_answered_and_the_rule_is_a_dot():
    predictions = made(400, 0)
    curve, rule = coverage_curve(predictions), fit_threshold(predictions, 0.1)
    band, line, dot = coverage_figure(curve, outcome(rule, predictions)).data
    assert line.x[-1] == 1.0
    assert line.y[-1] == pytest.approx(predictions.correct.mean())
    assert len(band.x) == 2 * len(line.x)
    assert "400 of 400 photos answered" in line.hovertext[-1]
    assert dot.x[0] == rule.answered
    headings, rows = coverage_table(curve)
    rows = list(rows)
    assert len(rows) == len(curve.coverage)
    assert all(len(row) == len(headings) for row in rows)
    assert len(coverage_figure(curve).data) == 2


def test_each_class_that_was_left_out_has_a_dot_for_each_measure():
    names = (NASTY, "b", "c")
    nearest, mahalanobis = left_out_figure(told(), names).data
    assert len(nearest.x) == len(mahalanobis.x) == 3
    assert any("&lt;b&gt;" in hover for hover in nearest.hovertext)
    headings, rows = left_out_table(told(), names)
    assert all(len(row) == len(headings) for row in rows)


@pytest.fixture
def judged(run: Run) -> Run:
    """The run with predictions of so many photos that rules can be made of them."""
    for split, seed in (("val", 0), ("test", 1)):
        made(300, seed, c=2, split=split).save(run.predictions_path(split))
    return run


def test_a_rule_is_used_and_not_used_any_more(visit: Open, dataset: Dataset, judged: Run):
    app = unfolded(visit("evaluate"), RULES)
    assert "at most 5.0 % of the answers are wrong" in words(app)
    assert "It will answer about" in words(app)
    assert "In use" not in words(app)
    button(app, "Use this rule").click().run()
    rule = kept_rule(judged.path)
    assert rule is not None
    assert rule.promised == 0.05
    assert "In use for predictions" in words(app)
    assert "By the test photos" in words(app)
    assert "before its answers to the test photos had been looked at" in words(app)
    assert not [each for each in app.button if each.label.startswith("Use this rule")]
    app.number_input[0].set_value(10.0).run()
    assert "at most 10.0 %" in words(app)
    button(app, "Use this rule instead").click().run()
    changed = kept_rule(judged.path)
    assert changed is not None
    assert changed.promised == 0.1
    assert changed.after_test is True  # the page had shown what the first one does on the test photos
    assert "but after its answers to the test photos had been looked at" in words(app)
    button(app, "Answer every photo again").click().run()
    assert kept_rule(judged.path) is None
    assert "In use" not in words(app)
    assert not app.exception


def test_a_look_at_the_test_split_is_remembered(visit: Open, dataset: Dataset, judged: Run):
    app = visit("evaluate")
    assert not (judged.path / TEST_SEEN).exists()
    by_label(app.get("button_group"), "Judge it on").set_value("test").run()
    assert not app.exception
    keep_rule(judged.path, fit_threshold(made(300, 0), 0.1))
    rule = kept_rule(judged.path)
    assert rule is not None
    assert rule.after_test is True


def test_sets_and_costs_are_asked_for(visit: Open, dataset: Dataset, judged: Run):
    app = unfolded(visit("evaluate"), RULES)
    kind = by_label(app.segmented_control, "The rule")
    kind.set_value("conformal").run()
    assert "95.0 % or more of these sets hold the true class" in words(app)
    by_label(app.segmented_control, "The rule").set_value("costs").run()
    assert "the cost of no answer" in words(app)
    assert "if all were answered" in words(app)
    assert not app.exception


def test_too_few_photos_are_said_to_be_too_few(visit: Open, dataset: Dataset, run: Run):
    app = unfolded(visit("evaluate"), RULES)
    assert "takes at least 59 validation photos" in words(app)
    assert not [each for each in app.button if each.label.startswith("Use this rule")]


def test_a_damaged_rule_is_told_of_and_can_be_replaced(visit: Open, dataset: Dataset, judged: Run):
    (judged.path / RULE).write_text("{}")
    app = unfolded(visit("evaluate"), RULES)
    assert "is damaged" in words(app)
    button(app, "Use this rule").click().run()
    assert kept_rule(judged.path) is not None


def learnt(run: Run) -> None:
    """What a job would leave with the run."""
    rows = np.eye(4, dtype=np.float32)
    strangers = fit_strangers(fit_measure(KNN, rows, np.arange(4) % 2), rows)
    report = StrangersReport(leaving_out=LeavingOut(classes=told().classes[:2], method=KNN), is_own=False,
                             threshold=strangers.threshold, expected_rate=0.05, n=40,
                             test=FalseAlarms(n=30, alarms=2))  # fmt: skip
    keep_strangers(run.path, strangers, report)


def test_it_learns_to_know_strangers_and_forgets_it(visit: Open, dataset: Dataset, run: Run, pool: FakePool):
    def learn(_job: object) -> dict[str, object]:
        learnt(run)
        return Learnt(run="run").to_json()

    pool.does["strangers"] = learn
    app = unfolded(visit("evaluate"), STRANGERS)
    assert "stand for strangers" in words(app)
    button(app, "Let it learn to say 'none of these'").click().run()
    assert "each of 2 classes left out" in words(app)
    assert "takes 2 for strangers" in words(app)
    assert "are expected to be called so" in words(app)
    assert "share here is no more than chance explains" in words(app)
    assert "before it was fine-tuned" in words(app)
    button(app, "Take every photo for one of the classes again").click().run()
    assert strangers_report(run.path) is None
    assert "stand for strangers" in words(app)
    assert button(app, "Let it learn to say 'none of these'")
    assert not app.exception


def test_a_rule_for_other_classes_is_no_reason_to_fall_over(visit: Open, dataset: Dataset, judged: Run):
    keep_rule(judged.path, fit_threshold(made(300, 0), 0.1))
    assert "In use for predictions" in words(unfolded(visit("evaluate"), RULES))


def test_the_predict_page_offers_to_learn_it(visit: Open, dataset: Dataset, run: Run):
    label = "Let it learn to say 'none of these'"
    app = visit("predict", dataset=dataset.id)
    button(app, label).click().run()
    assert not [each for each in app.button if each.label == label]  # it waits for its turn
    learnt(run)
    app = visit("predict", dataset=dataset.id)
    assert "get one of them, too" not in words(app)
    assert not app.exception
