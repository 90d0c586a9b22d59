"""Augmented views: the part of an image, the images it is mixed with, its colours, and how it is drawn at a size.

View v of image i depends only on (seed, v, i) and the number of images, so teacher and student see the same one at any
size and in any order.

Most views are random resized crops. A share of them is wild: smaller and turned crops, other colours, two images
blended or four in a mosaic. A teacher's answers to those carry over to photos that look like none of the training
images ("function matching"; Beyer et al. 2022), and each part of a mosaic is as sharp as the image it came from.
"""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor
from torch.nn import functional

AREA, WILD_AREA = (0.35, 1.0), (0.08, 1.0)
LOG_ASPECT = float(np.log(4 / 3))
WILD_ANGLE = float(np.pi / 6)
ALONE, BLEND, MOSAIC = 0, 1, 2
MIX_SHARES = (0.4, 0.3, 0.3)  # of wild views
PLAIN, GREY, JITTER, STRANGE = range(4)
COLOUR_SHARES = (0.4, 0.2, 0.3, 0.1)  # of wild views
BOX_STREAM, WILD_STREAM, MIX_STREAM, PARTNER_STREAM, COLOUR_STREAM = range(10, 15)
VERSION = 1  # of the views that follow from (seed, view): with another version, answers are asked for anew
LUMA = np.array([0.299, 0.587, 0.114], np.float32)


@dataclass(frozen=True)
class Views:
    """One view of each of some images.

    Attributes:
        boxes: (n, 6) float32: centre x, centre y, half width, half height, each as a share of the side in -1..1
            coordinates; ±1 (-1: mirrored); angle in radians.
        mix: (n,) int64: `ALONE`, `BLEND` or `MOSAIC`.
        partners: (n, 3) int64: the other images of a mosaic; the first one is a blend's.
        share: (n,) float32, a blend's partner's.
        colour: (n, 3, 4) float32: the matrix that makes the view's colours of (red, green, blue, 1).
    """

    boxes: npt.NDArray[np.float32]
    mix: npt.NDArray[np.int64]
    partners: npt.NDArray[np.int64]
    share: npt.NDArray[np.float32]
    colour: npt.NDArray[np.float32]

    def __len__(self) -> int:
        return len(self.boxes)

    def of(self, rows: npt.NDArray[np.int64]) -> "Views":
        """The views of some rows."""
        return Views(self.boxes[rows], self.mix[rows], self.partners[rows], self.share[rows], self.colour[rows])


@lru_cache(maxsize=8)
def plan_views(seed: int, view: int, count: int, wild: float) -> Views:
    """View number `view` of each of `count` images, of which the share `wild` is wild."""
    is_wild = np.random.default_rng((WILD_STREAM, seed, view)).random(count) < wild
    draws = np.random.default_rng((MIX_STREAM, seed, view)).random((count, 4))
    mix = np.where(is_wild, np.searchsorted(np.cumsum(MIX_SHARES[:-1]), draws[:, 0], side="right"), ALONE)
    views = Views(
        _boxes(seed, view, is_wild),
        mix.astype(np.int64),
        (np.random.default_rng((PARTNER_STREAM, seed, view)).random((count, 3)) * count).astype(np.int64),
        (0.15 + 0.7 * draws[:, 1]).astype(np.float32),
        _colours(seed, view, is_wild),
    )
    for values in (views.boxes, views.mix, views.partners, views.share, views.colour):
        values.flags.writeable = False  # shared between callers
    return views


def _boxes(seed: int, view: int, is_wild: npt.NDArray[np.bool_]) -> npt.NDArray[np.float32]:
    """Random resized crops (Szegedy et al. 2014), mirrored or not; turned where wild."""
    draws = np.random.default_rng((BOX_STREAM, seed, view)).random((len(is_wild), 6))
    low, high = (np.where(is_wild, wild, usual) for wild, usual in zip(WILD_AREA, AREA, strict=True))
    area = low + (high - low) * draws[:, 0]
    aspect = np.exp(np.where(is_wild, 2.0, 1.0) * LOG_ASPECT * (2 * draws[:, 1] - 1))
    half_width = np.minimum(np.sqrt(area * aspect), 1.0)
    half_height = np.minimum(np.sqrt(area / aspect), 1.0)
    centre_x = (1 - half_width) * (2 * draws[:, 2] - 1)
    centre_y = (1 - half_height) * (2 * draws[:, 3] - 1)
    flip = np.where(draws[:, 4] < 0.5, -1.0, 1.0)
    angle = np.where(is_wild, WILD_ANGLE * (2 * draws[:, 5] - 1), 0.0)
    return np.stack([centre_x, centre_y, half_width, half_height, flip, angle], axis=1).astype(np.float32)


