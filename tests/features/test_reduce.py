import numpy as np
import pytest
from sklearn.datasets import make_blobs

from core.errors import ProbeError
from core.features.extract import Features
from core.features.reduce import Reduction, parse


def features(X: np.ndarray, y: np.ndarray | None = None) -> Features:
    n = len(X)
    labels = np.zeros(n, np.int64) if y is None else y.astype(np.int64)
    ids = tuple(f"{i:04d}" for i in range(n))
    return Features(X.astype(np.float32), labels, ids, np.array(["train"] * n), ("a", "b", "c"), "b", "", "", "")


def blobs(n: int = 120, d: int = 20) -> Features:
    return features(*make_blobs(n, d, centers=3, cluster_std=1.0, random_state=0))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", Reduction()),
        (" none ", Reduction()),
        ("64", Reduction("pca", 64)),
        ("0.95", Reduction("pca", 0.95)),
        ("95%", Reduction("pca", 0.95)),
        (" 1 ", Reduction("pca", 1)),
    ],
)
def test_what_a_user_writes(text: str, expected: Reduction) -> None:
    assert parse(text) == expected
    assert parse(str(expected)) == expected


@pytest.mark.parametrize("text", ["0", "-3", "1.0", "1.5", "0.0", "many", "nan", "inf", "64.0", "100%", "6 4"])
def test_what_cannot_be_is_refused(text: str) -> None:
    with pytest.raises(ProbeError, match="number of components"):
        parse(text)


def test_an_unknown_kind_is_refused() -> None:
    with pytest.raises(ProbeError, match="'lda'"):
        Reduction("lda", 2)


def test_steps() -> None:
    X = blobs().X
    assert parse("").step() is None
    assert parse("5").step().fit_transform(X).shape == (120, 5)
    step = parse("0.9").step().fit(X)
    kept = step.explained_variance_ratio_
    assert kept.sum() >= 0.9 > kept[:-1].sum()


def test_more_components_than_there_can_be() -> None:
    parse("20").check(120, 20)
    parse("0.99").check(3, 2)
    parse("").check(1, 1)
    with pytest.raises(ProbeError, match="at most 12"):
        parse("20").check(12, 384)
