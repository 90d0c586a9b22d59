"""From an image to a backbone's input, in one way for extraction, validation, prediction and bundles."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from core.backbones.names import CENTRE, WHOLE
from core.backbones.spec import Preprocessing

LONG = 4
"""What is longer than this many times its input is not resized as a whole."""
_FILTERS = {"bilinear": Image.Resampling.BILINEAR, "bicubic": Image.Resampling.BICUBIC}


def preprocess(image: Image.Image, preprocessing: Preprocessing) -> Tensor:
    """An RGB image as normalised float32 of shape (3, crop_px, crop_px).

    Where the framing is the centre, the result is that of torchvision's `weights.transforms()`. Where several backbones
    stand side by side, it is what each of them would see alone, as `in_a_row`.
    """
    return in_a_row([normalise(crop(image, view), view) for view in preprocessing.views])


def in_a_row(inputs: Sequence[Tensor]) -> Tensor:
    """The inputs (3, h, w) of several backbones as one tensor (3, n), their pixels one after the other; one as it is.

    So a photo is one tensor whatever looks at it, and batches, threads and networks need not know.
    """
    return inputs[0] if len(inputs) == 1 else torch.cat([pixels.flatten(1) for pixels in inputs], dim=1)


def crop(image: Image.Image, preprocessing: Preprocessing) -> Image.Image:
    """What the backbone sees of an RGB image by its framing: an RGB image of `crop_px` on each side."""
    if preprocessing.framing == CENTRE:
        return _centre(image, preprocessing)
    return framed(image, preprocessing, preprocessing.crop_px)


def framed(image: Image.Image, preprocessing: Preprocessing, side_px: int) -> Image.Image:
    """All of an RGB image in a square of this side: padded with the mean colour, or squashed, as the framing says."""
    method = _FILTERS[preprocessing.interpolation]
    if preprocessing.framing == WHOLE:
        width, height = (max(1, round(side / max(image.size) * side_px)) for side in image.size)
        square = Image.new("RGB", (side_px, side_px), preprocessing.mean_colour)
        square.paste(
            image.resize((width, height), method), (round((side_px - width) / 2), round((side_px - height) / 2))
        )
        return square
    # What is to shrink does so first: a strip of 1 × 100,000 px, widened before that, would fill the memory.
    shrunk = image.resize((min(image.width, side_px), min(image.height, side_px)), method)
    return shrunk.resize((side_px, side_px), method)


def _centre(image: Image.Image, preprocessing: Preprocessing) -> Image.Image:
    """Resizes the short side and cuts out the centre."""
    width, height = image.size
    short_side = min(width, height)
    scaled = (int(preprocessing.resize_px * width / short_side), int(preprocessing.resize_px * height / short_side))
    left, top = (round((side - preprocessing.crop_px) / 2) for side in scaled)
    right, bottom = left + preprocessing.crop_px, top + preprocessing.crop_px
    if max(scaled) <= LONG * preprocessing.resize_px:
        return image.resize(scaled, _FILTERS[preprocessing.interpolation]).crop((left, top, right, bottom))
    # A strip of 1 × 100,000 px, resized as a whole, would fill the memory. Resizing the box alone gives values that
    # differ from that by a few levels of 255.
    x, y = width / scaled[0], height / scaled[1]
    box = (left * x, top * y, min(right * x, width), min(bottom * y, height))
    return image.resize((preprocessing.crop_px, preprocessing.crop_px), _FILTERS[preprocessing.interpolation], box=box)


def normalise(image: Image.Image, preprocessing: Preprocessing) -> Tensor:
    """Scales an RGB image to 0..1 and normalises each channel: float32 of shape (3, h, w)."""
    values = torch.from_numpy(np.array(image)).permute(2, 0, 1).float().div_(255.0).contiguous()
    mean, std = (torch.tensor(channel)[:, None, None] for channel in (preprocessing.mean, preprocessing.std))
    return values.sub_(mean).div_(std)