def _colours(seed: int, view: int, is_wild: npt.NDArray[np.bool_]) -> npt.NDArray[np.float32]:
    """Colour matrices: identity, grey, changed contrast, brightness and saturation, or negated or swapped colours."""
    random = np.random.default_rng((COLOUR_STREAM, seed, view))
    count = len(is_wild)
    kinds = np.searchsorted(np.cumsum(COLOUR_SHARES[:-1]), random.random(count), side="right")
    kinds = np.where(is_wild, kinds, PLAIN)
    saturation = np.select([kinds == GREY, kinds == JITTER], [0.0, random.uniform(0.3, 1.7, count)], 1.0)
    contrast = np.where(kinds == JITTER, random.uniform(0.5, 1.5, count), 1.0)
    brightness = np.where(kinds == JITTER, random.uniform(-0.2, 0.2, count), 0.0)
    is_negated = (kinds == STRANGE) | ((kinds == GREY) & (random.random(count) < 0.3))
    swapped = random.permuted(np.tile(np.arange(3), (count, 1)), axis=1)
    channels = np.where((kinds == STRANGE)[:, None], swapped, range(3))
    matrix = np.eye(3)[channels] * saturation[:, None, None] + LUMA * (1 - saturation)[:, None, None]
    scale = contrast * np.where(is_negated, -1.0, 1.0)
    shift = np.where(is_negated, 1.0, 0.0) + brightness + 0.5 * (1 - contrast) * np.where(is_negated, -1.0, 1.0)
    shifts = np.broadcast_to(shift[:, None, None], (count, 3, 1))
    return np.concatenate([matrix * scale[:, None, None], shifts], axis=2).astype(np.float32)


def draw_views(pixels: Tensor, rows: npt.NDArray[np.int64], views: Views, size_px: int) -> Tensor:
    """Draws views of images at a size.

    Args:
        pixels: (n, side, side, 3) uint8, of all images; a partner's number is taken modulo n.
        rows: (b,), the images to draw.
        views: b of them, one for each row.
        size_px: even where there are mosaics.

    Returns:
        (b, 3, size_px, size_px) float32 in 0..1. Where a view shrinks, several samples a pixel are averaged.
    """
    images = _crops(pixels, rows, views.boxes, size_px)
    blends = np.flatnonzero(views.mix == BLEND)
    if len(blends):
        partners = _crops(pixels, views.partners[blends, 0] % len(pixels), views.boxes[blends], size_px)
        share = torch.from_numpy(views.share[blends]).to(images.device)[:, None, None, None]
        indices = torch.from_numpy(blends).to(images.device)
        images[indices] = images[indices].lerp(partners, share)
    mosaics = np.flatnonzero(views.mix == MOSAIC)
    if len(mosaics):
        parts = [rows[mosaics], *(views.partners[mosaics] % len(pixels)).T]
        a, b, c, d = (_crops(pixels, part, views.boxes[mosaics], size_px // 2) for part in parts)
        tiled = torch.cat([torch.cat([a, b], 3), torch.cat([c, d], 3)], 2)
        images[torch.from_numpy(mosaics).to(images.device)] = tiled
    return _coloured(images, views.colour)


def _crops(pixels: Tensor, rows: npt.NDArray[np.int64], boxes: npt.NDArray[np.float32], size_px: int) -> Tensor:
    """(b, 3, size_px, size_px): one box of each of some images."""
    oversampling = max(1, round(0.8 * pixels.shape[1] / size_px))
    selected = pixels[torch.from_numpy(rows).to(pixels.device)]
    images = selected.permute(0, 3, 1, 2).float().div_(255)
    x, y, half_width, half_height, flip, angle = boxes.T
    theta = np.empty((len(rows), 2, 3), np.float32)
    theta[:, 0, 0], theta[:, 0, 1] = half_width * flip * np.cos(angle), -half_height * np.sin(angle)
    theta[:, 1, 0], theta[:, 1, 1] = half_width * flip * np.sin(angle), half_height * np.cos(angle)
    theta[:, 0, 2], theta[:, 1, 2] = x, y
    fine_px = size_px * oversampling
    transform = torch.from_numpy(theta).to(pixels.device)
    grid = functional.affine_grid(transform, [len(rows), 3, fine_px, fine_px], align_corners=False)
    sampled = functional.grid_sample(images, grid, mode="bilinear", padding_mode="reflection", align_corners=False)
    return functional.avg_pool2d(sampled, oversampling) if oversampling > 1 else sampled


def _coloured(images: Tensor, colour: npt.NDArray[np.float32]) -> Tensor:
    """Images (b, 3, h, w) with their colours changed by matrices (b, 3, 4), in 0..1; most are the identity."""
    changed = np.flatnonzero((colour != np.eye(3, 4, dtype=np.float32)).any((1, 2)))
    if len(changed):
        indices, matrix = (torch.from_numpy(values).to(images.device) for values in (changed, colour[changed]))
        flattened = images[indices].flatten(2)
        mixed = torch.baddbmm(matrix[:, :, 3:], matrix[:, :, :3], flattened).clamp_(0, 1)
        images[indices] = mixed.view(len(changed), *images.shape[1:])
    return images
