"""Two-dimensional maps of features, and the photos that a backbone finds most alike."""

from __future__ import annotations

import math
import warnings
from collections import Counter
from collections.abc import Sequence
from importlib import import_module
from importlib.util import find_spec
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from core.errors import FeatureError
from core.i18n import gettext as _
from core.i18n import ngettext

if TYPE_CHECKING:
    from core.features.features import Features

MAP_METHODS = ("pca", "tsne", "umap")
MAP_POINTS = 2000
NEIGHBOURS = 5
UMAP_INSTALL = "pip install umap-learn"
_NARROW = 50
_TSNE_PERPLEXITY = 30.0
_UMAP_NEIGHBOURS = 15
_LEAST = 4  # fewer points than this have no neighbourhoods to speak of
_CHUNK = 256


def has_umap() -> bool:
    """Whether UMAP, an optional install, is on this machine; it is not loaded to find out."""
    try:
        return find_spec("umap") is not None
    except ValueError:  # a module called umap that was not loaded from a file
        return False


def check(method: str) -> None:
    """Makes sure that a map can be made by a method on this machine.

    Raises:
        FeatureError: there is no such method, or it is not installed.
    """
    if method not in MAP_METHODS:
        known = ", ".join(MAP_METHODS)
        raise FeatureError(_("There is no map '{method}'; choose one of: {known}.").format(method=method, known=known))
    if method == "umap" and not has_umap():
        raise FeatureError(_("UMAP is not installed here. `{command}` installs it.").format(command=UMAP_INSTALL))


def sample_for_map(features: Features, seed: int = 0, most: int = MAP_POINTS) -> tuple[Features, str]:
    """At most `most` rows for a map, chosen at random, and a sentence that says so ("" where all are kept)."""
    n = len(features.ids)
    if n <= most:
        return features, ""
    rows = np.sort(np.random.default_rng(seed).choice(n, most, replace=False))
    return features.at(rows), _("The map shows {most} of {n} photos, chosen at random.").format(most=most, n=n)


def embedding_map(features: Features, method: str = "pca", seed: int = 0) -> NDArray[np.float32]:
    """Each row's position on a two-dimensional map, of shape (n, 2), from standardised features.

    "pca" keeps large distances; "tsne" keeps neighbours (van der Maaten & Hinton, JMLR 9, 2008; Barnes-Hut), and so
    does "umap" (McInnes, Healy & Melville 2018), an optional install. Both work on at most 50 principal components,
    begin with the first two, and take minutes above a few thousand rows: see `sample_for_map`. The map is for looking
    at, and depends on every row in it; no number is computed from it.

    Raises:
        FeatureError: there is no such method, it is not installed, or there is no image.
    """
    check(method)
    if not len(features.X):
        raise FeatureError(_("There is no photo to draw a map of."))
    centred = _standardised(features.X)
    if method == "pca" or len(centred) < _LEAST:
        return np.asarray(_principal(centred, 2, seed), dtype=np.float32)
    reduced = _principal(centred, min(_NARROW, *centred.shape), seed)
    if not reduced.any():
        return np.zeros((len(centred), 2), np.float32)  # all images are alike
    first_two = _principal(centred, 2, seed)
    positions = (_tsne if method == "tsne" else _umap)(reduced, first_two, seed)
    return np.asarray(positions if math.isfinite(float(np.abs(positions).sum())) else first_two, dtype=np.float32)


def _standardised(X: NDArray[np.float32]) -> NDArray[np.float64]:
    values = X.astype(np.float64)
    values -= values.mean(axis=0)
    spread = values.std(axis=0)
    return np.asarray(values / np.where(spread > 1e-12, spread, 1.0))


def _principal(centred: NDArray[np.float64], width: int, seed: int) -> NDArray[np.float64]:
    """The first `width` principal components, (n, width); columns beyond those that exist are zero."""
    from sklearn.decomposition import PCA

    possible = min(width, *centred.shape)
    components = np.zeros((len(centred), width))
    if len(centred) > 1 and centred.any():
        components[:, :possible] = PCA(possible, random_state=seed).fit_transform(centred)
    return components


