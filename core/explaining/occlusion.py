"""Occlusion: how much a class's score falls when a window over the photo is hidden.

Source: M. D. Zeiler and R. Fergus, "Visualizing and Understanding Convolutional Networks", ECCV 2014.
"""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray

from core.explaining.records import CELLS
from core.explaining.subject import BATCH, Photo, Subject

WINDOW, STEP = 4, 2
"""The side of the window, and how far it is moved, in cells of the photo."""


def occlusion(subject: Subject, photo: Photo, target: int) -> NDArray[np.float64]:
    """(CELLS, CELLS): how much of the class's score each cell holds, the mean over the windows that hide it.

    A window hides the same place from each of the model's backbones at once. What is hidden has the mean colour.
    """
    windows = _windows()
    scores = np.concatenate([_scores(subject, photo, target, some) for some in _groups(windows)])
    drops = scores[0] - scores[1:]
    shares = drops / windows[1:].sum((1, 2))
    return np.asarray((shares[:, None, None] * windows[1:]).sum(0) / windows[1:].sum(0))


def _windows() -> NDArray[np.bool_]:
    """(1 + windows, CELLS, CELLS): nothing hidden, then each window; those at the edge reach beyond it."""
    starts = range(STEP - WINDOW, CELLS, STEP)
    at = np.arange(CELLS)
    spans = [(start <= at) & (at < start + WINDOW) for start in starts]
    hidden = [rows[:, None] & columns[None, :] for rows in spans for columns in spans]
    return np.stack([np.zeros((CELLS, CELLS), dtype=bool), *hidden])


def _groups(windows: NDArray[np.bool_]) -> list[NDArray[np.bool_]]:
    return [windows[start : start + BATCH] for start in range(0, len(windows), BATCH)]


def _scores(subject: Subject, photo: Photo, target: int, windows: NDArray[np.bool_]) -> NDArray[np.float64]:
    inputs = torch.stack([photo.hidden(window) for window in windows])
    return subject.scores(torch.from_numpy(subject.logits(inputs)), target).double().numpy()
