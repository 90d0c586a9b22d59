"""Which images are held out together when a probe is cross-validated, and the parts that a learning curve grows by.

This file knows labels and groups, and nothing of features: every backbone is judged on the same folds.
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
_LARGE = 4  # a group is large where so many of its size fill a fold
SIZES = 10
_PER_CLASS = 4
_LEAST_PER_CLASS = 2
_STEP = 1.15  # sizes nearer to each other than this tell nothing more


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

    @property
    def numbers(self) -> Rows:
        """(n,) which fold holds out each row."""
        numbers = np.empty(sum(len(held) for _fit, held in self.pairs), dtype=np.int64)
        for number, (_fit, held) in enumerate(self.pairs):
            numbers[held] = number
        return numbers


def make_folds(y: NDArray[np.int64], groups: NDArray[np.int64], classes: Sequence[str], folds: int, seed: int) -> Folds:
    """Stratified, seeded folds in which photos of one group are on one side.

    The folds are drawn over groups by scikit-learn's `StratifiedKFold`, each group with its first label; where some are
    so large that the folds would be of very different sizes, by its `StratifiedGroupKFold`. Where a class has fewer
    groups than `folds`, there are fewer folds, and a note says so; so every class is in every training part.

    Args:
        y: (n,) class indices.
        groups: (n,) numbers; rows with the same one are copies, near duplicates or of one patient, plant or the like.
        classes: the class names.
        folds: how many folds are wished for.
        seed: the same seed gives the same folds.

    Raises:
        ProbeError: a class has fewer than 2 groups.
    """
    distinct, first, unit = np.unique(groups, return_index=True, return_inverse=True)
    order = np.argsort(first)  # in the rows' order, not that of the numbers
    rank = np.empty_like(order)
    rank[order] = np.arange(len(order))
    unit = rank[unit.reshape(-1)]
    labels = y[first[order]]
    notes: list[str] = []
    possible = _possible(y, labels, classes, folds, notes)
    if related := len(y) - len(distinct):
        notes.append(
            ngettext(
                "{count} photo in the training split is a copy or near duplicate of another, or of the same group; "
                "such photos always share a fold.",
                "{count} photos in the training split are copies or near duplicates of others, or of the same group; "
                "such photos always share a fold.",
                related,
            ).format(count=related)
        )
    held = _held_out(y, unit, labels, possible, seed)
    return Folds(tuple((np.flatnonzero(~out), np.flatnonzero(out)) for out in held), tuple(notes))


def _held_out(y: Rows, unit: Rows, labels: Rows, folds: int, seed: int) -> list[NDArray[np.bool_]]:
    """For each fold which rows are held out, as (n,) masks; `unit` is each row's group, `labels` the groups' labels."""
    from sklearn.model_selection import StratifiedGroupKFold, StratifiedKFold

    if np.bincount(unit).max() * folds * _LARGE > len(y):
        by_group = StratifiedGroupKFold(folds, shuffle=True, random_state=seed)
        masks = [np.isin(unit, unit[held]) for _fit, held in by_group.split(y, y, unit)]
        if all(mask.any() and not set(y.tolist()) - set(y[~mask].tolist()) for mask in masks):
            return masks
    by_label = StratifiedKFold(folds, shuffle=True, random_state=seed)
    return [np.isin(unit, held) for _fit, held in by_label.split(labels, labels)]


def _possible(y: Rows, labels: Rows, classes: Sequence[str], folds: int, notes: list[str]) -> int:
    """How many folds the smallest class allows, at most `folds`; says it in `notes` where that is fewer."""
    counts = np.bincount(labels, minlength=len(classes))
    smallest = int(counts.argmin())
    own, name, images = int(counts[smallest]), classes[smallest], int((y == smallest).sum())
    if own < 2:
        raise ProbeError(
            ngettext(
                "The class '{name}' has {count} image of its own in the training split; at least 2 are needed to "
                "compare backbones (copies, near duplicates and photos of one group count as one). Add images or "
                "remove the class.",
                "The class '{name}' has {count} images of its own in the training split; at least 2 are needed to "
                "compare backbones (copies, near duplicates and photos of one group count as one). Add images or "
                "remove the class.",
                own,
            ).format(name=name, count=own)
        )
    if own < folds:
        note = (
            _("{folds} folds instead of {wished}, because the class '{name}' has only {count} images to train on.")
            if own == images
            else _(
                "{folds} folds instead of {wished}, because the class '{name}' has only {count} images to train on "
                "that are not copies, near duplicates or of one group."
            )
        )
        notes.append(note.format(folds=own, wished=folds, name=name, count=own))
    return min(folds, own)


def sizes_for(most: int, classes: int) -> tuple[int, ...]:
    """Up to `SIZES` numbers of images on a geometric grid: from about 4 a class (2 where there are few) to `most`."""
    least = classes * (_PER_CLASS if most >= 4 * _PER_CLASS * classes else _LEAST_PER_CLASS)
    if least >= most:
        return (most,)
    count = min(SIZES, 1 + int(np.log(most / least) / np.log(_STEP)))
    grid = np.geomspace(least, most, max(count, 2)).round().astype(int)
    return tuple(sorted({int(size) for size in grid}))


def nested(y: Rows, groups: Rows, sizes: tuple[int, ...], seed: tuple[int, ...]) -> list[Rows]:
    """For each size the rows of one part, sorted; the last part has all rows.

    Whole groups come in one after the other, in an order in which every beginning has about the classes' shares of all
    rows; but two groups of each class come first, so that each class is in every part. A part ends with the group that
    brings it to its size, and where groups with several labels leave a class out, with the first that brings it in. So
    parts may be a little larger than asked for.

    Args:
        y: (n,) class indices.
        groups: (n,) rows with the same number stay together.
        sizes: rising; the last is taken for all rows.
        seed: of the order.
    """
    rng = np.random.default_rng(seed)
    _groups, first, unit = np.unique(groups, return_index=True, return_inverse=True)
    labels, place = y[first], np.empty(len(first))
    for label in np.unique(labels):
        own = rng.permutation(np.flatnonzero(labels == label))
        place[own] = (np.arange(len(own)) + rng.random(len(own))) / len(own)
        place[own[:2]] -= [2, 1]
    rank = np.empty(len(first), dtype=np.int64)
    rank[np.argsort(place)] = np.arange(len(first))
    order = np.argsort(rank[unit.reshape(-1)], kind="stable")
    ends = np.append(np.flatnonzero(np.diff(unit.reshape(-1)[order])) + 1, len(order))  # where a group is whole
    complete = max(int(np.flatnonzero(y[order] == label)[0]) for label in np.unique(y)) + 1
    wanted = [max(size, complete) for size in sizes[:-1]] + [len(order)]
    return [np.sort(order[: ends[np.searchsorted(ends, size)]]) for size in wanted]
