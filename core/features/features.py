"""The features of a dataset's images by one backbone: one row an image, with all that is needed to learn from it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from core.data.dataset import SPLITS
from core.data.images.levels import Levels
from core.i18n import gettext as _

_ROUNDING = 1e-5  # what float32 loses in a network, as a share of the largest value


@dataclass(frozen=True, eq=False)
class Features:
    """The features of a dataset's images by one backbone, in the order of its items.

    Attributes:
        X: (n, d) float32.
        y: (n,) int64, indices into `classes`.
        ids: the n images' sha256; copies of a photo share it.
        split: (n,) str, each image's split.
        classes: class names.
        backbone: its registered name.
        dataset_id: the dataset's id in its workspace.
        dataset_name: what the user calls it.
        fingerprint: the sha256 of its content and splits.
        images_per_s: decoding and network together, on this machine; 0 where it was never measured.
        from_store: how many rows were read from the store.
        note: what the user should know about how they were computed; "" where there is nothing.
        groups: (n,) int64; rows with the same number must stay on one side of a split or fold. By default only copies
            (the same id) share a group.
        levels: the dataset's, which a model that is fitted to these features has to remember.
    """

    X: NDArray[np.float32]
    y: NDArray[np.int64]
    ids: tuple[str, ...]
    split: NDArray[np.str_]
    classes: tuple[str, ...]
    backbone: str
    dataset_id: str
    dataset_name: str
    fingerprint: str
    images_per_s: float = 0.0
    from_store: int = 0
    note: str = ""
    groups: NDArray[np.int64] = field(default_factory=lambda: np.empty(0, dtype=np.int64))
    levels: Levels | None = None

    def __post_init__(self) -> None:
        n = len(self.ids)
        if not self.groups.size:
            object.__setattr__(self, "groups", _copies(self.ids))
        if self.X.ndim != 2 or not len(self.X) == len(self.y) == len(self.split) == len(self.groups) == n:
            raise ValueError(
                f"features of {n} photos have X of shape (n, d), y, split and groups of shape (n,); not "
                f"{self.X.shape}, {self.y.shape}, {self.split.shape} and {self.groups.shape}"
            )

    @property
    def is_constant(self) -> bool:
        """Whether all rows are the same but for rounding, so that there is nothing to tell images apart by."""
        if len(self.X) < 2:
            return False
        return bool(np.ptp(self.X, axis=0).max() <= _ROUNDING * np.abs(self.X).max())

    @property
    def all_alike(self) -> str:
        """That all images look the same to the backbone, in words; "" where they do not."""
        message = _("All photos look the same to '{backbone}': nothing in its features tells them apart.")
        return message.format(backbone=self.backbone) if self.is_constant else ""

    def counts(self) -> dict[str, dict[str, int]]:
        """Images by split and class name; only splits that have images, every class in each."""
        splits = [split for split in SPLITS if (self.split == split).any()]
        per_class = {split: np.bincount(self.y[self.split == split], minlength=len(self.classes)) for split in splits}
        return {split: dict(zip(self.classes, counts.tolist(), strict=True)) for split, counts in per_class.items()}

    def of(self, split: str) -> Features:
        """The rows of one split."""
        return self.at(np.flatnonzero(self.split == split))

    def at(self, rows: NDArray[np.int64]) -> Features:
        """Some rows, in the order of `rows`."""
        fields = {name: getattr(self, name) for name in self.__dataclass_fields__}
        fields |= {"X": self.X[rows], "y": self.y[rows], "split": self.split[rows], "groups": self.groups[rows]}
        return Features(**{**fields, "ids": tuple(self.ids[row] for row in rows)})


def side_by_side(parts: Sequence[Features], backbone: str) -> Features:
    """The features of the same photos by several backbones as those of one: each row is theirs in a row.

    Args:
        parts: in the order of the backbones' names.
        backbone: the name of all of them together.
    """
    speeds = [part.images_per_s for part in parts]
    return replace(
        parts[0],
        X=np.hstack([part.X for part in parts]),
        backbone=backbone,
        images_per_s=1 / sum(1 / speed for speed in speeds) if all(speeds) else 0.0,
        from_store=min(part.from_store for part in parts),
        note=" ".join(dict.fromkeys(part.note for part in parts if part.note)),
    )


def _copies(ids: Sequence[str]) -> NDArray[np.int64]:
    numbers: dict[str, int] = {}
    return np.array([numbers.setdefault(id_, len(numbers)) for id_ in ids], dtype=np.int64)
