"""Generated textures: a data set that needs no network and no photo, and that is not easy.

Classes differ in texture alone. Scale, angle, colours, contrast, light, distortion and noise are drawn afresh for every
image of every class, so that colours and coarse pixels tell little while features of a pretrained network tell a lot.
Every image depends on (seed, class, index) only.
"""

from __future__ import annotations

import io
import zlib
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from PIL import Image

SIZE_PX = 128
PER_CLASS = 60
Plane = NDArray[np.float64]
Rng = np.random.Generator


def texture(label: str, index: int, seed: int = 0) -> Image.Image:
    """The image number `index` of a class, 128 × 128 RGB."""
    rng = np.random.default_rng([seed, zlib.crc32(label.encode()), index])
    u, v = _coordinates(rng)
    height = np.clip(TEXTURES[label](u, v, rng), 0, 1)
    return _painted(height, rng)


def texture_png(label: str, index: int, seed: int = 0) -> bytes:
    """The same as a PNG file's bytes."""
    buffer = io.BytesIO()
    texture(label, index, seed).save(buffer, "PNG", compress_level=1)
    return buffer.getvalue()


def _coordinates(rng: Rng) -> tuple[Plane, Plane]:
    """Turned, scaled, shifted, gently bent coordinates; one unit is one period of a texture, 4 to 11 of them across."""
    y, x = np.mgrid[0:SIZE_PX, 0:SIZE_PX] / SIZE_PX - 0.5
    angle = rng.uniform(0, 2 * np.pi)
    periods = np.exp(rng.uniform(np.log(4), np.log(11)))
    squeeze = np.exp(rng.uniform(-0.2, 0.2))
    bend = rng.uniform(0, 0.03, 2)
    wave = rng.uniform(1, 3, 2)
    phase = rng.uniform(0, 2 * np.pi, 2)
    x, y = (
        x + bend[0] * np.sin(2 * np.pi * wave[0] * y + phase[0]),
        y + bend[1] * np.sin(2 * np.pi * wave[1] * x + phase[1]),
    )
    u = (np.cos(angle) * x - np.sin(angle) * y) * periods * squeeze + rng.uniform(0, 9)
    v = (np.sin(angle) * x + np.cos(angle) * y) * periods / squeeze + rng.uniform(0, 9)
    return u, v


def _painted(height: Plane, rng: Rng) -> Image.Image:
    """Two colours by height, under uneven light, with noise; either colour may be the lighter one."""
    first = rng.uniform(20, 235, 3)
    second = rng.uniform(20, 235, 3)
    while np.abs(first - second).sum() < 110:
        second = rng.uniform(20, 235, 3)
    y, x = np.mgrid[0:SIZE_PX, 0:SIZE_PX] / SIZE_PX - 0.5
    tilt = rng.uniform(-0.5, 0.5, 2)
    light = 1 + tilt[0] * x + tilt[1] * y
    image = (first + height[..., None] * (second - first)) * light[..., None]
    image += rng.normal(0, rng.uniform(4, 22), image.shape)
    return Image.fromarray((image + 0.5).clip(0, 255).astype(np.uint8))


def _edge(distance: Plane, width: float) -> Plane:
    """0 where `distance` is well below zero, 1 well above, soft in between."""
    return np.clip(distance / width + 0.5, 0, 1)


def _noise(u: Plane, v: Plane, rng: Rng, octaves: int = 4) -> Plane:
    """Smooth value noise, about 0 to 1, summed over octaves."""
    total, weights = np.zeros_like(u), 0.0
    for octave in range(octaves):
        grid = rng.random((32, 32))
        x, y = u * 2**octave, v * 2**octave
        i, j = np.floor(x).astype(int), np.floor(y).astype(int)
        fx, fy = x - i, y - j
        fx, fy = fx * fx * (3 - 2 * fx), fy * fy * (3 - 2 * fy)
        i, j = i % 32, j % 32
        k, m = (i + 1) % 32, (j + 1) % 32
        top = grid[i, j] * (1 - fx) + grid[k, j] * fx
        low = grid[i, m] * (1 - fx) + grid[k, m] * fx
        total += (top * (1 - fy) + low * fy) * 0.5**octave
        weights += 0.5**octave
    return total / weights


