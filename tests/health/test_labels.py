import dataclasses

import numpy as np
import pytest

from core.errors import ProbeError
from core.evaluation.intervals import wilson
from core.health.labels import check_labels, out_of_fold
from core.health.photo import PhotoRef
from core.probing.probes.probe import ProbeConfig
from core.progress import silent
from tests.probing.conftest import make_features


def checked(features):
    photos = [
        PhotoRef(index=row, name=f"{row}.jpg", sha256=sha256, class_name=features.classes[label], split=str(split))
        for row, (sha256, label, split) in enumerate(zip(features.ids, features.y, features.split, strict=True))
    ]
    return check_labels(features, photos)


def test_labels_that_were_changed_are_found():
    features = make_features((60, 60, 60), d=24, spread=0.8)
    rng = np.random.default_rng(1)
    wrong = rng.choice(len(features.y), 12, replace=False)
    y = features.y.copy()
    y[wrong] = (y[wrong] + 1) % 3
    check = checked(dataclasses.replace(features, y=y))
    listed = {suspect.photo.index for suspect in check.suspects}
    assert listed <= set(wrong)
    assert check.count == len(listed) >= 9
    for suspect in check.suspects:
        row = suspect.photo.index
        given, suggested = (features.classes[label] for label in (y[row], features.y[row]))
        assert (suspect.photo.class_name, suspect.suggested) == (given, suggested)
        assert suspect.p_suggested > suspect.p_given
    doubts = [suspect.p_wrong for suspect in check.suspects]
    assert doubts == sorted(doubts, reverse=True)
    assert check.expected == pytest.approx(sum(doubts), abs=0.01)
    assert 0.03 < check.share_wrong < 0.1  # 12 of 216


def test_the_probe_is_judged_on_photos_it_has_not_seen():
    """Labels without any meaning: a probe that saw its own photos would be far better than chance."""
    features = make_features((60, 60), d=100)
    y = np.random.default_rng(0).integers(0, 2, len(features.y))
    check = checked(dataclasses.replace(features, y=y))
    assert check.accuracy_ci[0] < 0.5 < check.accuracy_ci[1]
    assert not check.able
    assert (check.count, check.suspects) == (0, ())
    right = round(check.accuracy * check.n)
    assert check.accuracy_ci == wilson(right, check.n)


def test_every_row_has_probabilities_by_a_probe_without_it():
    features = make_features((20, 20), d=8)
    proba, folds = out_of_fold(features, ProbeConfig(), silent)
    assert proba.sum(axis=1) == pytest.approx(np.ones(len(features.y)), abs=1e-5)
    assert folds == 5


def test_copies_never_judge_each_other():
    """Every photo is there twice with meaningless labels: with copies on both sides of a fold all would be known."""
    single = make_features((40, 40), d=200, val=0, test=0)
    y = np.random.default_rng(0).integers(0, 2, len(single.y))
    double = dataclasses.replace(single, y=y).at(np.repeat(np.arange(len(y)), 2))
    assert checked(double).accuracy < 0.7


def test_too_few_photos_are_refused_in_words():
    with pytest.raises(ProbeError, match="at least 2"):
        checked(make_features((1, 20), val=0, test=0))
