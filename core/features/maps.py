"""Flat maps of features, to look at."""

from __future__ import annotations

import math
import warnings
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from core.errors import FeatureError
from core.i18n import gettext as _

if TYPE_CHECKING:
    from core.features.extract import Features

MAP_METHODS = ("pca", "tsne")
MAP_POINTS = 2000
_TSNE_INPUT = 50
_TSNE_PERPLEXITY = 30.0


def sample_for_map(features: Features, seed: int = 0, most: int = MAP_POINTS) -> tuple[Features, str]:
    """At most `most` rows for a map, chosen at random, and a sentence that says so ("" where all are kept)."""
    n = len(features.ids)
    if n <= most:
        return features, ""
    rows = np.sort(np.random.default_rng(seed).choice(n, most, replace=False))
    return features.at(rows), _("The map shows {most} of {n} images, chosen at random.").format(most=most, n=n)


def embedding_map(features: Features, method: str = "pca", seed: int = 0) -> NDArray[np.float32]:
    """Each row's place on a flat map, of shape (n, 2), from standardised features.

    "pca" keeps large distances; "tsne" keeps neighbours (van der Maaten & Hinton 2008, Barnes-Hut, started from the
    first two principal components, on at most 50 of them). t-SNE takes minutes above a few thousand rows: see
    `sample_for_map`. The map is for looking at, and depends on every row in it; no number is computed from it.

    Raises:
        FeatureError: there is no such method, or no image.
    """
    if method not in MAP_METHODS:
        known = ", ".join(MAP_METHODS)
        raise FeatureError(_("There is no map '{method}'; choose one of: {known}.").format(method=method, known=known))
    if not len(features.X):
        raise FeatureError(_("There is no image to draw a map of."))
    centred = _standardised(features.X)
    places = _tsne(centred, seed) if method == "tsne" and len(centred) > 3 else _principal(centred, 2, seed)
    return np.asarray(places, dtype=np.float32)


def _standardised(X: NDArray[np.float32]) -> NDArray[np.float64]:
    values = X.astype(np.float64)
    values -= values.mean(axis=0)
    spread = values.std(axis=0)
    return np.asarray(values / np.where(spread > 1e-12, spread, 1.0))


def _principal(centred: NDArray[np.float64], width: int, seed: int) -> NDArray[np.float64]:
    """The first `width` principal components, (n, width); columns that cannot be are zero."""
    from sklearn.decomposition import PCA

    held = min(width, *centred.shape)
    found = np.zeros((len(centred), width))
    if len(centred) > 1 and centred.any():
        found[:, :held] = PCA(held, random_state=seed).fit_transform(centred)
    return found


def _tsne(centred: NDArray[np.float64], seed: int) -> NDArray[np.float64]:
    from sklearn.manifold import TSNE

    narrow = _principal(centred, min(_TSNE_INPUT, *centred.shape), seed)
    if not narrow.any():
        return np.zeros((len(centred), 2))  # all images are alike
    flat = _principal(centred, 2, seed)
    start = flat / max(float(flat[:, 0].std()), 1e-12) * 1e-4
    perplexity = min(_TSNE_PERPLEXITY, (len(centred) - 1) / 3)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", category=RuntimeWarning)  # images that are exactly alike divide by zero inside
        places = TSNE(2, perplexity=perplexity, init=start, random_state=seed).fit_transform(narrow)
    return np.asarray(places if math.isfinite(float(np.abs(places).sum())) else flat)
