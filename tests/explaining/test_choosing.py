"""Which photos are looked into."""

from __future__ import annotations

import numpy as np
import pytest

from core.errors import ExplainError
from core.evaluation.predictions import Predictions
from core.explaining.choosing import DOUBTFUL, MISTAKES, OF_CLASS, RANDOM, WAYS, chosen, way_label

PREDICTIONS = Predictions(
    ("cat", "dog", "owl"),
    np.array([0, 0, 1, 2, 2]),
    np.array([[0.9, 0.1, 0], [0.3, 0.7, 0], [0.1, 0.9, 0], [0.96, 0, 0.04], [0.3, 0.3, 0.4]]),
    ("a", "b", "c", "d", "e"),
    "val",
)


def test_the_most_confident_mistakes_and_the_most_doubtful_come_first() -> None:
    assert chosen(PREDICTIONS, MISTAKES, 5) == ("d", "b")
    assert chosen(PREDICTIONS, MISTAKES, 1) == ("d",)
    assert chosen(PREDICTIONS, DOUBTFUL, 2) == ("e", "b")


def test_photos_of_a_class_and_at_random() -> None:
    assert set(chosen(PREDICTIONS, OF_CLASS, 5, "owl")) == {"d", "e"}
    assert sorted(chosen(PREDICTIONS, RANDOM, 9)) == list("abcde")
    assert chosen(PREDICTIONS, RANDOM, 3, seed=1) == chosen(PREDICTIONS, RANDOM, 3, seed=1)
    assert len({chosen(PREDICTIONS, RANDOM, 5, seed=seed) for seed in range(5)}) > 1


def test_a_photo_that_is_there_twice_is_chosen_once() -> None:
    twice = Predictions(("cat", "dog"), np.array([0, 0]), np.array([[0.1, 0.9], [0.1, 0.9]]), ("a", "a"), "val")
    assert chosen(twice, MISTAKES, 5) == ("a",)


def test_what_is_not_there_cannot_be_chosen() -> None:
    with pytest.raises(ExplainError, match="label is 'cow'"):
        chosen(PREDICTIONS, OF_CLASS, 1, "cow")
    with pytest.raises(ExplainError, match="way is 'best'"):
        chosen(PREDICTIONS, "best", 1)
    assert len({way_label(way) for way in WAYS}) == len(WAYS)
