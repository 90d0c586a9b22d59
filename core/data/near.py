"""Which photos are near duplicates of which, and what has to stay on one side of a split.

Perceptual hashes find candidates quickly; they also collide on flat and schematic pictures (digits, X-rays, icons), so
a candidate counts only where the two thumbnails agree pixel by pixel, too. This file knows neither labels nor splits.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from core.data.images import open_rgb
from core.errors import DatasetError
from core.i18n import gettext as _
from core.progress import Progress, Report, silent

MAX_BITS = 8  # of 64 that may differ; strangers among photos differ by more than 10
_TILE_PX = 16
# Correlation of two tiles, colours included. Photos of different things seldom reach 0.9. Pictures that are grey or
# mostly background reach it by showing the same kind of thing, so they have to agree nearly everywhere.
_ALIKE, _ALIKE_IF_PLAIN = 0.95, 0.99
_FLAT = 2.0  # standard deviation of the pixel values (0 to 255) below which there is nothing to compare
_GREY = 4.0  # mean spread of the three channels
_BACKGROUND, _SAME = 0.25, 3  # this share of the pixels within so many levels of the commonest grey value
_BLOCK = 128
_PAIRS_EACH = 20

Mask = NDArray[np.bool_]
Tiles = NDArray[np.float32]


def near_pairs(
    hashes: Sequence[str], thumbnails: Sequence[Path], report: Report = silent
) -> tuple[tuple[int, int], ...]:
    """Finds the near duplicates among n distinct images.

    Args:
        hashes: n perceptual hashes as 16 hex digits; an image whose hash is "" has no near duplicates.
        thumbnails: the n images' thumbnails; only those whose hashes are close to another's are read.
        report: told of thumbnails read.

    Returns:
        Pairs (i, j) with i < j, sorted. Where an image has over 20 near duplicates after it, not all of these pairs
        are there, but enough that `components` is the same.
    """
    known = np.array([row for row, code in enumerate(hashes) if code], dtype=np.int64)
    codes = np.array([int(hashes[row], 16) for row in known], dtype=np.uint64)
    maybe = np.flatnonzero(_has_candidate(codes))
    tiles, plain, usable = _tiles([thumbnails[known[row]] for row in maybe], report)
    maybe, tiles, plain = maybe[usable], tiles[usable], plain[usable]
    found = _agreeing(codes[maybe], tiles, plain)
    rows = known[maybe]
    return tuple((int(rows[i]), int(rows[j])) for i, j in sorted(found))


def components(n: int, pairs: Iterable[tuple[int, int]]) -> NDArray[np.int64]:
    """The number of each of n things' connected component, (n,), counted from 0 in the order of first members."""
    parent = list(range(n))

    def root(i: int) -> int:
        while parent[i] != i:
            parent[i] = parent[parent[i]]
            i = parent[i]
        return i

    for i, j in pairs:
        a, b = root(i), root(j)
        parent[max(a, b)] = min(a, b)
    numbers: dict[int, int] = {}
    return np.array([numbers.setdefault(root(i), len(numbers)) for i in range(n)], dtype=np.int64)


def kin_numbers(
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


def _close(codes: NDArray[np.uint64], start: int) -> Mask:
    """Which images from `start` on are close to each image of the block that begins there: (block, n - start)."""
    block = codes[start : start + _BLOCK, None]
    close: Mask = np.bitwise_count(block ^ codes[None, start:]) <= MAX_BITS
    return close & np.triu(np.ones_like(close), 1)


def _has_candidate(codes: NDArray[np.uint64]) -> Mask:
    has = np.zeros(len(codes), dtype=np.bool_)
    for start in range(0, len(codes), _BLOCK):
        close = _close(codes, start)
        has[start:] |= close.any(axis=0)
        has[start : start + _BLOCK] |= close.any(axis=1)
    return has


def _tiles(thumbnails: Sequence[Path], report: Report) -> tuple[Tiles, Mask, Mask]:
    """For each thumbnail its tile as a unit vector (m, 768), whether it is plain, and whether it can be compared."""
    tiles = np.zeros((len(thumbnails), 3 * _TILE_PX**2), dtype=np.float32)
    plain, usable = np.zeros((2, len(thumbnails)), dtype=np.bool_)
    for row, path in enumerate(thumbnails):
        if row % 64 == 0:
            report(Progress(row, len(thumbnails), _("Looking for near duplicates")))
        try:
            image = open_rgb(path, at_least_px=_TILE_PX).resize((_TILE_PX, _TILE_PX), Image.Resampling.BOX)
        except DatasetError:
            continue
        pixels = np.asarray(image, dtype=np.float32)
        usable[row] = pixels.std() > _FLAT
        plain[row] = _is_plain(pixels)
        centred = pixels.ravel() - pixels.mean()
        tiles[row] = centred / max(float(np.linalg.norm(centred)), 1e-6)
    return tiles, plain, usable


def _is_plain(pixels: Tiles) -> bool:
    """Whether a tile (h, w, 3) is grey, or has a background of one tone."""
    if float(np.ptp(pixels, axis=2).mean()) < _GREY:
        return True
    grey = np.sort(pixels.mean(axis=2).ravel())
    most = np.searchsorted(grey, grey + 2 * _SAME, side="right") - np.arange(len(grey))
    return bool(most.max() >= _BACKGROUND * len(grey))


def _agreeing(codes: NDArray[np.uint64], tiles: Tiles, plain: Mask) -> list[tuple[int, int]]:
    """The close pairs whose tiles agree; a thinned list for images with very many, see `near_pairs`."""
    found: list[tuple[int, int]] = []
    label = np.arange(len(codes))
    for start in range(0, len(codes), _BLOCK):
        close = _close(codes, start)
        needed = np.flatnonzero(close.any(axis=0))
        if not len(needed):
            continue
        least = np.where(plain[start : start + _BLOCK, None] | plain[None, start + needed], _ALIKE_IF_PLAIN, _ALIKE)
        alike = close[:, needed] & (tiles[start : start + _BLOCK] @ tiles[start + needed].T >= least)
        for row in np.flatnonzero(alike.any(axis=1)):
            others = start + needed[alike[row]]
            found += [(int(start + row), int(j)) for j in _joined(label, int(start + row), others)]
    return found


def _joined(label: NDArray[np.int64], i: int, others: NDArray[np.int64]) -> NDArray[np.int64]:
    """Joins the components of `others` to that of `i` in `label`; gives the few of `others` that are enough for it."""
    fresh = others[label[others] != label[i]]
    _labels, first = np.unique(label[fresh], return_index=True)
    few = others if len(others) <= _PAIRS_EACH else np.union1d(others[:_PAIRS_EACH], fresh[first])
    if len(fresh):
        label[np.isin(label, label[fresh])] = label[i]
    return few
