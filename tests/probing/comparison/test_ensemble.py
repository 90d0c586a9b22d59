import dataclasses

import numpy as np
import pytest

from core.probing.comparison.compare import compare
from core.probing.comparison.ensemble import ensembles, probe_concatenated, two_best
from core.probing.probes.probe import ProbeConfig, fit_rows
from tests.probing.conftest import make_features


@pytest.fixture
def three():
    """Features by two networks, each with half of the columns, and by the floor with all of them."""
    whole = make_features((30, 25, 20), spread=3.0)
    left = dataclasses.replace(whole, X=whole.X[:, :6], backbone="resnet18", images_per_s=100.0)
    right = dataclasses.replace(whole, X=whole.X[:, 6:], backbone="resnet34", images_per_s=25.0)
    return [whole, left, right]


def test_the_two_best_networks_together(three):
    comparison = compare(three)
    members = two_best(comparison.results)
    assert {member.backbone for member in members} == {"resnet18", "resnet34"}  # the floor is no member
    features = [next(each for each in three if each.backbone == member.backbone) for member in members]
    concatenated, averaged = ensembles(members, probe_concatenated(members, features, ProbeConfig()))
    assert concatenated.members == tuple(member.backbone for member in members)
    assert concatenated.result.backbone == " + ".join(concatenated.members)
    assert concatenated.result.feature_dim == 12
    assert concatenated.result.images_per_s == pytest.approx(20)  # 10 ms and 40 ms
    assert concatenated.result.size_mb == pytest.approx(sum(member.size_mb for member in members))
    assert concatenated.against_best.a == concatenated.result.backbone
    assert concatenated.against_best.b == members[0].backbone
    assert concatenated.against_best.diff == pytest.approx(concatenated.result.accuracy_mean - members[0].accuracy_mean)
    assert concatenated.result.held_out.like(members[0].held_out)
    assert averaged.result.oof.proba == pytest.approx((members[0].oof.proba + members[1].oof.proba) / 2)


def test_concatenated_features_are_probed_inside_the_folds(three):
    comparison = compare(three)
    members = two_best(comparison.results)
    features = [next(each for each in three if each.backbone == member.backbone) for member in members]
    concatenated = probe_concatenated(members, features, ProbeConfig())
    X = np.hstack([each.of("train").X for each in features])
    y, fold = concatenated.held_out.y, concatenated.held_out.fold[1]
    probe = fit_rows(X[fold != 3], y[fold != 3], features[0].classes, ProbeConfig())
    assert concatenated.held_out.proba[1][fold == 3] == pytest.approx(probe.predict_proba(X[fold == 3]), abs=1e-6)


def test_one_network_has_no_ensemble(three):
    assert two_best(compare(three[:2]).results) == ()
