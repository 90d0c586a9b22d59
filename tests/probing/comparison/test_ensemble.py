import dataclasses

import numpy as np
import pytest

from core.probing.comparison.compare import compare
from core.probing.comparison.ensemble import ensembles, probe_concatenated, two_best
from core.probing.probes.probe import ProbeConfig, fit_rows
from tests.probing.conftest import make_features


@pytest.fixture
def three():
    """Two networks that each see half of what there is, and the floor, which sees it all."""
    whole = make_features((30, 25, 20), spread=3.0)
    left = dataclasses.replace(whole, X=whole.X[:, :6], backbone="resnet18", images_per_s=100.0)
    right = dataclasses.replace(whole, X=whole.X[:, 6:], backbone="resnet34", images_per_s=25.0)
    return [whole, left, right]


def test_the_two_best_networks_together(three):
    comparison = compare(three)
    members = two_best(comparison.results)
    assert {member.backbone for member in members} == {"resnet18", "resnet34"}  # the floor is no member
    features = [next(one for one in three if one.backbone == member.backbone) for member in members]
    beside, mean = ensembles(members, probe_concatenated(members, features, ProbeConfig()))
    assert beside.members == tuple(member.backbone for member in members)
    assert beside.result.backbone == " + ".join(beside.members)
    assert beside.result.feature_dim == 12
    assert beside.result.images_per_s == pytest.approx(20)  # 10 ms and 40 ms
    assert beside.result.size_mb == pytest.approx(sum(member.size_mb for member in members))
    assert beside.against_best.a == beside.result.backbone
    assert beside.against_best.b == members[0].backbone
    assert beside.against_best.diff == pytest.approx(beside.result.accuracy_mean - members[0].accuracy_mean)
    assert beside.result.held_out.like(members[0].held_out)
    assert mean.result.oof.proba == pytest.approx((members[0].oof.proba + members[1].oof.proba) / 2)


def test_features_beside_each_other_are_probed_inside_the_folds(three):
    comparison = compare(three)
    members = two_best(comparison.results)
    features = [next(one for one in three if one.backbone == member.backbone) for member in members]
    beside = probe_concatenated(members, features, ProbeConfig())
    X = np.hstack([one.of("train").X for one in features])
    y, fold = beside.held_out.y, beside.held_out.fold[1]
    probe = fit_rows(X[fold != 3], y[fold != 3], features[0].classes, ProbeConfig())
    assert beside.held_out.proba[1][fold == 3] == pytest.approx(probe.predict_proba(X[fold == 3]), abs=1e-6)


def test_one_network_has_no_ensemble(three):
    assert two_best(compare(three[:2]).results) == ()
