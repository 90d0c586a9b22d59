import numpy as np
import pytest
from sklearn.datasets import make_blobs
from sklearn.neighbors import NearestNeighbors

from core.errors import FeatureError
from core.features.extract import Features
from core.features.maps import embedding_map, sample_for_map


def features(X: np.ndarray, y: np.ndarray | None = None) -> Features:
    n = len(X)
    labels = np.zeros(n, np.int64) if y is None else y.astype(np.int64)
    ids = tuple(f"{i:04d}" for i in range(n))
    return Features(X.astype(np.float32), labels, ids, np.array(["train"] * n), ("a", "b", "c"), "b", "", "", "")


def blobs(n: int = 120, d: int = 20) -> Features:
    return features(*make_blobs(n, d, centers=3, cluster_std=1.0, random_state=0))


@pytest.mark.parametrize("method", ["pca", "tsne"])
def test_a_map_keeps_clumps_together_and_is_the_same_again(method: str) -> None:
    data = blobs()
    xy = embedding_map(data, method, seed=3)
    assert xy.shape == (120, 2)
    assert xy.dtype == np.float32
    near = NearestNeighbors(n_neighbors=2).fit(xy).kneighbors(xy, return_distance=False)[:, 1]
    assert (data.y[near] == data.y).mean() > 0.95
    np.testing.assert_allclose(embedding_map(data, method, seed=3), xy, atol=1e-5)


@pytest.mark.parametrize("method", ["pca", "tsne"])
@pytest.mark.parametrize("n", [1, 2, 3, 4, 5, 12])
def test_few_images(method: str, n: int) -> None:
    xy = embedding_map(features(np.random.default_rng(0).normal(size=(n, 6))), method)
    assert xy.shape == (n, 2)
    assert np.isfinite(xy).all()


@pytest.mark.parametrize("method", ["pca", "tsne"])
def test_images_that_are_all_alike(method: str) -> None:
    xy = embedding_map(features(np.ones((20, 6))), method)
    assert np.isfinite(xy).all()


@pytest.mark.parametrize("method", ["pca", "tsne"])
def test_a_single_feature(method: str) -> None:
    xy = embedding_map(features(np.arange(30.0)[:, None]), method)
    assert xy.shape == (30, 2)
    assert np.isfinite(xy).all()


def test_no_images_and_no_method() -> None:
    with pytest.raises(FeatureError, match="no image"):
        embedding_map(features(np.zeros((0, 6))))
    with pytest.raises(FeatureError, match="'umap'"):
        embedding_map(blobs(), "umap")


def test_a_large_map_is_a_sample_and_says_so() -> None:
    data = blobs(300)
    assert sample_for_map(data, most=300) == (data, "")
    few, said = sample_for_map(data, seed=1, most=50)
    assert "50 of 300" in said
    assert few.X.shape == (50, 20)
    assert list(few.ids) == sorted(few.ids)
    assert few.ids == sample_for_map(data, seed=1, most=50)[0].ids != sample_for_map(data, seed=2, most=50)[0].ids
    rows = [int(id_) for id_ in few.ids]
    np.testing.assert_array_equal(few.X, data.X[rows])
    np.testing.assert_array_equal(few.y, data.y[rows])
