import dataclasses

import numpy as np

from core.evaluation.intervals import wilson
from core.health.leaks import find_leaks
from tests.probing.conftest import make_features


def with_kin(features, pairs):
    """Every row its own group, but for the pairs of rows named."""
    groups = np.arange(len(features.y))
    for one, other in pairs:
        groups[other] = groups[one]
    return dataclasses.replace(features, groups=groups)


def test_the_accuracy_without_leaked_photos_is_told():
    features = make_features((30, 30), spread=3.0, test=20)
    train, test = (np.flatnonzero(features.split == split) for split in ("train", "test"))
    features.X[test[:10]] = features.X[train[:10]]
    features.y[test[:10]] = features.y[train[:10]]
    (leak,) = find_leaks(with_kin(features, zip(train[:10], test[:10], strict=True)))
    assert (leak.split, leak.leaked, leak.with_leak.n, leak.without_leak.n) == ("test", 10, 40, 30)
    assert leak.with_leak.interval == wilson(round(leak.with_leak.value * 40), 40)
    assert leak.with_leak.value > leak.without_leak.value  # what was learned by heart flatters


def test_a_split_that_leaks_wholly_has_nothing_to_judge_it_on():
    features = make_features((10, 10), val=0, test=2)
    train, test = (np.flatnonzero(features.split == split) for split in ("train", "test"))
    (leak,) = find_leaks(with_kin(features, [(train[0], row) for row in test]))
    assert leak.leaked == 4
    assert leak.without_leak is None


def test_splits_that_do_not_leak_are_not_told():
    assert find_leaks(with_kin(make_features(), [])) == ()
