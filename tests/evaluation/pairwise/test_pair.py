"""Two models photo by photo: matched by ids, and counted as by hand."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from core.errors import EvaluationError
from core.evaluation.intervals import wilson
from core.evaluation.pairwise.difference import paired_interval
from core.evaluation.pairwise.pair import GROUPS, LeftOut, compare_photo_by_photo
from core.evaluation.predictions import Predictions


def says(
    answers: Sequence[tuple[str, str, str, float]], names: Sequence[str] = ("cat", "dog"), split: str = "val"
) -> Predictions:
    """Predictions from (id, true class, answer, its probability); the others share the rest."""
    proba = np.zeros((len(answers), len(names)))
    for row, (_id, _true, answer, p) in enumerate(answers):
        proba[row] = (1 - p) / (len(names) - 1)
        proba[row, names.index(answer)] = p
    y = np.array([names.index(true) for _id, true, _answer, _p in answers], dtype=np.int64)
    return Predictions(tuple(names), y, proba, tuple(id_ for id_, *_rest in answers), split)


A = says(
    [
        ("1", "cat", "cat", 0.9),
        ("2", "cat", "cat", 0.6),
        ("3", "dog", "dog", 0.8),
        ("4", "dog", "cat", 0.7),
        ("5", "cat", "dog", 0.9),
        ("6", "dog", "dog", 0.55),
    ]
)
B = says(
    [
        ("6", "dog", "cat", 0.95),
        ("5", "cat", "dog", 0.6),
        ("4", "dog", "dog", 0.8),
        ("3", "dog", "cat", 0.6),
        ("2", "cat", "cat", 0.8),
        ("1", "cat", "cat", 0.7),
    ]
)


def test_the_four_groups_hold_each_photo_once_those_first_that_say_most():
    pair = compare_photo_by_photo("a", A, "b", B)
    assert {group: [photo.id for photo in pair.photos(group)] for group in GROUPS} == {
        "only_a": ["6", "3"],  # b is surer of its mistake about 6
        "only_b": ["4"],
        "both_wrong": ["5"],
        "both_right": ["2", "1"],  # a is least sure about 2
    }
    assert [pair.n_of(group) for group in GROUPS] == [2, 1, 1, 2]
    six = pair.photos("only_a")[0]
    assert (six.true, six.a, six.b) == (1, 1, 0)
    assert (six.p_a, six.p_b) == pytest.approx((0.55, 0.95))
    assert pair.share_of("only_a") == (2 / 6, wilson(2, 6))


def test_the_numbers_are_those_of_paired_counts():
    pair = compare_photo_by_photo("a", A, "b", B)
    assert pair.difference.accuracy == pytest.approx(1 / 6)
    assert pair.difference.interval == paired_interval(2, 1, 6)
    assert pair.p == 1.0  # 2 against 1 of 3: 2 × (3 choose 0 and 1) / 8 is 1
    assert pair.counts.same == 3
    assert pair.left_out == LeftOut()
    assert len(pair.sentences) == 3
    assert "not larger than chance" in pair.sentences[0]
    assert "on 3 photos: 'a' on 2, 'b' on 1" in pair.sentences[1]
    assert "50.0 %" in pair.sentences[2]


def test_what_does_not_match_is_left_out_and_said():
    more = says([("1", "cat", "cat", 0.9), ("2", "dog", "cat", 0.9), ("3", "dog", "dog", 0.9), ("8", "dog", "dog", 1)])
    pair = compare_photo_by_photo("a", A, "b", more)
    assert pair.a.ids == pair.b.ids == ("1", "3")
    assert pair.left_out == LeftOut(only_a=3, only_b=1, relabelled=1)
    assert "4 photos are left out" in pair.sentences[3]
    assert "1 photo is left out, since its label" in pair.sentences[4]


def test_classes_are_matched_by_name_and_a_class_that_one_does_not_know_gets_nothing_from_it():
    of_three = says([("1", "cat", "cat", 0.8), ("3", "dog", "owl", 0.8)], names=("owl", "dog", "cat"))
    pair = compare_photo_by_photo("a", A, "b", of_three)
    assert pair.a.class_names == ("cat", "dog", "owl")
    assert pair.a.proba[:, 2].tolist() == [0, 0]
    assert pair.b.proba[0] == pytest.approx([0.8, 0.1, 0.1])
    assert [photo.id for photo in pair.photos("only_a")] == ["3"]
    assert pair.photos("only_a")[0].b == 2


def test_a_photo_that_is_there_twice_is_matched_twice():
    twice = says([("1", "cat", "cat", 0.9), ("1", "cat", "cat", 0.9)])
    once = says([("1", "cat", "dog", 0.9)])
    assert compare_photo_by_photo("a", twice, "b", twice).counts.n == 2
    assert compare_photo_by_photo("a", twice, "b", once).left_out == LeftOut(only_a=1)


def test_without_a_photo_in_common_it_is_said_why():
    with pytest.raises(EvaluationError, match=r"no photo in common\. 7 photos are left out"):
        compare_photo_by_photo("a", A, "b", says([("x", "cat", "cat", 1.0)]))


def test_as_json_names_the_photos_of_each_group():
    told = compare_photo_by_photo("a", A, "b", B).as_json()
    assert told["photos"] == {"only_a": ["6", "3"], "only_b": ["4"], "both_wrong": ["5"], "both_right": ["2", "1"]}
    assert told["left_out"] == {"only_a": 0, "only_b": 0, "relabelled": 0}
    assert (told["n"], told["only_a"], told["p_mcnemar"]) == (6, 2 / 6, 1.0)
