"""Two sets of images that are unlike ImageNet's photos, drawn by code: spectrograms and stained cells.

Classes differ in subtle structure, while loudness, pitch, stain, size, place and noise are drawn anew for every image
of every class. Every image depends on (set, seed, class, index) alone.
"""

from __future__ import annotations

import io
import zipfile
import zlib
from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

SIZE_PX, PER_CLASS = 128, 60
Plane = NDArray[np.float64]
Rng = np.random.Generator


def write(name: str, out: Path, per_class: int = PER_CLASS, seed: int = 0) -> Path:
    """Writes a set as a zip with a folder a class.

    Args:
        name: "spectra" or "cells".
        out: the folder to write NAME.zip to.
        per_class: images of each class.
        seed: of everything drawn.
    """
    draw, classes = SETS[name]
    with zipfile.ZipFile(out / f"{name}.zip", "w") as archive:
        for label in classes:
            for index in range(per_class):
                rng = np.random.default_rng([seed, zlib.crc32(f"{name}/{label}".encode()), index])
                buffer = io.BytesIO()
                draw(label, rng).save(buffer, "PNG", compress_level=1)
                archive.writestr(f"{label}/{index:03d}.png", buffer.getvalue())
    return out / f"{name}.zip"


def spectrum(label: str, rng: Rng) -> Image.Image:
    """A call over time (left to right) and frequency (upwards): harmonics whose pitch moves as the class says."""
    y, x = np.mgrid[SIZE_PX:0:-1, 0:SIZE_PX] / SIZE_PX
    start, length = rng.uniform(0.05, 0.3), rng.uniform(0.5, 0.65)
    t = (x - start) / length
    pitch = rng.uniform(0.08, 0.16) * (1 + rng.uniform(0.08, 0.25) * _COURSES[label](t))
    loud = np.where((t > 0) & (t < 1), np.sin(np.pi * t.clip(0, 1)) ** 0.5, 0)
    energy = np.zeros_like(x)
    for harmonic in range(1, rng.integers(4, 8)):
        width = rng.uniform(0.006, 0.012)
        energy += rng.uniform(0.4, 1) / harmonic**0.5 * np.exp(-(((y - harmonic * pitch) / width) ** 2)) * loud
    hum = rng.uniform(0, 0.4) * np.exp(-(((y - rng.uniform(0.1, 0.9)) / 0.01) ** 2))
    noise = rng.exponential(rng.uniform(0.3, 0.7), x.shape) * (0.5 + 0.5 * (1 - y))
    level = np.log1p(8 * (energy + hum + noise)) / np.log(9)
    return _coloured(level, _HEAT)


_COURSES: Mapping[str, Callable[[Plane], Plane]] = {
    "rising": lambda t: 2 * t - 1,
    "falling": lambda t: 1 - 2 * t,
    "arched": lambda t: 1 - 8 * (t - 0.5) ** 2,
    "dipping": lambda t: 8 * (t - 0.5) ** 2 - 1,
    "trilled": lambda t: np.sin(2 * np.pi * 5 * t),
}
_HEAT = np.array([[0, 0, 4], [80, 18, 123], [182, 54, 121], [251, 136, 97], [252, 253, 191]], dtype=np.float64)


def _coloured(level: Plane, colours: Plane) -> Image.Image:
    """Levels 0 to 1 as colours between these, (n, 3)."""
    at = level.clip(0, 1) * (len(colours) - 1)
    image = np.stack([np.interp(at, range(len(colours)), colours[:, channel]) for channel in range(3)], axis=-1)
    return Image.fromarray((image + 0.5).astype(np.uint8))