def _tsne(reduced: NDArray[np.float64], first_two: NDArray[np.float64], seed: int) -> NDArray[np.float64]:
    from sklearn.manifold import TSNE

    start = first_two / max(float(first_two[:, 0].std()), 1e-12) * 1e-4
    perplexity = min(_TSNE_PERPLEXITY, (len(reduced) - 1) / 3)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", category=RuntimeWarning)  # images that are exactly alike divide by zero inside
        return np.asarray(TSNE(2, perplexity=perplexity, init=start, random_state=seed).fit_transform(reduced))


def _umap(reduced: NDArray[np.float64], first_two: NDArray[np.float64], seed: int) -> NDArray[np.float64]:
    start = (10 * first_two / max(float(np.abs(first_two).max()), 1e-12)).astype(np.float32)
    neighbours = min(_UMAP_NEIGHBOURS, len(reduced) - 1)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # its libraries warn about themselves
        umap = import_module("umap").UMAP(n_neighbors=neighbours, init=start, random_state=seed, n_jobs=1)
        return np.asarray(umap.fit_transform(reduced.astype(np.float32)))


def nearest(photos: Features, among: Features, k: int = NEIGHBOURS) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    """The k photos that are most like each photo, by the cosine of their whole features, the most alike first.

    A photo's own copies are not among its neighbours, and of any other photo's copies only one is. Where there are
    fewer photos than that, there are fewer columns.

    Args:
        photos: the n photos whose neighbours are wanted.
        among: the photos that may be neighbours, by the same backbone.
        k: how many for each.

    Returns:
        (n, k) rows of `among`, and (n, k) cosines.
    """
    first_row_of = {id_: row for row, id_ in reversed(list(enumerate(among.ids)))}
    unique_rows = np.array(sorted(first_row_of.values()), dtype=np.int64)
    column = {among.ids[row]: position for position, row in enumerate(unique_rows)}
    own_column = np.array([column.get(id_, -1) for id_ in photos.ids])
    k = max(min(k, len(unique_rows) - 1), 0)
    rows, cosines = np.zeros((len(photos.ids), k), np.int64), np.zeros((len(photos.ids), k), np.float32)
    directions, candidates = _directions(photos.X), _directions(among.X[unique_rows])
    for start in range(0, len(photos.ids) if k else 0, _CHUNK):
        chunk = slice(start, start + _CHUNK)
        similarity = directions[chunk] @ candidates.T
        own_rows = np.flatnonzero(own_column[chunk] >= 0)
        similarity[own_rows, own_column[chunk][own_rows]] = -np.inf
        best = np.argsort(-similarity, axis=1, kind="stable")[:, :k]
        rows[chunk], cosines[chunk] = unique_rows[best], np.take_along_axis(similarity, best, axis=1)
    return rows, cosines


def _directions(X: NDArray[np.float32]) -> NDArray[np.float32]:
    lengths = np.linalg.norm(X, axis=1, keepdims=True)
    return np.asarray(X / np.where(lengths > 0, lengths, 1), dtype=np.float32)


def neighbours_in_words(label: int, neighbours: Sequence[int], classes: Sequence[str]) -> str:
    """A sentence that compares a photo's class with those of its nearest neighbours; "" where there are none.

    Args:
        label: the photo's class.
        neighbours: the neighbours' classes.
        classes: the class names.
    """
    if not neighbours:
        return ""
    other_classes = Counter(neighbour for neighbour in neighbours if neighbour != label)
    if not other_classes:
        return _("All {n} nearest photos are of its class.").format(n=len(neighbours))
    commonest, count = other_classes.most_common(1)[0]
    facts = {"count": count, "n": len(neighbours), "name": classes[commonest]}
    if count * 2 > len(neighbours):
        return _("{count} of {n} nearest photos are of the class '{name}': is this photo labelled rightly?").format(
            **facts
        )
    message = ngettext(
        "{others} of {n} nearest photos is of another class.",
        "{others} of {n} nearest photos are of other classes.",
        other_classes.total(),
    )
    return message.format(others=other_classes.total(), n=len(neighbours))
