"""What a training says of the validation images while it goes on, for whoever watches: the latest epoch's predictions.

They lie beside the run's own until those are there. No torch is needed to read them.
"""

from __future__ import annotations

import contextlib
import time
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from core.data.dataset import Dataset
from core.evaluation.predictions import Predictions, softmax

EVERY_S = 1.0
"""Nobody sees more: epochs that follow one another faster are left out."""


def live_predictions(out: Path) -> Path:
    """Where the latest epoch's predictions are while a training goes on in the directory `out`."""
    return out / "predictions" / "live.npz"


class Live:
    """Keeps the latest epoch's predictions.

    Args:
        out: the run's directory.
        dataset: whose validation images are predicted.
        every_s: how often they are written at most.
    """

    def __init__(self, out: Path, dataset: Dataset, every_s: float = EVERY_S) -> None:
        items = dataset.split("val")
        self._file, self._classes, self._every_s = live_predictions(out), dataset.classes, every_s
        self._y = np.array([item.label for item in items], dtype=np.int64)
        self._ids = tuple(item.sha256 for item in items)
        self._written_at = float("-inf")

    def show(self, logits: NDArray[np.float32]) -> None:
        """Shows what the network makes of the validation images (n, c); a full disk stops no training."""
        if time.monotonic() - self._written_at < self._every_s:
            return
        self._written_at = time.monotonic()
        with contextlib.suppress(OSError):
            Predictions(self._classes, self._y, softmax(logits), self._ids, "val").save(self._file)
