"""The two best networks side by side are a candidate like any other."""

import dataclasses

import numpy as np
import pytest

from core.models.runs import load_run
from core.probing.comparison.candidates import best_pair
from core.probing.comparison.compare import compare
from core.probing.probes.probe import ProbeConfig, fit_rows
from core.progress import Progress
from tests.probing.conftest import make_features, make_result
from tests.steps import works

CONFIG = ProbeConfig(c=0.01)
PAIR = "resnet18+resnet34"


@pytest.fixture
def three():
    """Features by two networks, each with half of the columns, and by the floor with all of them."""
    whole = make_features((30, 25, 20), spread=3.0)
    left = dataclasses.replace(whole, X=whole.X[:, :6], backbone="resnet18", images_per_s=100.0)
    right = dataclasses.replace(whole, X=whole.X[:, 6:], backbone="resnet34", images_per_s=25.0)
    return [whole, left, right]


def test_the_two_best_networks_are_compared_side_by_side(three):
    comparison = compare(three, CONFIG, pair=True)
    pair = comparison.results[-1]
    assert pair.backbone == PAIR  # the floor is in no pair
    assert (pair.feature_dim, pair.images_per_s) == (12, pytest.approx(20))  # 10 ms and 40 ms
    assert pair.size_mb == pytest.approx(sum(result.size_mb for result in comparison.results[1:3]))
    assert pair.fold_accuracy == comparison.results[0].fold_accuracy  # it sees the very columns that the floor sees
    assert PAIR in {name for each in comparison.verdict.pairs for name in (each.a, each.b)}
    assert PAIR not in [result.backbone for result in compare(three, CONFIG).results]


def test_features_side_by_side_are_probed_inside_the_folds(three):
    pair = compare(three, CONFIG, pair=True).results[-1]
    X = np.hstack([each.of("train").X for each in three[1:]])
    y, fold = pair.held_out.y, pair.held_out.fold[1]
    probe = fit_rows(X[fold != 3], y[fold != 3], three[0].classes, CONFIG)
    assert pair.held_out.proba[1][fold == 3] == pytest.approx(probe.predict_proba(X[fold == 3]), abs=1e-6)


def test_a_pair_that_was_named_is_compared_once(three):
    named = dataclasses.replace(three[0], backbone=PAIR)
    comparison = compare([named, *three[1:]], CONFIG, pair=True)
    assert [result.backbone for result in comparison.results] == [PAIR, "resnet18", "resnet34"]


def test_one_network_has_no_pair(three):
    assert [result.backbone for result in compare(three[:2], CONFIG, pair=True).results] == ["pixels_16", "resnet18"]


def test_a_pair_is_made_of_single_networks():
    names = ("resnet18+resnet34", "vgg11@whole", "pixels_16", "vgg11", "resnet18")
    assert best_pair([make_result(name) for name in names]) == "vgg11+vgg11@whole"


def test_a_pair_is_kept_as_a_model_and_reported_as_others(three, tmp_path):
    steps: list[Progress] = []
    compare(three, [CONFIG, ProbeConfig("nearest_mean")], steps.append, folder=tmp_path, pair=True)
    for folder, probe in ((PAIR, "logistic"), (f"{PAIR}.nearest_mean", "nearest_mean")):
        run = load_run(tmp_path / "probes" / folder)
        assert (run.backbone, run.method) == (PAIR, probe)
    assert [step.data["result"] for step in steps if "result" in step.data][-1] == {
        "backbone": PAIR, "probe": "nearest_mean",
    }  # fmt: skip
    assert works(steps)[-4:] == [
        f"{what}/{probe}/{PAIR}" for probe in ("logistic", "nearest_mean") for what in ("probe", "fit")
    ]
    planned = next(step for step in steps if step.stage == "resnet18")
    assert f"probe/logistic/{PAIR}" in [phase.work for phase in planned.ahead]
    assert (steps[-1].share, steps[-1].ahead) == (1, ())
