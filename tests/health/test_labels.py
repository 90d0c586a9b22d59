import dataclasses

import numpy as np
import pytest

from core.errors import ProbeError
from core.evaluation.intervals import wilson
from core.health.labels import check_labels, least_odds, suspects
from tests.probing.conftest import make_features


def test_labels_that_were_changed_are_found():
    features = make_features((60, 60, 60), d=24, spread=0.8)
    rng = np.random.default_rng(1)
    wrong = rng.choice(len(features.y), 12, replace=False)
    y = features.y.copy()
    y[wrong] = (y[wrong] + 1) % 3
    found = check_labels(dataclasses.replace(features, y=y))
    listed = {one.index for one in found.suspects}
    assert listed <= set(wrong)
    assert len(listed) >= 9
    for one in found.suspects:
        assert (one.given, one.suggested) == (y[one.index], features.y[one.index])
        assert one.p_suggested >= least_odds(3) * one.p_given
    assert [one.p_given for one in found.suspects] == sorted(one.p_given for one in found.suspects)


def test_the_probe_is_judged_on_photos_it_has_not_seen():
    """Labels without any meaning: a probe that saw its own photos would be far better than chance."""
    features = make_features((60, 60), d=100)
    y = np.random.default_rng(0).integers(0, 2, len(features.y))
    found = check_labels(dataclasses.replace(features, y=y))
    assert found.accuracy_ci[0] < 0.5 < found.accuracy_ci[1]
    assert not found.able
    assert found.suspects == ()
    right = round(found.accuracy * found.n)
    assert found.accuracy_ci == wilson(right, found.n)
    assert found.proba.sum(axis=1) == pytest.approx(np.ones(found.n), abs=1e-5)


def test_copies_never_judge_each_other():
    """Every photo is there twice with meaningless labels: with copies on both sides of a fold all would be known."""
    single = make_features((40, 40), d=200, val=0, test=0)
    y = np.random.default_rng(0).integers(0, 2, len(single.y))
    double = dataclasses.replace(single, y=y).at(np.repeat(np.arange(len(y)), 2))
    assert check_labels(double).accuracy < 0.7


def test_suspects_by_hand():
    proba = np.full((40, 2), (0.9, 0.1), np.float32)
    proba[20:] = (0.1, 0.9)
    labels = np.repeat([0, 1], 20)
    labels[3] = 1  # the probe is sure of 0
    proba[30] = (0.6, 0.4)  # the probe leans to 0, but not by the odds that are asked for
    assert [(s.index, s.given, s.suggested) for s in suspects(labels, proba)] == [(3, 1, 0)]


def test_too_few_photos_are_refused_in_words():
    with pytest.raises(ProbeError, match="at least 2"):
        check_labels(make_features((1, 20), val=0, test=0))