def cell(label: str, rng: Rng) -> Image.Image:
    """A stained cell amid parts of others, as a microscope shows it: its nucleus and its grains differ by class."""
    y, x = np.mgrid[0:SIZE_PX, 0:SIZE_PX] / SIZE_PX - 0.5
    image = np.array([235, 220, 225]) + rng.normal(0, 6, 3) + np.zeros((SIZE_PX, SIZE_PX, 1))
    for _number in range(rng.integers(4, 8)):
        image = _over(image, _disc(x, y, *_aside(rng), rng.uniform(0.12, 0.18), rng), np.array([225, 160, 165]), 0.5)
    where, size = rng.uniform(-0.18, 0.18, 2), rng.uniform(0.13, 0.22)
    stain = np.array([120, 80, 165]) + rng.normal(0, 14, 3)
    image = _over(image, _disc(x, y, *where, size, rng), np.array([205, 185, 220]) + rng.normal(0, 8, 3), 0.8)
    image = _over(image, _grains(label, x, y, where, size, rng), stain + 30, 0.55)
    image = _over(image, _nucleus(label, x, y, where, size, rng), stain, rng.uniform(0.4, 0.7))
    image = image + rng.normal(0, rng.uniform(8, 24), image.shape)
    return Image.fromarray(image.clip(0, 255).astype(np.uint8))


def _aside(rng: Rng) -> tuple[float, float]:
    angle, reach = rng.uniform(0, 2 * np.pi), rng.uniform(0.42, 0.6)
    return reach * np.cos(angle), reach * np.sin(angle)


def _disc(x: Plane, y: Plane, at_x: float, at_y: float, radius: float, rng: Rng) -> Plane:
    """1 within an uneven disc, 0 outside, soft between."""
    angle, phase = np.arctan2(y - at_y, x - at_x), rng.uniform(0, 2 * np.pi, 2)
    uneven = 1 + 0.06 * np.sin(2 * angle + phase[0]) + 0.04 * np.sin(3 * angle + phase[1])
    return np.clip((radius * uneven - np.hypot(x - at_x, y - at_y)) / 0.012 + 0.5, 0, 1)


def _nucleus(label: str, x: Plane, y: Plane, where: Plane, size: float, rng: Rng) -> Plane:
    """The nucleus: round, of two lobes, of several, or bent like a bean; each takes about the same area."""
    turn = rng.uniform(0, 2 * np.pi)
    if label in ("round", "granular"):
        return _disc(x, y, *(where + rng.normal(0, 0.02, 2)), 0.56 * size, rng)
    if label == "bent":
        whole = _disc(x, y, *where, 0.62 * size, rng)
        bite = where + 0.5 * size * np.array([np.cos(turn), np.sin(turn)])
        return whole * (1 - _disc(x, y, *bite, 0.3 * size, rng))
    lobes = 2 if label == "bilobed" else 3
    angles = turn + 2 * np.pi * np.arange(lobes) / lobes + rng.normal(0, 0.2, lobes)
    discs = [
        _disc(x, y, *(where + 0.36 * size * np.array([np.cos(a), np.sin(a)])), 0.72 * size / lobes**0.75, rng)
        for a in angles
    ]
    return np.maximum.reduce(discs)


def _grains(label: str, x: Plane, y: Plane, where: Plane, size: float, rng: Rng) -> Plane:
    """Grains in the cell: many small ones in "granular", a few in the others."""
    count = rng.integers(40, 60) if label == "granular" else rng.integers(4, 14)
    grains = np.zeros_like(x)
    for _number in range(count):
        angle, reach = rng.uniform(0, 2 * np.pi), size * np.sqrt(rng.uniform(0, 0.8))
        at = where + reach * np.array([np.cos(angle), np.sin(angle)])
        grains = np.maximum(grains, _disc(x, y, *at, rng.uniform(0.005, 0.009), rng))
    return grains


def _over(image: Plane, mask: Plane, colour: Plane, share: float) -> Plane:
    return image + share * mask[..., None] * (colour - image)


SETS: Mapping[str, tuple[Callable[[str, Rng], Image.Image], tuple[str, ...]]] = {
    "spectra": (spectrum, tuple(_COURSES)),
    "cells": (cell, ("round", "granular", "bent", "bilobed", "trilobed")),
}