def _stripes(u: Plane, v: Plane, rng: Rng) -> Plane:
    duty = rng.uniform(0.3, 0.7)
    del v
    return _edge(np.abs((u % 1) - 0.5) - duty / 2, rng.uniform(0.08, 0.3))


def _checks(u: Plane, v: Plane, rng: Rng) -> Plane:
    wave = np.sin(np.pi * u) * np.sin(np.pi * v)
    return _edge(wave, rng.uniform(0.15, 0.6))


def _dots(u: Plane, v: Plane, rng: Rng) -> Plane:
    row = np.floor(v)
    shift = rng.choice([0.0, 0.5])
    x, y = (u + shift * row) % 1 - 0.5, v % 1 - 0.5
    return _edge(np.hypot(x, y) - rng.uniform(0.2, 0.36), rng.uniform(0.06, 0.15))


def _bricks(u: Plane, v: Plane, rng: Rng) -> Plane:
    row = np.floor(v)
    x = u / rng.uniform(1.7, 2.3) + 0.5 * row
    joint = np.minimum(0.5 - np.abs(x % 1 - 0.5), (0.5 - np.abs(v % 1 - 0.5)) / 2)
    tones = rng.random((64, 64))[np.floor(x).astype(int) % 64, row.astype(int) % 64]
    height: Plane = _edge(joint - rng.uniform(0.03, 0.06), 0.05) * (0.7 + 0.3 * tones)
    return height


def _rings(u: Plane, v: Plane, rng: Rng) -> Plane:
    cx, cy = u.mean() + rng.uniform(-3, 3), v.mean() + rng.uniform(-3, 3)
    radius = np.hypot(u - cx, v - cy) + 0.5 * _noise(u * 0.6, v * 0.6, rng, 2)
    height: Plane = 0.5 + 0.5 * np.sin(2 * np.pi * radius)
    if rng.random() < 0.5:
        height = (radius % 1) ** rng.uniform(0.7, 2.0)
    return height


def _clouds(u: Plane, v: Plane, rng: Rng) -> Plane:
    noise = _noise(u * 0.7, v * 0.7, rng, 5)
    height: Plane = (noise - noise.min()) / (np.ptp(noise) + 1e-9)
    return height


def _cells(u: Plane, v: Plane, rng: Rng) -> Plane:
    """Cracked ground: far from the border of the Voronoi cells of a jittered grid is high (Worley 1996, F2 - F1)."""
    jitter = rng.random((32, 32, 2)) * 0.9
    i, j = np.floor(u).astype(int), np.floor(v).astype(int)
    nearest, second = np.full_like(u, 9.0), np.full_like(u, 9.0)
    for di in (-1, 0, 1):
        for dj in (-1, 0, 1):
            a, b = (i + di) % 32, (j + dj) % 32
            distance = np.hypot(i + di + jitter[a, b, 0] - u, j + dj + jitter[a, b, 1] - v)
            second = np.minimum(second, np.maximum(distance, nearest))
            nearest = np.minimum(nearest, distance)
    return _edge(second - nearest - rng.uniform(0.06, 0.14), rng.uniform(0.06, 0.2))


def _weave(u: Plane, v: Plane, rng: Rng) -> Plane:
    over = (np.floor(u) + np.floor(v)) % 2 < 1
    x, y = np.abs(u % 1 - 0.5), np.abs(v % 1 - 0.5)
    width = rng.uniform(0.36, 0.46)
    warp = np.where(x < width, 0.35 + 0.65 * np.cos(np.pi * x) * np.cos(0.7 * np.pi * y), 0.0)
    weft = np.where(y < width, 0.35 + 0.65 * np.cos(np.pi * y) * np.cos(0.7 * np.pi * x), 0.0)
    return np.where(over, np.where(x < width, warp, weft * 0.6), np.where(y < width, weft, warp * 0.6))


TEXTURES: dict[str, Callable[[Plane, Plane, Rng], Plane]] = {
    "bricks": _bricks,
    "cells": _cells,
    "checks": _checks,
    "clouds": _clouds,
    "dots": _dots,
    "rings": _rings,
    "stripes": _stripes,
    "weave": _weave,
}
