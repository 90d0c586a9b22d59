"""`Predictions`: a classifier's class probabilities for the images of one split, and their true classes.

It is the hinge of Graft: everything about quality is computed from this record, which knows neither images nor models.
"""

from __future__ import annotations

import json
import zipfile
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy import special

from core.errors import EvaluationError
from core.i18n import gettext as _
from core.paths import replacing

SUM_TOLERANCE = 1e-3


def softmax(logits: NDArray[np.floating]) -> NDArray[np.float32]:
    """Class probabilities of logits (n, c), computed in float64: float32, rows sum to 1."""
    return np.asarray(special.softmax(logits.astype(np.float64), axis=1), dtype=np.float32)


@dataclass(frozen=True, eq=False)
class Predictions:
    """A classifier's predictions for n images and c classes.

    The arrays are copied and made read-only, and checked where the record is made.

    Attributes:
        class_names: the c class names, in the order of the columns of `proba`.
        y_true: (n,) int64, the index of each image's true class.
        proba: (n, c) float32, rows sum to 1.
        ids: the n images' ids (the sha256 of their bytes); an image may be there more than once.
        split: "train", "val", "test", or "oof" for out-of-fold predictions of the training split.

    Raises:
        EvaluationError: the parts do not fit together; the message gives the expected and the actual shape.
    """

    class_names: tuple[str, ...]
    y_true: NDArray[np.int64]
    proba: NDArray[np.float32]
    ids: tuple[str, ...]
    split: str

    def __post_init__(self) -> None:
        object.__setattr__(self, "class_names", tuple(self.class_names))
        object.__setattr__(self, "ids", tuple(self.ids))
        _check_names(self.class_names)
        object.__setattr__(self, "proba", _frozen_proba(self.proba, len(self.class_names)))
        object.__setattr__(self, "y_true", _frozen_labels(self.y_true, self.proba.shape))
        if len(self.ids) != len(self.y_true):
            raise EvaluationError(
                _("Predictions for {expected} photos need {expected} ids, not {actual}.").format(
                    expected=len(self.y_true), actual=len(self.ids)
                )
            )

    def __len__(self) -> int:
        return len(self.y_true)

    @property
    def y_pred(self) -> NDArray[np.int64]:
        """(n,) int64, the index of the most probable class; the first of several that are equal."""
        return np.asarray(self.proba.argmax(axis=1), dtype=np.int64)

    @property
    def correct(self) -> NDArray[np.bool_]:
        """(n,) bool, whether the most probable class is the true one."""
        return np.asarray(self.y_pred == self.y_true)

    def save(self, path: Path) -> None:
        """Replaces the file at `path` by these predictions, as `.npz` without pickle, whole or not at all."""
        with replacing(path) as file:
            np.savez_compressed(
                file, y_true=self.y_true, proba=self.proba,
                class_names=packed(self.class_names), ids=packed(self.ids), split=packed([self.split]),
            )  # fmt: skip

    @classmethod
    def load(cls, path: Path) -> Predictions:
        """The predictions in a file that `save` wrote.

        Raises:
            EvaluationError: there is no such file, or it is damaged.
        """
        try:
            with path.open("rb") as file, np.load(file, allow_pickle=False) as content:
                return cls(
                    class_names=unpacked(content["class_names"]),
                    y_true=content["y_true"],
                    proba=content["proba"],
                    ids=unpacked(content["ids"]),
                    split=unpacked(content["split"])[0],
                )
        except FileNotFoundError:
            raise EvaluationError(
                _("There are no predictions for the split '{split}'. Run it again.").format(split=path.stem)
            ) from None
        except (OSError, EOFError, KeyError, IndexError, TypeError, ValueError, zipfile.BadZipFile, zlib.error) as why:
            raise EvaluationError(
                _("The predictions for the split '{split}' are damaged. Run it again.").format(split=path.stem)
            ) from why


def _check_names(names: tuple[str, ...]) -> None:
    if len(names) < 2:
        raise EvaluationError(_("Predictions need at least 2 classes, not {actual}.").format(actual=len(names)))
    duplicates = sorted({name for name in names if names.count(name) > 1}) if len(set(names)) < len(names) else []
    if duplicates:
        raise EvaluationError(_("The class name '{name}' comes more than once.").format(name=duplicates[0]))


def _frozen_proba(values: object, c: int) -> NDArray[np.float32]:
    proba = np.array(values, dtype=np.float32, order="C")
    if proba.ndim != 2 or proba.shape[1] != c:
        raise EvaluationError(
            _("Probabilities for {c} classes have the shape (n, {c}), not {actual}.").format(c=c, actual=proba.shape)
        )
    if not np.isfinite(proba).all():
        raise EvaluationError(_("Probabilities are finite numbers; row {row} is not.").format(row=_first_bad(proba)))
    if (proba < 0).any() or (np.abs(proba.sum(axis=1, dtype=np.float64) - 1) > SUM_TOLERANCE).any():
        is_off = (proba < 0).any(axis=1) | (np.abs(proba.sum(axis=1, dtype=np.float64) - 1) > SUM_TOLERANCE)
        row = int(is_off.argmax())
        raise EvaluationError(
            _("Probabilities are at least 0 and each row sums to 1; row {row} sums to {total:.4f}.").format(
                row=row, total=float(proba[row].sum(dtype=np.float64))
            )
        )
    proba.setflags(write=False)
    return proba


def _first_bad(proba: NDArray[np.float32]) -> int:
    return int((~np.isfinite(proba)).any(axis=1).argmax())


def _frozen_labels(values: object, shape: tuple[int, ...]) -> NDArray[np.int64]:
    labels = np.array(values)
    n, c = shape
    if labels.shape != (n,):
        raise EvaluationError(
            _("True classes of {n} photos have the shape ({n},), not {actual}.").format(n=n, actual=labels.shape)
        )
    if n and not np.issubdtype(labels.dtype, np.integer):
        raise EvaluationError(_("True classes are whole numbers, not {dtype}.").format(dtype=labels.dtype))
    if n and (labels.min() < 0 or labels.max() >= c):
        worst = labels.min() if labels.min() < 0 else labels.max()
        raise EvaluationError(
            _("True classes are numbers from 0 to {last}, not {actual}.").format(last=c - 1, actual=int(worst))
        )
    frozen = labels.astype(np.int64)
    frozen.setflags(write=False)
    return frozen


def packed(strings: Sequence[str]) -> NDArray[np.uint8]:
    """Strings as the bytes of JSON: numpy's own text arrays drop trailing NULs and cost 4 bytes a character."""
    return np.frombuffer(json.dumps(list(strings)).encode(), dtype=np.uint8)


def unpacked(content: NDArray[np.uint8]) -> tuple[str, ...]:
    """The strings in the bytes that `packed` gives.

    Raises:
        ValueError: the bytes are no list of strings.
    """
    strings = json.loads(content.astype(np.uint8).tobytes())
    if not (isinstance(strings, list) and all(isinstance(string, str) for string in strings)):
        raise ValueError("not a list of strings")
    return tuple(strings)
