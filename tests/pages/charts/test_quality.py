"""How good a model is: confusion, probabilities, scores for each class."""

import numpy as np
import pytest

from core.evaluation.metrics import ClassScore
from pages.ui.charts.quality import class_scores, confusion_matrix, probability_bars


def test_confusion_colors_right_and_wrong_apart_and_leaves_empty_cells_clear():
    figure = confusion_matrix(np.array([[3, 1], [0, 4]]), ["ants", "bees"])
    right, wrong, marks = figure.data
    np.testing.assert_array_equal(right.z, [[3, np.nan], [np.nan, 4]])
    np.testing.assert_array_equal(wrong.z, [[np.nan, 1], [np.nan, np.nan]])
    assert right.zmax == wrong.zmax == 4
    assert right.text[0] == ["3", ""]
    assert marks.marker.opacity == 0


def test_confusion_selects_by_true_and_predicted_class():
    marks = confusion_matrix(np.array([[3, 1], [0, 4]]), ["ants", "bees"]).data[2]
    assert marks.customdata == ([0, 0], [0, 1], [1, 1])
    assert (marks.x, marks.y) == ((0, 1, 1), (0, 0, 1))
    assert marks.hovertext[1] == "ants<br>1 of 4 photos (25.0 %) predicted as:<br>bees"
    assert confusion_matrix(np.array([[3, 1], [0, 4]]), ["ants", "bees"]).data[0].hoverinfo == "skip"


def test_confusion_normalises_rows():
    right, wrong, _marks = confusion_matrix(np.array([[3, 1], [0, 0]]), ["ants", "bees"], normalised=True).data
    np.testing.assert_array_equal(right.z, [[0.75, np.nan], [np.nan, np.nan]])
    assert wrong.z[0, 1] == 0.25
    assert wrong.text[0] == ["", "25 %"]


@pytest.mark.parametrize(
    ("c", "numbers", "height"), [(2, True, 280), (20, True, 820), (21, False, 854), (300, False, 860)]
)
def test_confusion_grows_with_the_classes_to_a_bound(c, numbers, height):
    figure = confusion_matrix(np.eye(c, dtype=np.int64), [f"c{i}" for i in range(c)])
    assert (figure.data[0].texttemplate is not None) is numbers
    assert figure.layout.height == height


def test_probabilities_are_ranked_and_cut():
    figure = probability_bars(["a", "b", "c"], np.array([0.2, 0.7, 0.1], dtype=np.float32), most=2)
    (bars,) = figure.data
    assert bars.x == pytest.approx((0.7, 0.2))
    assert bars.text == ("70.0 %", "20.0 %")
    assert figure.layout.yaxis.ticktext == ("b", "a")


def test_per_class_keeps_the_order_of_the_classes_and_has_intervals():
    scores = [ClassScore("weak", 0.5, 0.25, 0.4, 4, (0.05, 0.7)), ClassScore("good", 0.9, 0.95, 0.92, 20, (0.8, 0.99))]
    recall, precision, f1 = class_scores(scores[::-1]).data
    assert recall.x == (0.95, 0.25)
    assert recall.error_x.array == pytest.approx((0.04, 0.45))
    assert recall.error_x.arrayminus == pytest.approx((0.15, 0.2))
    assert precision.x == (0.9, 0.5)
    assert f1.x == (0.92, 0.4)
    assert class_scores(scores).layout.yaxis.ticktext == ("weak (n=4)", "good (n=20)")
    assert (
        recall.hovertext[1]
        == "weak<br>4 photos<br>recall 25.0 %<br>95 % interval 5.0 to 70.0 %<br>precision 50.0 %<br>F1 40.0 %"
    )


def test_per_class_shows_the_lowest_recalls_where_there_are_many_classes():
    scores = [ClassScore(f"c{i}", 0.5, 1 - i / 100, 0.5, 10, (0, 1)) for i in range(100)]
    assert class_scores(scores, most=10).data[0].x == tuple(1 - i / 100 for i in range(90, 100))


def test_per_class_draws_no_score_of_a_class_without_photos():
    figure = class_scores([ClassScore("unseen", None, None, None, 0, None), ClassScore("a", 1, 1, 1, 3, (0.4, 1))])
    assert figure.data[0].x == (None, 1)
    assert figure.data[0].hovertext[0] == "unseen<br>0 photos"
