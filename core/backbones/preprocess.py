"""An image becomes a backbone's input: the one way for extraction, validation, prediction and bundles."""

from __future__ import annotations

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from core.backbones.spec import Preprocessing

_LONG = 4
_FILTERS = {"bilinear": Image.Resampling.BILINEAR, "bicubic": Image.Resampling.BICUBIC}


def preprocess(image: Image.Image, how: Preprocessing) -> Tensor:
    """An RGB image as normalised float32 of shape (3, crop_px, crop_px).

    The result is that of torchvision's `weights.transforms()`.
    """
    return normalise(crop(image, how), how)


def crop(image: Image.Image, how: Preprocessing) -> Image.Image:
    """Resizes the short side and cuts out the centre: an RGB image of `crop_px` on each side."""
    width, height = image.size
    short = min(width, height)
    scaled = (int(how.resize_px * width / short), int(how.resize_px * height / short))
    left, top = (round((side - how.crop_px) / 2) for side in scaled)
    right, bottom = left + how.crop_px, top + how.crop_px
    if max(scaled) <= _LONG * how.resize_px:
        return image.resize(scaled, _FILTERS[how.interpolation]).crop((left, top, right, bottom))
    # Resized whole, a strip of 1 × 100,000 px would fill the memory. Values differ by a few levels of 255 from that.
    x, y = width / scaled[0], height / scaled[1]
    box = (left * x, top * y, min(right * x, width), min(bottom * y, height))
    return image.resize((how.crop_px, how.crop_px), _FILTERS[how.interpolation], box=box)


def normalise(image: Image.Image, how: Preprocessing) -> Tensor:
    """Scales an RGB image to 0..1 and normalises each channel: float32 of shape (3, h, w)."""
    values = torch.from_numpy(np.array(image)).permute(2, 0, 1).float().div_(255.0).contiguous()
    mean, std = (torch.tensor(channel)[:, None, None] for channel in (how.mean, how.std))
    return values.sub_(mean).div_(std)
