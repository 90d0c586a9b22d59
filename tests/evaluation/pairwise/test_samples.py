"""A model on two sets of different images."""

from __future__ import annotations

import pytest

from core.evaluation.intervals import newcombe
from core.evaluation.pairwise.samples import TwoSamples


@pytest.mark.parametrize(
    ("counts", "verdict", "words"),
    [
        ((50, 100, 90, 100), "worse", "it is worse on these, beyond chance"),
        ((90, 100, 50, 100), "better", "it is better on these, beyond chance"),
        ((8, 10, 9, 10), "", "not larger than chance"),
    ],
)
def test_the_verdict_is_that_of_the_interval(counts: tuple[int, int, int, int], verdict: str, words: str):
    found = TwoSamples(*counts)
    assert found.interval == newcombe(*counts)
    assert found.verdict == verdict
    assert words in found.sentence("its own test photos")


def test_the_numbers_in_words():
    said = TwoSamples(50, 100, 90, 100).sentence("its own test photos")
    assert said.startswith(
        "50.0 % of these 100 photos are right, of its own test photos 90.0 % of 100: a difference of −40"
    )
    assert TwoSamples(50, 100, 90, 100).as_json()["difference"] == pytest.approx(-0.4)
