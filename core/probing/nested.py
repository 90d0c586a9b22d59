"""Ever larger parts of a fold's training images, each holding the smaller ones, for a learning curve."""

from __future__ import annotations

import numpy as np

from core.probing.folds import Rows

SIZES = 10
_PER_CLASS, _LEAST_PER_CLASS = 4, 2
_STEP = 1.15  # sizes nearer to each other than this tell nothing more


def sizes_for(most: int, classes: int) -> tuple[int, ...]:
    """Up to `SIZES` numbers of images on a geometric grid: from about 4 a class (2 where there are few) to `most`."""
    least = classes * (_PER_CLASS if most >= 4 * _PER_CLASS * classes else _LEAST_PER_CLASS)
    if least >= most:
        return (most,)
    count = min(SIZES, 1 + int(np.log(most / least) / np.log(_STEP)))
    grid = np.geomspace(least, most, max(count, 2)).round().astype(int)
    return tuple(sorted({int(size) for size in grid}))


def nested(y: Rows, kin: Rows, sizes: tuple[int, ...], seed: tuple[int, ...]) -> list[Rows]:
    """For each size the rows of one part, sorted; the last part has all rows.

    Whole kins come in one after the other, in an order in which every beginning has about the classes' shares of all
    rows; but two kins of each class come first, so that each class is in every part. A part ends with the kin that
    brings it to its size, and where kins with several labels leave a class out, with the first that brings it in. So
    parts may be a little larger than asked for.

    Args:
        y: (n,) class indices.
        kin: (n,) rows with the same number are kin.
        sizes: rising; the last is taken for all rows.
        seed: of the order.
    """
    rng = np.random.default_rng(seed)
    _kins, first, unit = np.unique(kin, return_index=True, return_inverse=True)
    labels, place = y[first], np.empty(len(first))
    for label in np.unique(labels):
        own = rng.permutation(np.flatnonzero(labels == label))
        place[own] = (np.arange(len(own)) + rng.random(len(own))) / len(own)
        place[own[:2]] -= [2, 1]
    rank = np.empty(len(first), dtype=np.int64)
    rank[np.argsort(place)] = np.arange(len(first))
    order = np.argsort(rank[unit.reshape(-1)], kind="stable")
    ends = np.append(np.flatnonzero(np.diff(unit.reshape(-1)[order])) + 1, len(order))  # where a kin is whole
    complete = max(int(np.flatnonzero(y[order] == label)[0]) for label in np.unique(y)) + 1
    wanted = [max(size, complete) for size in sizes[:-1]] + [len(order)]
    return [np.sort(order[: ends[np.searchsorted(ends, size)]]) for size in wanted]
