"""Which images are held out together when a probe is cross-validated.

This file knows labels and ids, and nothing of features: every backbone is judged on the same folds.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.errors import ProbeError
from core.i18n import gettext as _
from core.i18n import ngettext

Rows = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Folds:
    """A split of n rows into held-out parts.

    Attributes:
        pairs: for each fold the rows to fit on and the rows held out, both sorted; every row is held out once.
        notes: what a reader of the results has to know, in sentences.
    """

    pairs: tuple[tuple[Rows, Rows], ...]
    notes: tuple[str, ...] = ()

    def __len__(self) -> int:
        return len(self.pairs)


def make_folds(y: NDArray[np.int64], ids: Sequence[str], classes: Sequence[str], folds: int, seed: int) -> Folds:
    """Stratified, seeded folds in which all copies of an image are on one side.

    The folds are drawn over the distinct images (scikit-learn's `StratifiedKFold`, each image with its first label) and
    copies follow their image. Where a class has fewer images than `folds`, there are fewer folds, and a note says so;
    so every class is in every training part.

    Args:
        y: (n,) class indices.
        ids: n ids; rows with the same id are copies of one image.
        classes: the class names.
        folds: how many folds are wished for.
        seed: the same seed gives the same folds.

    Raises:
        ProbeError: a class has fewer than 2 distinct images.
    """
    from sklearn.model_selection import StratifiedKFold

    distinct, first, image = np.unique(np.asarray(ids), return_index=True, return_inverse=True)
    order = np.argsort(first)  # in the rows' order, not that of the hashes
    rank = np.empty_like(order)
    rank[order] = np.arange(len(order))
    image = rank[image.reshape(-1)]
    labels = y[first[order]]
    notes: list[str] = []
    possible = _possible(labels, classes, folds, notes)
    if copies := len(y) - len(distinct):
        notes.append(
            ngettext(
                "{count} copy of an image is in the training split; copies always share a fold with their original.",
                "{count} copies of images are in the training split; copies always share a fold with their original.",
                copies,
            ).format(count=copies)
        )
    splitter = StratifiedKFold(possible, shuffle=True, random_state=seed)
    pairs = []
    for _fit, held in splitter.split(labels, labels):
        out = np.isin(image, held)
        pairs.append((np.flatnonzero(~out), np.flatnonzero(out)))
    return Folds(tuple(pairs), tuple(notes))


def _possible(labels: NDArray[np.int64], classes: Sequence[str], folds: int, notes: list[str]) -> int:
    """How many folds the smallest class allows, at most `folds`; says it in `notes` where that is fewer."""
    counts = np.bincount(labels, minlength=len(classes))
    smallest = int(counts.argmin())
    images, name = int(counts[smallest]), classes[smallest]
    if images < 2:
        raise ProbeError(
            ngettext(
                "The class '{name}' has {count} image of its own in the training split; at least 2 are needed to "
                "compare backbones. Add images or remove the class.",
                "The class '{name}' has {count} images of its own in the training split; at least 2 are needed to "
                "compare backbones. Add images or remove the class.",
                images,
            ).format(name=name, count=images)
        )
    if images < folds:
        notes.append(
            _(
                "{folds} folds instead of {wished}, because the class '{name}' has only {count} images to train on."
            ).format(folds=images, wished=folds, name=name, count=images)
        )
    return min(folds, images)
