"""Features of made-up images: each class is a cloud around its own centre."""

import numpy as np
import pytest

from core.features.features import Features
from core.probing.crossval.crossval import ProbeResult
from core.probing.crossval.heldout import HeldOut


def make_features(
    per_class=(20, 20, 20), d=12, *, spread=1.0, seed=0, val=6, test=6, backbone="pixels_16", classes=None
):
    rng = np.random.default_rng(seed)
    c = len(per_class)
    centres = rng.normal(size=(c, d)) * 1.5
    y, split = [], []
    for k, n in enumerate(per_class):
        y += [k] * (n + val + test)
        split += ["train"] * n + ["val"] * val + ["test"] * test
    y = np.array(y)
    X = (centres[y] + rng.normal(size=(len(y), d)) * spread).astype(np.float32) * 3 + 5
    order = rng.permutation(len(y))
    ids = tuple(f"{seed:02d}{row:060d}" for row in range(len(y)))
    return Features(
        X=X[order],
        y=y[order],
        ids=ids,
        split=np.array(split)[order],
        classes=classes or tuple("abcdefghij"[:c] if c <= 10 else (f"class {k}" for k in range(c))),
        backbone=backbone,
        dataset_id="d1",
        dataset_name="clouds",
        fingerprint="f1",
        images_per_s=50.0,
        from_store=0,
    )


def make_result(
    backbone="resnet18", right=90, n=100, *, probe="logistic", folds=5, images_per_s=50.0, size_mb=44.0, notes=()
):
    """A result of two classes with `right` of n images right, shared out over the folds as evenly as can be."""
    y = np.arange(n) % 2
    predicted = np.where(np.arange(n) < right, y, 1 - y)
    proba = np.where(np.eye(2, dtype=bool)[predicted], 0.8, 0.2).astype(np.float32)[None]
    held = HeldOut(("a", "b"), y, tuple(map(str, range(n))), np.arange(n)[None] % folds, proba)
    return ProbeResult(backbone, probe, 512, images_per_s, size_mb, 1.0, held, notes=notes)


@pytest.fixture
def features():
    return make_features()
