"""Which photos are near duplicates of which, and what has to stay on one side of a split.

Perceptual hashes find candidates quickly; they also collide on flat and schematic pictures (digits, X-rays, icons), so
a candidate counts only where the two thumbnails agree pixel by pixel, too. Copies are found as they are, mirrored,
turned by quarters, and with up to about 10 % cut off at any side; not both turned and cut, nor turned by a few degrees.
Of grey pictures and those on an even background, only some copies with sides cut off are found.
This file knows neither labels nor splits.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from core.data.images.tiles import (
    TURNS,
    UPRIGHT,
    WINDOWS,
    Codes,
    Cut,
    Mask,
    Tiles,
    Turn,
    best_match,
    read_tiles,
    turned,
    turned_codes,
    window_codes,
    window_vectors,
)
from core.data.intake.phases import comparing
from core.i18n import gettext as _
from core.progress import Plan, Progress, Report, silent

MAX_BITS = 8  # of 64 that may differ; strangers among photos differ by more than 10
# A part's hash is taken where the part is only about: of strangers among photos, one pair in 200,000 is as close.
_CUT_BITS, _CUT_BITS_IF_PLAIN = 12, 4
# Correlation of two tiles, colours included. Photos of different things seldom reach 0.9. Pictures that are grey or
# mostly background reach it by showing the same kind of thing, so they have to agree nearly everywhere.
_ALIKE, _ALIKE_IF_PLAIN = 0.95, 0.99
_ALIKE_IF_CUT, _ALIKE_IF_CUT_AND_PLAIN = 0.98, 0.995  # the best of many places is always better than the one
_HOPELESS, _HOPELESS_IF_PLAIN = 0.6, 0.85  # about where the cut may be; no better place for it gets them to agree
_BLOCK = 128
_PAIRS_EACH = 20


def near_pairs(
    hashes: Sequence[str], thumbnails: Sequence[Path], report: Report = silent
) -> tuple[tuple[int, int], ...]:
    """Finds the near duplicates among n distinct images.

    Args:
        hashes: n perceptual hashes as 16 hex digits; an image whose hash is "" has no near duplicates.
        thumbnails: the n images' thumbnails; those that cannot be read have no near duplicates.
        report: told of thumbnails read, then of views compared.

    Returns:
        Pairs (i, j) with i < j, sorted. Where an image has over 20 near duplicates after it, not all of these pairs
        are there, but enough that `components` is the same.
    """
    known = np.array([row for row, code in enumerate(hashes) if code], dtype=np.int64)
    thumbs, compare = comparing(len(known))
    plan = Plan(report, {"thumbnails": (thumbs,), "compare": (compare,)})
    tiles, usable = read_tiles([thumbnails[row] for row in known], plan.begin("thumbnails"))
    rows = known[usable]
    codes = np.array([int(hashes[row], 16) for row in rows], dtype=np.uint64)
    pairs = {(int(rows[i]), int(rows[j])) for i, j in _agreeing(codes, tiles, plan.begin("compare"))}
    return tuple(sorted(pairs))


def components(n: int, pairs: Iterable[tuple[int, int]]) -> NDArray[np.int64]:
    """The number of each of n things' connected component, (n,), counted from 0 in the order of first members."""
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    edges = np.array(list(pairs), dtype=np.int64).reshape(-1, 2)
    graph = coo_array((np.ones(len(edges), dtype=np.bool_), edges.T), shape=(n, n))
    return np.asarray(connected_components(graph, directed=False)[1], dtype=np.int64)


def group_ids(
    ids: Sequence[str],
    hashes: Sequence[str],
    groups: Sequence[str],
    thumbnails: Sequence[Path],
    report: Report = silent,
) -> NDArray[np.int64]:
    """Which photos must stay on one side of a split: copies, near duplicates, and those of one group.

    Args:
        ids: n photos' sha256; copies share it.
        hashes: their perceptual hashes, as in `near_pairs`.
        groups: their groups, "" where a photo is in none.
        thumbnails: their thumbnails.
        report: as in `near_pairs`.

    Returns:
        (n,) numbers from 0; photos that are related, if by way of others, have the same one.
    """
    first: dict[str, int] = {}
    links: list[tuple[int, int]] = []
    members: dict[str, int] = {}
    for row, (sha256, group) in enumerate(zip(ids, groups, strict=True)):
        links.append((first.setdefault(sha256, row), row))
        if group:
            links.append((members.setdefault(group, row), row))
    rows = list(first.values())
    near = near_pairs([hashes[row] for row in rows], [thumbnails[row] for row in rows], report)
    return components(len(ids), [*links, *((rows[i], rows[j]) for i, j in near)])


