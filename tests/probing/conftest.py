"""Features of made-up images: each class is a cloud around its own centre."""

import numpy as np
import pytest

from core.features.features import Features


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
        classes=classes or tuple("abcdefghij"[:c]),
        backbone=backbone,
        dataset_id="d1",
        dataset_name="clouds",
        fingerprint="f1",
        images_per_s=50.0,
        from_store=0,
    )


@pytest.fixture
def features():
    return make_features()
