"""Integrated gradients, by captum: what each pixel adds to a class's score on the way from a photo of the mean colour.

Source: M. Sundararajan, A. Taly and Q. Yan, "Axiomatic Attribution for Deep Networks", ICML 2017.
"""

from __future__ import annotations

import numpy as np
import torch
import torch.nn.functional as F
from captum.attr import IntegratedGradients
from numpy.typing import NDArray
from torch import Tensor

from core.explaining.subject import Photo, Subject

STEPS, BATCH = 32, 8
PLACES = 32
"""Single pixels cannot be seen on a photo: they are added up in so many rows and columns at most."""


def integrated_gradients(subject: Subject, photo: Photo, target: int) -> list[NDArray[np.float32]]:
    """For each square that the model sees (h, w) float32: what the pixels in each place add to the class's score."""

    def score(images: Tensor) -> Tensor:
        return subject.scores(subject.classifier(images), target)

    inputs = subject.on_device(photo.inputs[None])
    with torch.enable_grad():
        added = IntegratedGradients(score).attribute(inputs, n_steps=STEPS, internal_batch_size=BATCH)
    pixels = added.detach().float().cpu()[0].sum(0).flatten()
    sides = photo.sight.sides
    squares = torch.split(pixels, [side**2 for side in sides])
    return [_in_places(square.reshape(side, side)) for square, side in zip(squares, sides, strict=True)]


def _in_places(square: Tensor) -> NDArray[np.float32]:
    side = len(square)
    places = min(side, PLACES)
    means = F.adaptive_avg_pool2d(square[None], places)[0]
    return np.asarray((means * (side / places) ** 2).numpy(), dtype=np.float32)
