import dataclasses
import sys
from pathlib import Path

import numpy as np
import pytest
from sklearn.datasets import make_blobs
from sklearn.neighbors import NearestNeighbors

from core.errors import FeatureError
from core.features.features import Features
from core.features.maps import embedding_map, has_umap, nearest, neighbours_in_words, sample_for_map
from tests.features.vectors import features


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
    with pytest.raises(FeatureError, match="no photo"):
        embedding_map(features(np.zeros((0, 6))))
    with pytest.raises(FeatureError, match="'lda'"):
        embedding_map(blobs(), "lda")


def test_a_large_map_is_a_sample_with_a_note() -> None:
    data = blobs(300)
    assert sample_for_map(data, most=300) == (data, "")
    sampled, note = sample_for_map(data, seed=1, most=50)
    assert "50 of 300" in note
    assert sampled.X.shape == (50, 20)
    assert list(sampled.ids) == sorted(sampled.ids)
    assert sampled.ids == sample_for_map(data, seed=1, most=50)[0].ids != sample_for_map(data, seed=2, most=50)[0].ids
    rows = [int(id_) for id_ in sampled.ids]
    np.testing.assert_array_equal(sampled.X, data.X[rows])
    np.testing.assert_array_equal(sampled.y, data.y[rows])


FAKE_UMAP = """
class UMAP:
    def __init__(self, **given):
        self.given = given

    def fit_transform(self, X):
        assert set(self.given) == {"n_neighbors", "init", "random_state", "n_jobs"}
        assert self.given["n_neighbors"] < len(X)
        return self.given["init"] * 2 + self.given["random_state"]
"""


@pytest.fixture
def umap(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A module that passes for umap-learn."""
    (tmp_path / "umap.py").write_text(FAKE_UMAP)
    monkeypatch.delitem(sys.modules, "umap", raising=False)
    monkeypatch.syspath_prepend(tmp_path)


@pytest.mark.usefixtures("umap")
@pytest.mark.parametrize("n", [1, 3, 4, 12, 40])
def test_umap_where_it_is_installed(n: int) -> None:
    data = features(np.random.default_rng(0).normal(size=(n, 6)))
    assert has_umap()
    xy = embedding_map(data, "umap", seed=3)
    assert xy.shape == (n, 2)
    assert xy.dtype == np.float32
    flat = embedding_map(data, "pca", seed=3)
    expected = 20 * flat / np.abs(flat).max() + 3 if n > 3 else flat
    np.testing.assert_allclose(xy, expected, atol=1e-4)
    sys.modules.pop("umap", None)


def test_umap_where_it_is_not_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("core.features.maps.find_spec", lambda _name: None)
    assert not has_umap()
    with pytest.raises(FeatureError, match="pip install umap-learn"):
        embedding_map(blobs(), "umap")


def naive_nearest(X: np.ndarray, ids: tuple[str, ...], row: int, k: int) -> list[int]:
    cosines = {}
    for candidate, id_ in enumerate(ids):
        if id_ != ids[row] and id_ not in ids[:candidate]:
            cosines[candidate] = X[row] @ X[candidate] / np.linalg.norm(X[row]) / np.linalg.norm(X[candidate])
    return sorted(cosines, key=lambda candidate: -cosines[candidate])[:k]


def test_neighbours_are_those_of_a_naive_search() -> None:
    data = blobs(300, 8)
    data = dataclasses.replace(data, ids=(*data.ids[:290], *data.ids[:10]))  # ten copies
    photos = data.at(np.array([3, 299, 7, 150]))
    rows, cosines = nearest(photos, data, k=5)
    assert rows.shape == cosines.shape == (4, 5)
    for neighbours, row in zip(rows, [3, 299, 7, 150], strict=True):
        assert neighbours.tolist() == naive_nearest(data.X.astype(np.float64), data.ids, row, 5)
    assert (np.diff(cosines, axis=1) <= 0).all()
    a, b = data.X[3].astype(np.float64), data.X[rows[0, 0]].astype(np.float64)
    assert cosines[0, 0] == pytest.approx(a @ b / np.linalg.norm(a) / np.linalg.norm(b), abs=1e-5)
    np.testing.assert_array_equal(nearest(data, data, 5)[0][[3, 299, 7, 150]], rows)


def test_few_photos_have_few_neighbours() -> None:
    data = features(np.eye(3))
    rows, _cosines = nearest(data, data, 5)
    assert rows.shape == (3, 2)
    assert [set(neighbours) for neighbours in rows.tolist()] == [{1, 2}, {0, 2}, {0, 1}]
    alone = data.at(np.array([0]))
    assert nearest(alone, alone)[0].shape == (1, 0)


def test_a_photo_without_features_is_like_no_other() -> None:
    data = features(np.array([[0.0, 0.0], [1.0, 0.0], [2.0, 0.1]]))
    rows, cosines = nearest(data, data, 1)
    assert rows[1:, 0].tolist() == [2, 1]
    assert cosines[0, 0] == 0


@pytest.mark.parametrize(
    ("near", "words"),
    [
        ([0, 0, 0], "All 3 nearest photos are of its class."),
        ([1, 1, 1, 0, 2], "3 of 5 nearest photos are of the class 'dog': is this photo labelled rightly?"),
        ([1, 0, 0, 0, 0], "1 of 5 nearest photos is of another class."),
        ([1, 1, 2, 2, 0], "4 of 5 nearest photos are of other classes."),
        ([], ""),
    ],
)
def test_what_neighbours_say_about_a_label(near: list[int], words: str) -> None:
    assert neighbours_in_words(0, near, ("cat", "dog", "owl")) == words