def _agreeing(codes: Codes, tiles: Tiles, report: Report) -> list[tuple[int, int]]:
    """The pairs that agree in some view; a thinned list for images with very many, see `near_pairs`."""
    pairs: list[tuple[int, int]] = []
    label = np.arange(len(codes))
    own = turned_codes(tiles, UPRIGHT)
    turns = [(UPRIGHT, codes, codes), *((turn, turned_codes(tiles, turn), own) for turn in TURNS)]
    blocks = range(0, len(codes), _BLOCK)
    steps, done = (len(turns) + len(WINDOWS)) * len(blocks), 0

    def compared() -> None:
        nonlocal done
        done += 1
        report(Progress(done, steps, _("Comparing the photos")))

    report(Progress(0, steps, _("Comparing the photos")))
    for turn, viewed, plain_codes in turns:
        for start in blocks:
            pairs += _turned_pairs(_Search(tiles, label, start), turn, viewed, plain_codes)
            compared()
    for rows, columns in WINDOWS:
        viewed = window_codes(tiles, rows, columns)
        for start in blocks:
            pairs += _cut_pairs(_Search(tiles, label, start), rows, columns, viewed, own)
            compared()
    return pairs


@dataclass(frozen=True)
class _Search:
    """A block of images that begins at `start`, and the component of each image as far as it is known."""

    tiles: Tiles
    label: NDArray[np.int64]
    start: int

    def least(self, others: NDArray[np.int64]) -> NDArray[np.float64]:
        """The correlation from which on each image of the block is like each of `others`."""
        plain = self.tiles.plain
        return np.where(plain[self.start : self.start + _BLOCK, None] | plain[None, others], _ALIKE_IF_PLAIN, _ALIKE)


def _turned_pairs(search: _Search, turn: Turn, viewed: Codes, plain_codes: Codes) -> list[tuple[int, int]]:
    """The pairs of an image of the block, turned so, and one that comes after it."""
    start, vectors = search.start, search.tiles.vectors
    block = viewed[start : start + _BLOCK, None]
    close: Mask = np.bitwise_count(block ^ plain_codes[None, start:]) <= MAX_BITS
    close &= np.triu(np.ones_like(close), 1)
    needed = np.flatnonzero(close.any(axis=0))
    if not len(needed):
        return []
    least = search.least(start + needed)
    alike = close[:, needed] & (turned(vectors[start : start + _BLOCK], turn) @ vectors[start + needed].T >= least)
    pairs: list[tuple[int, int]] = []
    for row in np.flatnonzero(alike.any(axis=1)):
        others = start + needed[alike[row]]
        pairs += [(int(start + row), int(j)) for j in _joined(search.label, int(start + row), others)]
    return pairs


def _cut_pairs(search: _Search, rows: Cut, columns: Cut, viewed: Codes, own: Codes) -> list[tuple[int, int]]:
    """The pairs of an image of the block and any that looks like it with its sides cut off about so.

    Where there are very many candidates, those that are known to belong together are left out.
    """
    start, tiles = search.start, search.tiles
    apart = np.bitwise_count(viewed[start : start + _BLOCK, None] ^ own[None, :])
    whole, part = np.nonzero(apart <= _CUT_BITS)
    strict = tiles.plain[start + whole] | tiles.plain[part]
    kept = (start + whole != part) & (~strict | (apart[whole, part] <= _CUT_BITS_IF_PLAIN))
    if kept.sum() > _PAIRS_EACH * _BLOCK:
        kept &= search.label[start + whole] != search.label[part]
    if not kept.any():
        return []
    whole, part, strict = whole[kept], part[kept], strict[kept]
    about = window_vectors(tiles.pixels[start : start + _BLOCK], rows, columns)
    scores = np.concatenate([tiles.vectors[part[whole == row]] @ about[row] for row in np.unique(whole)])
    pairs: list[tuple[int, int]] = []
    for at in np.flatnonzero(scores >= np.where(strict, _HOPELESS_IF_PLAIN, _HOPELESS)):
        i, j = int(start + whole[at]), int(part[at])
        least = _ALIKE_IF_CUT_AND_PLAIN if strict[at] else _ALIKE_IF_CUT
        if scores[at] >= least or best_match(tiles.pixels[i], tiles.vectors[j], columns) >= least:
            _joined(search.label, i, np.array([j]))
            pairs.append((min(i, j), max(i, j)))
    return pairs


def _joined(label: NDArray[np.int64], i: int, others: NDArray[np.int64]) -> NDArray[np.int64]:
    """Joins the components of `others` to that of `i` in `label`; gives the few of `others` that are enough for it."""
    fresh = others[label[others] != label[i]]
    _labels, first = np.unique(label[fresh], return_index=True)
    few = others if len(others) <= _PAIRS_EACH else np.union1d(others[:_PAIRS_EACH], fresh[first])
    if len(fresh):
        label[np.isin(label, label[fresh])] = label[i]
    return few
