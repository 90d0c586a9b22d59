"""The folds of the Evaluate page: nothing is computed before one is opened, and each says what it shows."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from core.data.dataset import Dataset
from core.evaluation.calibration import reliability
from core.evaluation.detail import look_closely
from core.evaluation.metrics import evaluate
from core.evaluation.predictions import Predictions
from core.evaluation.ranking import rank
from core.evaluation.temperature import without_temperature
from core.numbers import decimal, percent
from core.runs import Run
from core.scores import KeptEpoch
from pages.ui import resources
from pages.ui.evaluate.charts import MOST_CURVES, ranking_curves, ranking_table, reliability_diagram, reliability_table
from pages.ui.evaluate.closely import score_table
from tests.pages.conftest import Open, texts, unfolded


def made(n: int = 400, c: int = 3, seed: int = 0) -> Predictions:
    rng = np.random.default_rng(seed)
    proba = rng.dirichlet(np.full(c, 0.4), n)
    y = (proba.cumsum(axis=1) > rng.random((n, 1))).argmax(axis=1)
    return Predictions(tuple(f"class {k}" for k in range(c)), y, proba, tuple(map(str, range(n))), "val")


def test_a_point_of_a_curve_says_its_threshold():
    ranking = rank(made())
    assert ranking is not None
    worst, *_others, mean, chance = ranking_curves(ranking, "roc").data
    assert min(ranking.classes, key=lambda each: each.auroc).name in worst.hovertext[0]
    assert "threshold: none" in worst.hovertext[0]
    assert "threshold: " in worst.hovertext[100]
    assert (worst.x[0], worst.y[0], worst.x[-1], worst.y[-1]) == (0, 0, 1, 1)
    assert len(worst.x) <= 300
    assert mean.name.startswith("mean of the classes: ")
    assert list(chance.y) == [0, 1]
    assert len(ranking_curves(ranking, "pr").data) == 4


def test_two_classes_have_one_area_in_the_figure_and_its_table():
    ranking = rank(made(c=2))
    assert ranking is not None
    area = f"{ranking.auroc:.3f} ({ranking.auroc_ci[0]:.3f} to {ranking.auroc_ci[1]:.3f})"
    a, b, chance = ranking_curves(ranking, "roc").data
    assert {a.name, b.name, chance.name} == {f"class 0: {area}", f"class 1: {area}", "by chance"}
    assert len(ranking_curves(ranking, "pr").data) == 3
    assert {tuple(row[1:4]) for row in ranking_table(ranking)[1]} == {(ranking.auroc, *ranking.auroc_ci)}


def test_of_many_classes_the_worst_are_drawn_and_all_are_in_the_table():
    ranking = rank(made(c=12))
    assert ranking is not None
    assert len(ranking_curves(ranking, "roc").data) == MOST_CURVES + 2
    headings, rows = ranking_table(ranking)
    assert len(rows) == 13
    assert all(len(row) == len(headings) for row in rows)
    assert rows[-1][1] == ranking.auroc


def test_a_dot_says_how_many_photos_it_stands_for():
    found = reliability(made())
    diagonal, dots = reliability_diagram(found).data
    assert "40" in dots.hovertext[0]
    assert len(dots.x) == len(reliability_table(found)[1]) == 10
    assert diagonal.name == "just right"


def test_what_it_was_like_before_calibration_is_a_line_of_its_own():
    sure = made()
    found, before = reliability(sure), reliability(without_temperature(sure, 3.0))
    assert before.verdict == "too_sure"
    _diagonal, earlier, dots = reliability_diagram(found, before).data
    assert (earlier.name, dots.name) == ("before calibration", "this model")
    assert list(earlier.y) == [each.right for each in before.bins]


def test_the_scores_are_a_table_with_both_ends():
    predictions = made()
    headings, rows = score_table(look_closely(predictions, evaluate(predictions)))
    assert len(headings) == 4
    assert rows[0][0] == "Accuracy"
    assert all(low <= value <= high for _label, value, low, high in rows)


def test_what_photos_of_one_class_do_not_define_is_a_dash():
    predictions = Predictions(("a", "b"), np.zeros(4, np.int64), np.array([[0.9, 0.1]] * 4), tuple("abcd"), "val")
    rows = {row[0]: row[1:] for row in score_table(look_closely(predictions, evaluate(predictions)))[1]}
    assert rows["Cohen's kappa"] == rows["Matthews correlation"] == ("–", "–", "–")


@pytest.mark.parametrize(
    ("fold", "words"),
    [(0, "Balanced accuracy is"), (1, "counts as a class"), (2, "calibration error")],
)
def test_a_fold_is_computed_when_it_is_opened(
    visit: Open, dataset: Dataset, run: Run, monkeypatch: pytest.MonkeyPatch, fold: int, words: str
):
    looked: list[str] = []
    look = resources.look_closely
    monkeypatch.setattr(resources, "look_closely", lambda *given: looked.append("") or look(*given))
    app = visit("evaluate")
    assert not looked
    folded = next(each.key for each in app.expander if each.key and each.key.startswith(f"closely-{fold}"))
    app.session_state[folded] = True
    app.run()
    assert not app.exception
    assert looked
    assert any(words in each.value for each in (*app.caption, *app.markdown))


def test_both_errors_stand_beside_what_they_were_before_calibration(visit: Open, run: Run):
    dataclasses.replace(run, kept=KeptEpoch(best_epoch=1, epochs=1, temperature=2.0)).save()
    app = unfolded(visit("evaluate"), "Do its probabilities mean what they say?")
    detail = look_closely(*resources.evaluated(run.predictions_path("val")), 2.0)
    assert detail.before is not None
    both = (detail.reliability, detail.before)
    table = next(each.value for each in app.dataframe if "Probabilities" in each.value)
    assert list(table["Probabilities"]) == ["as it is", "before calibration"]
    for column, values in (
        (
            "Expected calibration error (95 % interval)",
            [percent(each.error) for each in both],
        ),
        ("Brier score (95 % interval)", [decimal(each.brier, 3) for each in both]),
    ):
        assert [cell.split(" (")[0] for cell in table[column]] == values
    assert "divided by 2, the temperature that was fitted on the validation photos" in texts(app)
