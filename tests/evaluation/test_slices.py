"""Parts of the images: cut as said, counted as by hand, and no finding where chance explains it."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import fisher_exact

from core.evaluation.cutting import LEAST, MOST_VALUES, Attribute, Part
from core.evaluation.intervals import newcombe, wilson
from core.evaluation.pairwise.difference import holm
from core.evaluation.predictions import Predictions
from core.evaluation.slices import slice_by


def judged(right: np.ndarray, y: np.ndarray | None = None) -> Predictions:
    y = np.zeros(len(right), np.int64) if y is None else y
    says = np.where(right, y, 1 - y)
    return Predictions(("a", "b"), y, np.eye(2)[says], tuple(map(str, range(len(right)))), "val")


def words(values: list[str]) -> Attribute:
    return Attribute("format", dict(zip(map(str, range(len(values))), values, strict=True)))


def numbers(values: list[float], name: str = "brightness") -> Attribute:
    return Attribute(name, dict(zip(map(str, range(len(values))), map(float, values), strict=True)))


def test_of_two_words_each_is_held_against_the_other_in_one_comparison():
    right = np.array([True] * 30 + [False] * 10 + [True] * 5 + [False] * 15)
    found = slice_by(judged(right), [words(["JPEG"] * 40 + ["PNG"] * 20)])
    jpeg, png = found.slices
    assert (jpeg.part, png.part) == (Part("format", value="JPEG"), Part("format", value="PNG"))
    assert (jpeg.right, len(jpeg.ids), jpeg.accuracy, jpeg.rest) == (30, 40, 0.75, 0.25)
    assert jpeg.ci == wilson(30, 40)
    assert jpeg.difference_ci == newcombe(30, 40, 5, 20)
    assert png.difference == -0.5
    assert found.tests == 1
    assert jpeg.p == png.p == png.p_holm == pytest.approx(fisher_exact([[30, 10], [5, 15]]).pvalue)
    assert (jpeg.verdict, png.verdict) == ("better", "worse")
    assert found.worse == (png,)
    assert found.verdict({png.part: "PNG"}).startswith("It is worse than on the rest, beyond chance, for: PNG (25.0 %")


def test_every_comparison_counts_in_the_correction():
    rng = np.random.default_rng(0)
    right = rng.random(200) < 0.8
    found = slice_by(judged(right), [numbers(list(rng.random(200))), words(list(rng.choice(["x", "y", "z"], 200)))])
    assert found.tests == 7
    p = np.array([each.p for each in found.slices])
    assert [each.p_holm for each in found.slices] == pytest.approx(list(holm(p)))
    assert "7 comparisons" in found.verdict({})


def test_by_chance_alone_hardly_ever_anything_is_found():
    rng = np.random.default_rng(1)
    findings = 0
    for _trial in range(60):
        predictions = judged(rng.random(120) < 0.7)
        found = slice_by(predictions, [numbers(list(rng.random(120)), name) for name in ("brightness", "contrast")])
        findings += bool(found.worse)
    assert findings <= 4  # without the correction about a third of them


def test_numbers_are_cut_into_as_many_images_each_and_equal_ones_stay_together():
    right = np.ones(80, bool)
    even = slice_by(judged(right), [numbers(list(range(80)))])
    assert [len(each.ids) for each in even.slices] == [20, 20, 20, 20]
    assert [(each.part.low, each.part.high) for each in even.slices] == [(0, 19), (20, 39), (40, 59), (60, 79)]
    tied = slice_by(judged(right), [numbers([1.0] * 55 + [2.0] * 25)])
    assert [len(each.ids) for each in tied.slices] == [55, 25]


def test_a_part_with_too_few_images_is_joined_with_its_neighbour():
    values = [1.0] * 5 + [2.0] * 38 + [3.0] * 37
    found = slice_by(judged(np.ones(80, bool)), [numbers(values)])
    assert [len(each.ids) for each in found.slices] == [43, 37]
    assert min(len(each.ids) for each in found.slices) >= LEAST


def test_rare_words_are_put_together_and_what_cannot_be_cut_is_named():
    right = np.ones(40, bool)
    found = slice_by(judged(right), [words(["x"] * 28 + [str(n) for n in range(12)]), numbers([1.0] * 40)])
    assert [each.part for each in found.slices] == [Part("format", value="x"), Part("format", pooled=12)]
    assert found.uncut == ("brightness",)
    many = slice_by(judged(np.ones(200, bool)), [words([str(n % 20) for n in range(200)])])
    assert len(many.slices) == MOST_VALUES + 1
    assert many.slices[-1].part.pooled == 8


def test_images_of_which_nothing_is_known_are_in_no_slice():
    known = Attribute("format", {str(n): "x" if n % 2 else "y" for n in range(30)})
    found = slice_by(judged(np.ones(50, bool)), [known])
    assert sum(len(each.ids) for each in found.slices) == 30
    assert found.n == 50
    few, many = (slice_by(judged(np.ones(n, bool)), []).verdict({}) for n in (19, 20))
    assert few == "There is nothing to cut these photos by: two parts of 10 photos are needed, and there are 19 photos."
    assert many == "There is nothing to cut these photos by: nothing gives two parts of at least 10 photos each."


def test_what_its_classes_let_expect_is_told_beside_a_slice():
    y = np.array([0] * 40 + [1] * 40)
    right = np.array([True] * 40 + [True] * 20 + [False] * 20)
    found = slice_by(judged(right, y), [words(["mixed"] * 20 + ["easy"] * 20 + ["mixed"] * 20 + ["hard"] * 20)])
    expected = {each.part.value: each.expected for each in found.slices}
    assert expected == {"mixed": 0.75, "easy": 1.0, "hard": 0.5}


def test_as_json():
    told = slice_by(judged(np.ones(40, bool)), [words(["x"] * 20 + ["y"] * 20)]).as_json()
    assert (told["comparisons"], told["correction"], told["accuracy"]) == (1, "holm", 1.0)
    assert [(each["value"], each["n"], each["verdict"]) for each in told["slices"]] == [("x", 20, ""), ("y", 20, "")]
