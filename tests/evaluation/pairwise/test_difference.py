import numpy as np
import pytest

from core.errors import EvaluationError
from core.evaluation.pairwise.difference import difference
from core.evaluation.predictions import Predictions


def of_two_classes(correct, ids=None):
    """Predictions of n images of the class "a" of which those given are right."""
    correct = np.asarray(correct, dtype=bool)
    proba = np.where(correct[:, None], [0.9, 0.1], [0.1, 0.9])
    ids = ids or tuple(map(str, range(len(correct))))
    return Predictions(("a", "b"), np.zeros(len(correct), dtype=int), proba, ids, "oof")


def test_only_disagreements_count():
    a = of_two_classes([1] * 30 + [0] * 10 + [1] * 40)
    b = of_two_classes([0] * 30 + [1] * 10 + [1] * 40)
    measured = difference("new", a, "old", b)
    assert (measured.only_a, measured.only_b, measured.n) == (30, 10, 80)
    assert measured.accuracy == pytest.approx(0.25)
    # Bonett and Price by hand: (31 - 11) / 82 ± 1.96 sqrt((31/82 + 11/82 - (20/82)²) / 82)
    assert measured.interval == pytest.approx((0.09827, 0.38953), abs=5e-5)
    assert measured.beyond_chance
    assert measured.sentence == (
        "'new' gets +25.0 points of accuracy compared with 'old' on the same 80 photos (95 % interval +9.8 to +39.0): "
        "the difference is larger than chance."
    )


def test_a_small_difference_may_be_chance():
    measured = difference("x", of_two_classes([1] * 20), "y", of_two_classes([1] * 18 + [0] * 2))
    assert measured.interval[0] < 0 < measured.interval[1]
    assert "is not larger than chance" in measured.sentence
    assert measured.as_json()["beyond_chance"] is False


def test_equal_classifiers_do_not_differ():
    measured = difference("x", of_two_classes([1, 0, 1]), "y", of_two_classes([1, 0, 1]))
    assert measured.accuracy == 0
    assert measured.interval[0] == -measured.interval[1]
    assert measured.sentence.startswith("'x' is as accurate as 'y' on the same 3 photos (95 % interval ")


def test_the_interval_covers_the_truth_about_95_times_in_100():
    rng = np.random.default_rng(0)
    covered = 0
    for _ in range(400):
        right = rng.random(60) < 0.8
        rival_right = np.where(rng.random(60) < 0.7, right, rng.random(60) < 0.7)
        low, high = difference("a", of_two_classes(right), "b", of_two_classes(rival_right)).interval
        covered += low <= 0.8 - (0.7 * 0.8 + 0.3 * 0.7) <= high
    assert 0.92 <= covered / 400 <= 0.99


def test_other_images_cannot_be_compared():
    with pytest.raises(EvaluationError, match="same photos"):
        difference("x", of_two_classes([1, 0]), "y", of_two_classes([1, 0], ids=("1", "2")))
