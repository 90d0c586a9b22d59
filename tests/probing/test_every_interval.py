"""Every estimate that Graft reports lies in its interval: in every document, on data that make that hard."""

import dataclasses

import numpy as np
import pytest

from core.evaluation.metrics import evaluate
from core.evaluation.pairwise.difference import difference
from core.evaluation.pairwise.sidebyside import side_by_side
from core.probing.comparison.compare import compare
from core.probing.probes.probe import ProbeConfig
from core.probing.studies.components import probe_components
from core.probing.studies.curve import learning_curve
from tests.probing.conftest import make_features

# An interval's key, and the keys of what it may be the interval of, the first that is there.
ESTIMATES = {
    "accuracy_ci": ("accuracy_mean", "accuracy"),
    "macro_f1_ci": ("macro_f1_mean", "macro_f1"),
    "recall_ci": ("recall",),
    "same_ci": ("same",),
    "oracle_ci": ("oracle",),
    "kappa_ci": ("kappa",),
    "recall_interval": ("recall_diff",),
    "f1_interval": ("f1_diff",),
    "gain_interval": ("gain",),
    "interval": ("diff", "median", "recall", "accuracy"),
}


def intervals(document):
    """Every interval in a JSON document: its key, what it is about, and its ends."""
    if isinstance(document, list | tuple):
        for part in document:
            yield from intervals(part)
    if isinstance(document, dict):
        for key, value in document.items():
            if (key.endswith(("_ci", "interval"))) and value is not None:
                yield key, next(document[name] for name in ESTIMATES[key] if name in document), value
            else:
                yield from intervals(value)


def documents():
    """Every document with an interval: of 80 classes with 10 images each, and of fewer with more images."""
    config = ProbeConfig("nearest_mean", folds=6, repeats=2)
    many = [
        make_features((10,) * 80, 24, spread=1.2, val=0, test=0, backbone="graft_residual"),
        make_features((10,) * 80, 24, spread=3.0, val=0, test=0, backbone="pixels_16"),
    ]
    features = make_features((80, 60, 60), spread=5.0)
    grouped = [with_a_large_group_each_class(make_features((45, 56, 53), spread=3.0, val=0, test=0, seed=4))]
    comparison = compare(many, config)
    better, worse = (result.oof for result in comparison.results)
    yield "compare", comparison.as_json()
    yield "compare groups", compare(grouped, ProbeConfig(c=0.1, folds=5)).as_json()
    yield "components", probe_components(features, ProbeConfig("lda", folds=5, repeats=1)).as_json()
    yield "curve", learning_curve(features, ProbeConfig(c=0.01)).as_json()
    yield "evaluate", evaluate(better).as_json()
    yield "difference", difference("a", better, "b", worse).as_json()
    yield "side by side", side_by_side({"a": better, "b": worse}, "a", "b")


def with_a_large_group_each_class(features):
    """Folds differ much in size, as a part of each class can only be held out as a whole."""
    groups = np.arange(len(features.y))
    for label, images in enumerate((37, 35, 30)):
        groups[np.flatnonzero(features.y == label)[:images]] = -label
    return dataclasses.replace(features, groups=groups)


@pytest.fixture(scope="module")
def reported():
    return dict(documents())


def test_an_interval_holds_what_it_is_about(reported):
    outside = [
        (name, key, estimate, ends)
        for name, document in reported.items()
        for key, estimate, ends in intervals(document)
        if not ends[0] <= estimate <= ends[1]
    ]
    assert not outside


def test_every_document_has_intervals(reported):
    assert {name for name, document in reported.items() if not list(intervals(document))} == set()
