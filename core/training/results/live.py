"""What a training says of the validation images: the latest epoch's predictions, and the classes of each epoch.

The former lie beside the run's own until those are there, the latter stay. No torch is needed to read them.
"""

from __future__ import annotations

import contextlib
import time
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from core.data.dataset import Dataset
from core.evaluation.predictions import Predictions, softmax

EPOCHS = "epochs"
EVERY_S = 1.0
"""Nobody sees more: epochs that follow one another faster are left out."""


def live_predictions(out: Path) -> Path:
    """Where the latest epoch's predictions are while a training goes on in the directory `out`."""
    return out / "predictions" / "live.npz"


def judged_epochs(out: Path) -> list[int]:
    """The epochs of the training in the directory `out` whose predicted classes are kept, in order; 0 is the start."""
    return sorted(int(file.stem) for file in (out / EPOCHS).glob("*.npy") if file.stem.isdigit())


def confusion_of(out: Path, epoch: int, judged: Predictions) -> NDArray[np.int64] | None:
    """The confusion matrix (c, c) of an epoch, true classes in rows; None where it is gone or not of these images.

    Args:
        out: the run's directory.
        epoch: one of `judged_epochs(out)`.
        judged: predictions for the same images, which say what they truly are.
    """
    try:
        predicted = np.load(_epoch_file(out, epoch), allow_pickle=False)
    except (OSError, ValueError, EOFError):
        return None
    n_classes = len(judged.class_names)
    if predicted.shape != judged.y_true.shape or predicted.dtype != np.uint16 or predicted.max(initial=0) >= n_classes:
        return None
    confusion = np.zeros((n_classes, n_classes), np.int64)
    np.add.at(confusion, (judged.y_true, predicted), 1)
    return confusion


def _epoch_file(out: Path, epoch: int) -> Path:
    return out / EPOCHS / f"{epoch}.npy"


class Live:
    """Keeps the latest epoch's predictions, and the classes that each epoch predicts.

    Args:
        out: the run's directory.
        dataset: whose validation images are predicted.
        every_s: how often the former are written at most.
    """

    def __init__(self, out: Path, dataset: Dataset, every_s: float = EVERY_S) -> None:
        items = dataset.split("val")
        self._out, self._classes, self._every_s = out, dataset.classes, every_s
        self._y = np.array([item.label for item in items], dtype=np.int64)
        self._ids = tuple(item.sha256 for item in items)
        self._written_at = float("-inf")

    def show(self, epoch: int, logits: NDArray[np.float32]) -> None:
        """Shows what the network makes of the validation images (n, c) after an epoch; a full disk stops nothing."""
        with contextlib.suppress(OSError):
            (self._out / EPOCHS).mkdir(exist_ok=True)
            np.save(_epoch_file(self._out, epoch), logits.argmax(1).astype(np.uint16))
        if time.monotonic() - self._written_at < self._every_s:
            return
        self._written_at = time.monotonic()
        with contextlib.suppress(OSError):
            Predictions(self._classes, self._y, softmax(logits), self._ids, "val").save(live_predictions(self._out))
