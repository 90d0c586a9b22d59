"""The folds of a cross-validation, and the nested parts of them that a learning curve is measured on.

This file knows labels and groups, and no features: every backbone is judged on the same folds.
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
_LARGE = 4  # a group is large where so many of its size are more than a fold
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

    The folds are drawn over groups by scikit-learn's `StratifiedKFold`, each group with its first label; where some
    groups are so large that the folds would differ much in size, by `StratifiedGroupKFold`. Where a class has fewer
    groups than `folds`, there are fewer folds, so that every class is in every training part, and a note says so.

    Args:
        y: (n,) class indices.
        groups: (n,) numbers; rows with the same one are copies, near duplicates or of one patient, plant or the like.
        classes: the class names.
        folds: how many folds to make where every class has as many groups.
        seed: the same seed gives the same folds.

    Raises:
        ProbeError: a class has fewer than 2 groups.
    """
    distinct, first, group = np.unique(groups, return_index=True, return_inverse=True)
    order = np.argsort(first)  # groups in the order of their first rows, not of their numbers
    rank = np.empty_like(order)
    rank[order] = np.arange(len(order))
    group = rank[group.reshape(-1)]
    labels = y[first[order]]
    count, notes = _fold_count(y, labels, classes, folds)
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
    masks = _held_out(y, group, labels, count, seed)
    return Folds(tuple((np.flatnonzero(~held_out), np.flatnonzero(held_out)) for held_out in masks), tuple(notes))


def _held_out(y: Rows, group: Rows, labels: Rows, folds: int, seed: int) -> list[NDArray[np.bool_]]:
    """The rows that each fold holds out, as (n,) masks; `group` is each row's group, `labels` the groups' labels."""
    from sklearn.model_selection import StratifiedGroupKFold, StratifiedKFold

    if np.bincount(group).max() * folds * _LARGE > len(y):
        by_group = StratifiedGroupKFold(folds, shuffle=True, random_state=seed)
        masks = [np.isin(group, group[held]) for _fit, held in by_group.split(y, y, group)]
        if all(mask.any() and not set(y.tolist()) - set(y[~mask].tolist()) for mask in masks):
            return masks
    by_label = StratifiedKFold(folds, shuffle=True, random_state=seed)
    return [np.isin(group, held) for _fit, held in by_label.split(labels, labels)]


def _fold_count(y: Rows, labels: Rows, classes: Sequence[str], folds: int) -> tuple[int, list[str]]:
    """How many folds the class with the fewest groups allows, at most `folds`, and a note where that is fewer."""
    counts = np.bincount(labels, minlength=len(classes))
    smallest = int(counts.argmin())
    groups, name, images = int(counts[smallest]), classes[smallest], int((y == smallest).sum())
    if groups < 2:
        raise ProbeError(
            ngettext(
                "The class '{name}' has {count} photo of its own in the training split; at least 2 are needed to "
                "compare backbones (copies, near duplicates and photos of one group count as one). Add photos or "
                "remove the class.",
                "The class '{name}' has {count} photos of its own in the training split; at least 2 are needed to "
                "compare backbones (copies, near duplicates and photos of one group count as one). Add photos or "
                "remove the class.",
                groups,
            ).format(name=name, count=groups)
        )
    if groups >= folds:
        return folds, []
    note = (
        _("{folds} folds instead of {wished}, because the class '{name}' has only {count} photos to train on.")
        if groups == images
        else _(
            "{folds} folds instead of {wished}, because the class '{name}' has only {count} photos to train on "
            "that are not copies, near duplicates or of one group."
        )
    )
    return groups, [note.format(folds=groups, wished=folds, name=name, count=groups)]


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

    Whole groups are added one after the other, in an order in which the classes keep about their shares from the start;
    but two groups of each class come first, so that each class is in every part. A part ends with the group that brings
    it to its size; where groups with several labels would leave a class out, it goes on to the first group that brings
    the class in. So parts may be a little larger than asked for.

    Args:
        y: (n,) class indices.
        groups: (n,) rows with the same number stay together.
        sizes: rising; the last part has all rows, whatever its size.
        seed: of the order.
    """
    rng = np.random.default_rng(seed)
    _groups, first, group = np.unique(groups, return_index=True, return_inverse=True)
    labels, position = y[first], np.empty(len(first))
    for label in np.unique(labels):
        members = rng.permutation(np.flatnonzero(labels == label))
        position[members] = (np.arange(len(members)) + rng.random(len(members))) / len(members)
        position[members[:2]] -= [2, 1]
    rank = np.empty(len(first), dtype=np.int64)
    rank[np.argsort(position)] = np.arange(len(first))
    order = np.argsort(rank[group.reshape(-1)], kind="stable")
    ends = np.append(np.flatnonzero(np.diff(group.reshape(-1)[order])) + 1, len(order))  # where a group ends
    complete = max(int(np.flatnonzero(y[order] == label)[0]) for label in np.unique(y)) + 1
    targets = [max(size, complete) for size in sizes[:-1]] + [len(order)]
    return [np.sort(order[: ends[np.searchsorted(ends, size)]]) for size in targets]
