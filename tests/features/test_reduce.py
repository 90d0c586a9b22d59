import numpy as np
import pytest
from sklearn.datasets import make_blobs

from core.errors import ProbeError
from core.features.features import Features
from core.features.reduce import Reduction, parse, truncated
from tests.features.vectors import features


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
        ("64 whiten", Reduction("pca", 64, whiten=True)),
        ("95%  Whiten", Reduction("pca", 0.95, whiten=True)),
        ("LDA", Reduction("lda")),
        ("lda 5", Reduction("lda", 5)),
    ],
)
def test_what_a_user_writes(text: str, expected: Reduction) -> None:
    assert parse(text) == expected
    assert parse(str(expected)) == expected


@pytest.mark.parametrize(
    "text",
    ["0", "-3", "1.0", "1.5", "0.0", "many", "nan", "inf", "64.0", "100%", "6 4", "whiten", "64 white", "64 whiten 2",
     "none 3", "lda 0", "lda -1", "lda 0.5", "lda 5 whiten", "5 lda"],
)  # fmt: skip
def test_what_cannot_be_is_refused(text: str) -> None:
    with pytest.raises(ProbeError, match="number of components"):
        parse(text)


@pytest.mark.parametrize(
    ("parts", "message"), [(("ica", 2), "'ica'"), (("lda", 2, True), "Only PCA"), (("lda", 0.5), "lda")]
)
def test_what_is_no_reduction_is_refused(parts: tuple, message: str) -> None:
    with pytest.raises(ProbeError, match=message):
        Reduction(*parts)


def test_a_share_of_variance_keeps_no_more_than_it_needs() -> None:
    data = blobs()
    assert parse("").fit(data.X, data.y) is None
    assert parse("5").fit(data.X, data.y).transform(data.X).shape == (120, 5)
    kept = parse("0.9").fit(data.X, data.y).explained_variance_ratio_
    assert kept.sum() >= 0.9 > kept[:-1].sum()


@pytest.mark.parametrize("n", [15, 120])
def test_pca_is_what_a_singular_value_decomposition_gives(n: int) -> None:
    X = blobs().X[:n]
    centred = X.astype(np.float64) - X.mean(axis=0, dtype=np.float64)
    naive = np.abs(np.linalg.svd(centred)[2][:3])
    pca = parse("3").fit(X, np.zeros(n))
    assert np.abs(pca.components_) == pytest.approx(naive, abs=1e-6)


def test_whitened_components_have_the_same_variance() -> None:
    data = blobs()
    Z = parse("6 whiten").fit(data.X, data.y).transform(data.X)
    assert np.cov(Z.T) == pytest.approx(np.eye(6), abs=1e-5)


def test_whitening_leaves_out_directions_without_variance() -> None:
    """Five rows span four directions, and copies of columns none of their own; whitening would blow up rounding."""
    rng = np.random.default_rng(0)
    X = rng.normal(size=(5, 20)).astype(np.float32)
    assert parse("20 whiten").fit(X, np.zeros(5)).transform(X).shape == (5, 4)
    narrow = rng.normal(size=(60, 3)).astype(np.float32)
    copies = np.hstack([narrow, narrow])
    Z = parse("6 whiten").fit(copies, np.zeros(60)).transform(copies)
    assert Z.shape == (60, 3)
    assert np.abs(Z).max() < 5


def test_a_narrower_pca_is_the_start_of_a_wider_one() -> None:
    data = blobs()
    wide, narrow = (Reduction("pca", n).fit(data.X, data.y) for n in (12, 4))
    cut = truncated(wide, 4)
    assert np.abs(cut.transform(data.X)) == pytest.approx(np.abs(narrow.transform(data.X)), abs=1e-5)
    assert wide.transform(data.X).shape == (120, 12)  # the wider one is as it was


def test_lda_keeps_at_most_one_less_than_the_classes_and_tells_them_apart() -> None:
    data = blobs()
    assert parse("lda 5").fit(data.X, data.y).transform(data.X).shape == (120, 2)
    assert parse("lda 1").fit(data.X, data.y).transform(data.X).shape == (120, 1)
    Z = parse("lda").fit(data.X, data.y).transform(data.X)
    within = np.mean([Z[data.y == k].var(axis=0) for k in range(3)], axis=0)
    assert (Z.var(axis=0) > 10 * within).all()


def test_lda_of_rows_without_spread_is_an_error_with_a_remedy() -> None:
    with pytest.raises(ProbeError, match=r"no spread.*Reduce by PCA"):
        parse("lda").fit(np.zeros((6, 3), np.float32), np.array([0, 0, 0, 1, 1, 1]))


def test_more_components_than_there_can_be_are_all() -> None:
    data = blobs(12)
    assert parse("50").fit(data.X, data.y).transform(data.X).shape == (12, 12)
