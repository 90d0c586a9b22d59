"""Reliability by hand, of models that are just right, too sure and not sure enough."""

from __future__ import annotations

import numpy as np
import pytest

from core.evaluation.calibration import LEAST_IMAGES, MOST_BINS, reliability
from core.evaluation.predictions import Predictions


def model(n, seed, power=1.0, c=3):
    """A model whose probabilities are just right, raised to a power and divided by their sum."""
    rng = np.random.default_rng(seed)
    proba = rng.dirichlet(np.full(c, 0.5), n)
    y = (proba.cumsum(axis=1) > rng.random((n, 1))).argmax(axis=1)
    told = proba**power / (proba**power).sum(axis=1, keepdims=True)
    return Predictions(tuple("abcdefgh"[:c]), y, told, tuple(map(str, range(n))), "val")


def test_a_hand_made_model():
    """15 images at 0.6, of which 9 are right, and 15 at 0.9, of which 12 are."""
    proba = [[0.6, 0.4]] * 15 + [[0.9, 0.1]] * 15
    y = [0] * 9 + [1] * 6 + [0] * 12 + [1] * 3
    found = reliability(Predictions(("a", "b"), np.array(y), np.array(proba), tuple(map(str, range(30))), "val"))
    assert [(b.n, round(b.sure, 3), b.right) for b in found.bins] == [(15, 0.6, 0.6), (15, 0.9, 0.8)]
    assert found.error == pytest.approx(0.05)
    assert found.gap == pytest.approx(0.05)
    assert found.verdict == "fine"  # 15 images miss by that much by chance
    assert found.by_chance > 0.1
    assert found.brier == pytest.approx(2 * (9 * 0.4**2 + 6 * 0.6**2 + 12 * 0.1**2 + 3 * 0.9**2) / 30)


@pytest.mark.parametrize(("power", "verdict"), [(1.0, "fine"), (3.0, "too_sure"), (0.4, "too_unsure")])
def test_what_is_wrong_with_probabilities_is_said(power, verdict):
    found = reliability(model(1000, 0, power))
    assert found.verdict == verdict
    assert (found.error > found.by_chance) is (verdict != "fine")
    assert found.error_ci[0] <= found.error <= found.error_ci[1]
    assert len(found.bins) == MOST_BINS
    assert sum(b.n for b in found.bins) == 1000
    assert all(a.high <= b.low for a, b in zip(found.bins, found.bins[1:], strict=False))


@pytest.mark.parametrize("n", [1, 2, LEAST_IMAGES, 2 * LEAST_IMAGES + 1])
def test_few_images_have_few_bins(n):
    found = reliability(model(n, 3))
    assert len(found.bins) == max(n // LEAST_IMAGES, 1)
    assert 0 <= found.error <= 1


def test_images_that_are_all_right_leave_room_for_a_wrong_one():
    sure = Predictions(("a", "b"), np.array([0] * 6), np.array([[0.98, 0.02]] * 6), tuple("abcdef"), "val")
    found = reliability(sure)
    assert found.error == pytest.approx(0.02)
    assert found.error_ci == pytest.approx((0.0, 0.98 - found.bins[0].right_ci[0]))


def test_a_model_that_is_just_right_is_rarely_blamed():
    blamed = [reliability(model(200, seed)).verdict != "fine" for seed in range(60)]
    assert np.mean(blamed) <= 0.15


@pytest.mark.slow
def test_the_interval_holds_the_true_error_as_often_as_it_says():
    truth = reliability(model(100_000, 1, 2.0)).error
    held = [low <= truth <= high for low, high in (reliability(model(300, seed, 2.0)).error_ci for seed in range(200))]
    assert np.mean(held) >= 0.9


def test_the_document_holds_numbers_and_codes():
    found = reliability(model(100, 0))
    document = found.as_json()
    low, high = found.brier_ci
    assert low < document["brier"] < high
    assert document["brier_ci"] == [low, high]
    assert document["verdict"] == "fine"
    assert len(document["bins"]) == 6
