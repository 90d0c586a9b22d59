"""When a bundle's own program does not answer: just where Graft does not, by every rule and both measures."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from core.bundle.portable.doubts import Doubts, in_words
from core.evaluation.abstention.rule import Rule, decide
from core.strangers.fitting import fit_measure, fit_strangers
from core.strangers.store import as_bytes
from tests.strangers.test_detector import clouds

CLASSES = ["ant", "bee", "wasp"]
SHARES: dict[str, Any] = {"n": 9, "answered": 0.5, "answered_ci": (0.2, 0.8)}
RULES = {
    "threshold": Rule(kind="threshold", promised=0.1, threshold=0.6, **SHARES),
    "conformal": Rule(kind="conformal", promised=0.9, threshold=0.25, **SHARES),
    "costs": Rule(kind="costs", promised=0.3, costs=((0.0, 1.0, 5.0), (1.0, 0.0, 1.0), (2.0, 1.0, 0.0)), **SHARES),
    "none": None,
}


@pytest.mark.parametrize("method", ["knn", "mahalanobis"])
@pytest.mark.parametrize("kind", RULES)
def test_it_doubts_what_graft_doubts(kind: str, method: str):
    rule, (X, y) = RULES[kind], clouds(80)
    strangers = fit_strangers(fit_measure(method, X, y), clouds(40, seed=1)[0])
    manifest = {"classes": CLASSES, **({"abstention": rule.to_json()} if rule else {})}
    doubts = Doubts(manifest, as_bytes(strangers))
    rng = np.random.default_rng(0)
    features = np.vstack([clouds(40, seed=2)[0], rng.normal(0, 1, (20, 8)), np.zeros((1, 8))]).astype(np.float32)
    proba = rng.dirichlet(np.full(3, 0.5), len(features)).astype(np.float32)
    distances = strangers.distances(features)
    strange, nearer = strangers.are_strange(distances), strangers.percentiles(distances)
    assert set(strange.tolist()) == {True, False}
    for row, (shares, own) in enumerate(zip(proba, features, strict=True)):
        told = doubts.of(shares, own)
        assert told["none_of_these"] == strange[row]
        assert told["distance_percentile"] == pytest.approx(nearer[row], abs=0.03)
        if rule is None:
            assert told["label"] == (None if strange[row] else CLASSES[int(shares.argmax())])
            continue
        decisions = decide(rule, shares[None])
        assert told["abstained"] == (not decisions.answered[0])
        assert decisions.gives_sets == ("set" in told) == (rule.kind == "conformal")
        assert told.get("set", []) == [
            CLASSES[k] for k in np.flatnonzero(decisions.possible[0]) if decisions.gives_sets
        ]
        refused = strange[row] or told["abstained"]
        assert told["label"] == (None if refused else CLASSES[int(decisions.labels[0])])


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({}, "bee 75.0 %"),
        ({"abstained": True}, "not sure: bee 75.0 %"),
        ({"abstained": True, "set": []}, "not sure: bee 75.0 %"),
        ({"abstained": True, "set": ["ant", "bee"]}, "not sure: ant or bee"),
        ({"abstained": False, "set": ["bee"], "label": "bee"}, "bee 75.0 %"),
        ({"none_of_these": True, "distance_percentile": 0.98}, "none of these (98 % of known photos are nearer)"),
    ],
)
def test_a_reader_is_told_in_one_line(more, words):
    assert in_words({"proba": {"ant": 0.25, "bee": 0.75}, **more}) == words


def test_where_nothing_is_known_nothing_is_said():
    assert Doubts({"classes": CLASSES}, None).of(np.array([0.1, 0.2, 0.7]), np.ones(8)) == {}
