"""Temperature scaling: what is fitted, when it helps, and that it can be taken off again."""

from __future__ import annotations

import numpy as np
import pytest

from core.evaluation.predictions import Predictions, softmax
from core.evaluation.temperature import fit_temperature, helpful_temperature, without_temperature


def scores_of(n, seed, sharpness=1.0, c=3):
    """Scores whose softmax is just right, times a sharpness, and labels."""
    rng = np.random.default_rng(seed)
    proba = rng.dirichlet(np.full(c, 0.5), n)
    labels = (proba.cumsum(axis=1) > rng.random((n, 1))).argmax(axis=1)
    return sharpness * np.log(proba), labels


@pytest.mark.parametrize("sharpness", [0.4, 1.0, 3.0])
def test_the_temperature_undoes_a_sharpness(sharpness):
    scores, labels = scores_of(4000, 0, sharpness)
    assert fit_temperature(scores, labels) == pytest.approx(sharpness, rel=0.1)


def test_it_is_left_alone_where_nothing_shows_that_it_would_help():
    kept = [helpful_temperature(*scores_of(100, seed)) == 1.0 for seed in range(20)]
    assert np.mean(kept) >= 0.7
    assert helpful_temperature(*scores_of(9, 0, 5.0)) == 1.0  # too few to tell
    assert helpful_temperature(*scores_of(200, 0, 4.0)) == pytest.approx(4.0, rel=0.4)


def test_what_helps_lowers_the_log_loss_of_other_images():
    for seed in range(5):
        scores, labels = scores_of(300, seed, 3.0)
        others, their_labels = scores_of(300, 100 + seed, 3.0)
        temperature = helpful_temperature(scores, labels)
        before, after = (
            -np.log(softmax(each)[np.arange(300), their_labels]).mean() for each in (others, others / temperature)
        )
        assert after < before


def test_a_temperature_can_be_taken_off_again():
    scores, labels = scores_of(50, 1)
    ids = tuple(map(str, range(50)))
    before, after = (Predictions(("a", "b", "c"), labels, softmax(each), ids, "val") for each in (scores, scores / 2.5))
    undone = without_temperature(after, 2.5)
    np.testing.assert_allclose(undone.proba, before.proba, atol=1e-4)
    assert (undone.y_pred == after.y_pred).all()
