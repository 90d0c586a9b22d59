"""Thumbnails made small enough to be compared by the thousand: as they are, turned, mirrored, and with sides cut off.

A tile is a thumbnail at 32 x 32 pixels. A view of it (one of the seven other ways to lie, or a part of it) has a
perceptual hash of its own, which finds candidates; whether they agree is then for the pixels to say. This file knows
nothing of what the answers are for.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from core.data.images.decode import open_rgb
from core.errors import DatasetError
from core.i18n import gettext as _
from core.progress import Progress, Report

SIDE, SMALL, LOW = 32, 16, 8  # pixels of a tile, of what is compared, frequencies of a hash
_FLAT = 2.0  # standard deviation of the pixel values (0 to 255) below which there is nothing to compare
_GREY = 4.0  # mean spread of the three channels
_BACKGROUND, _SAME = 0.25, 3  # this share of the pixels within so many levels of the commonest grey value
_LUMA = np.array([0.299, 0.587, 0.114], dtype=np.float32)
_CHUNK = 256

Floats = NDArray[np.float32]
Mask = NDArray[np.bool_]
Codes = NDArray[np.uint64]
Turn = tuple[bool, bool, bool]  # transposed, then upside down, then left to right
Cut = tuple[float, float]  # shares that are missing at the two ends of an axis

UPRIGHT: Turn = (False, False, False)
TURNS: tuple[Turn, ...] = tuple((t, v, h) for t, v, h in product((False, True), repeat=3) if t or v or h)
# Hashes bear a cut that is off by some 3 %, so these find any of up to 10 % a side.
_CUTS: tuple[Cut, ...] = ((0, 0), (0.08, 0), (0, 0.08), (0.08, 0.08))
WINDOWS: tuple[tuple[Cut, Cut], ...] = tuple((r, c) for r in _CUTS for c in _CUTS if r != c or any(r))
_SHARES = (0.0, 0.025, 0.05, 0.075, 0.1)
_FINE: tuple[Cut, ...] = tuple((first, last) for first in _SHARES for last in _SHARES)


@dataclass(frozen=True)
class Tiles:
    """The tiles of n thumbnails.

    Attributes:
        pixels: (n, 32, 32, 3), 0 to 255.
        vectors: (n, 768), each tile at 16 x 16 pixels as a unit vector around 0: their products are correlations.
        frequencies: (n, 8, 8), the lowest of each tile's cosine transform.
        plain: (n,), whether a tile is grey or has a background of one tone.
    """

    pixels: NDArray[np.uint8]
    vectors: Floats
    frequencies: Floats
    plain: Mask

    def __len__(self) -> int:
        return len(self.plain)


def read_tiles(thumbnails: Sequence[Path], report: Report) -> tuple[Tiles, NDArray[np.int64]]:
    """Reads thumbnails; the tiles of those that can be read and are not of one colour, and which these are."""
    pixels = np.zeros((len(thumbnails), SIDE, SIDE, 3), dtype=np.uint8)
    usable = np.zeros(len(thumbnails), dtype=np.bool_)
    for row, path in enumerate(thumbnails):
        if row % 64 == 0:
            report(Progress(row, len(thumbnails), _("Looking for near duplicates")))
        try:
            image = open_rgb(path, at_least_px=2 * SIDE).resize((SIDE, SIDE), Image.Resampling.BOX)
        except DatasetError:
            continue
        pixels[row] = np.asarray(image)
        usable[row] = pixels[row].std() > _FLAT
    kept = np.flatnonzero(usable)
    return _tiles(pixels[kept] if len(kept) < len(pixels) else pixels), kept


def turned_codes(tiles: Tiles, turn: Turn) -> Codes:
    """The hashes, (n,), of the tiles turned so."""
    transposed, vertical, horizontal = turn
    frequencies = tiles.frequencies.transpose(0, 2, 1) if transposed else tiles.frequencies
    signs = np.where(np.arange(LOW) % 2, -1, 1).astype(np.float32)
    frequencies = frequencies * signs[:, None] if vertical else frequencies
    return _codes(frequencies * signs if horizontal else frequencies)


def turned(vectors: Floats, turn: Turn) -> Floats:
    """The vectors, (m, 768), of tiles turned so."""
    transposed, vertical, horizontal = turn
    squares = vectors.reshape(-1, SMALL, SMALL, 3)
    squares = squares.transpose(0, 2, 1, 3) if transposed else squares
    squares = squares[:, :: -1 if vertical else 1, :: -1 if horizontal else 1]
    return np.ascontiguousarray(squares).reshape(vectors.shape)


def window_codes(tiles: Tiles, rows: Cut, columns: Cut) -> Codes:
    """The hashes, (n,), of the tiles without what is cut off above and below (`rows`), left and right (`columns`)."""
    down, across = (_COSINES @ _part(cut, SIDE) for cut in (rows, columns))
    return _codes(_in_chunks(tiles.pixels, down, across))


def window_vectors(pixels: NDArray[np.uint8], rows: Cut, columns: Cut) -> Floats:
    """The vectors, (m, 768), of tiles (m, 32, 32, 3) without what is cut off."""
    down, across = _part(rows, SMALL), _part(columns, SMALL)
    some = np.einsum("ij,mkjc->mkic", across, pixels.astype(np.float32), optimize=True)
    return _unit(np.einsum("ak,mkic->maic", down, some, optimize=True).reshape(len(pixels), -1))


def best_match(whole: NDArray[np.uint8], part: Floats, columns: Cut) -> float:
    """How well a tile agrees with another from which up to 10 % a side were cut off, as a correlation.

    Args:
        whole: the other tile, (32, 32, 3).
        part: the tile's vector, (768,).
        columns: about what is missing left and right.
    """
    pixels = whole.astype(np.float32)
    across, best = _part(columns, SMALL), -1.0
    for _round in range(2):  # rows given columns, then columns given rows
        tall = _FINE_PARTS @ np.einsum("ij,kjc->kic", across, pixels).reshape(SIDE, -1)
        scores = _unit(tall.reshape(len(_FINE), -1)) @ part
        down = _FINE_PARTS[int(scores.argmax())]
        narrow = np.einsum("ak,kjc->jac", down, pixels).reshape(SIDE, -1)
        wide = (_FINE_PARTS @ narrow).reshape(len(_FINE), SMALL, SMALL, 3).transpose(0, 2, 1, 3)
        scores = _unit(wide.reshape(len(_FINE), -1)) @ part
        across = _FINE_PARTS[int(scores.argmax())]
        best = max(best, float(scores.max()))
    return best


def _tiles(pixels: NDArray[np.uint8]) -> Tiles:
    vectors = np.empty((len(pixels), 3 * SMALL**2), dtype=np.float32)
    plain = np.empty(len(pixels), dtype=np.bool_)
    for start in range(0, len(pixels), _CHUNK):
        some = slice(start, start + _CHUNK)
        small = pixels[some].reshape(-1, SMALL, 2, SMALL, 2, 3).mean(axis=(2, 4), dtype=np.float32)
        plain[some] = [_is_plain(square) for square in small]
        vectors[some] = _unit(small.reshape(-1, 3 * SMALL**2))
    return Tiles(pixels, vectors, _in_chunks(pixels, _COSINES, _COSINES), plain)


def _is_plain(pixels: Floats) -> bool:
    """Whether a tile (h, w, 3) is grey, or has a background of one tone."""
    if float(np.ptp(pixels, axis=2).mean()) < _GREY:
        return True
    grey = np.sort(pixels.mean(axis=2).ravel())
    most = np.searchsorted(grey, grey + 2 * _SAME, side="right") - np.arange(len(grey))
    return bool(most.max() >= _BACKGROUND * len(grey))


def _unit(vectors: Floats) -> Floats:
    centred = vectors - vectors.mean(axis=-1, keepdims=True)
    unit: Floats = centred / np.maximum(np.linalg.norm(centred, axis=-1, keepdims=True), 1e-6)
    return unit


def _in_chunks(pixels: NDArray[np.uint8], down: Floats, across: Floats) -> Floats:
    """`down` @ the grey tile @ `across` transposed, for each; floats of all tiles at once would take much memory."""
    products = np.empty((len(pixels), len(down), len(across)), dtype=np.float32)
    for start in range(0, len(pixels), _CHUNK):
        products[start : start + _CHUNK] = down @ (pixels[start : start + _CHUNK] @ _LUMA) @ across.T
    return products


def _codes(frequencies: Floats) -> Codes:
    """64 bits each: which frequencies are stronger than their median, as in a perceptual hash."""
    flat = frequencies.reshape(-1, LOW * LOW)
    bits = np.packbits(flat > np.median(flat, axis=1, keepdims=True), axis=1)
    return np.ascontiguousarray(bits).view(np.uint64)[:, 0]


def _cosines() -> Floats:
    """The lowest rows of the cosine transform (DCT-II), (8, 32)."""
    angles = np.outer(np.arange(LOW), 2 * np.arange(SIDE) + 1) * (np.pi / (2 * SIDE))
    cosines: Floats = np.cos(angles).astype(np.float32)
    return cosines


def _part(cut: Cut, pixels: int) -> Floats:
    """What an axis of a tile is multiplied by, (pixels, 32), so that only what the cut leaves is there."""
    edges = np.linspace(cut[0] * SIDE, (1 - cut[1]) * SIDE, pixels + 1)
    at = np.arange(SIDE)
    weights = np.minimum(edges[1:, None], at + 1) - np.maximum(edges[:-1, None], at)
    weights = np.clip(weights, 0, None)
    shares: Floats = (weights / weights.sum(axis=1, keepdims=True)).astype(np.float32)
    return shares


_COSINES = _cosines()
_FINE_PARTS = np.stack([_part(cut, SMALL) for cut in _FINE])
