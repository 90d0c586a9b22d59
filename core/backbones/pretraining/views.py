"""Augmented views: which part of an image, mirrored or not, and how it is drawn at a size.

View v of image i depends on (seed, v, i) alone, so teacher and student see the same one at any size and in any order.
"""

from functools import lru_cache

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor
from torch.nn import functional

AREA = (0.35, 1.0)
LOG_ASPECT = float(np.log(4 / 3))


@lru_cache(maxsize=128)
def view_boxes(seed: int, view: int, count: int) -> npt.NDArray[np.float32]:
    """Random resized crops (Szegedy et al. 2014) with a flip, one for each of the first `count` images.

    Returns:
        (count, 5) float32: centre x, centre y, half width, half height, each as a share of the side in -1..1
        coordinates, and ±1 (-1: mirrored). Row i is the same whatever `count` is.
    """
    draws = np.random.default_rng((seed, view)).random((count, 5))
    area = AREA[0] + (AREA[1] - AREA[0]) * draws[:, 0]
    aspect = np.exp(LOG_ASPECT * (2 * draws[:, 1] - 1))
    half_width = np.minimum(np.sqrt(area * aspect), 1.0)
    half_height = np.minimum(np.sqrt(area / aspect), 1.0)
    centre_x = (1 - half_width) * (2 * draws[:, 2] - 1)
    centre_y = (1 - half_height) * (2 * draws[:, 3] - 1)
    flip = np.where(draws[:, 4] < 0.5, -1.0, 1.0)
    boxes = np.stack([centre_x, centre_y, half_width, half_height, flip], axis=1).astype(np.float32)
    boxes.flags.writeable = False  # shared between callers
    return boxes


def draw_views(pixels: Tensor, boxes: Tensor, size_px: int) -> Tensor:
    """Draw the boxes of images at a size.

    Args:
        pixels: (b, side, side, 3) uint8.
        boxes: (b, 5), from `view_boxes`.

    Returns:
        (b, 3, size_px, size_px) float32 in 0..1. Where a view shrinks, several samples a pixel are averaged.
    """
    finer = max(1, round(0.8 * pixels.shape[1] / size_px))
    images = pixels.permute(0, 3, 1, 2).float().div_(255)
    theta = torch.zeros(len(boxes), 2, 3, device=pixels.device)
    theta[:, 0, 0] = boxes[:, 2] * boxes[:, 4]
    theta[:, 1, 1] = boxes[:, 3]
    theta[:, :, 2] = boxes[:, :2]
    fine_px = size_px * finer
    grid = functional.affine_grid(theta, [len(boxes), 3, fine_px, fine_px], align_corners=False)
    drawn = functional.grid_sample(images, grid, mode="bilinear", padding_mode="border", align_corners=False)
    return functional.avg_pool2d(drawn, finer) if finer > 1 else drawn
