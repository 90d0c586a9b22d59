"""What the photos are in numbers: how they are spread over classes and splits, how large they are, in which formats."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from core.data.dataset import SPLITS, Dataset, Item
from core.records import Record

FEW = 20

Spread = tuple[float, float, float]
"""The smallest, the middle and the largest of some values."""


@dataclass(frozen=True, kw_only=True)
class Balance(Record):
    """How many photos there are of each class.

    Attributes:
        counts: photos by split and class, every class in each split.
    """

    written: ClassVar[tuple[str, ...]] = ("counts", "largest", "smallest", "ratio", "few")

    counts: Mapping[str, Mapping[str, int]]

    @property
    def training(self) -> Mapping[str, int]:
        """Training photos by class."""
        return self.counts.get("train", {})

    @property
    def largest(self) -> int:
        """Training photos of the largest class."""
        return max(self.training.values(), default=0)

    @property
    def smallest(self) -> int:
        """Training photos of the smallest class."""
        return min(self.training.values(), default=0)

    @property
    def ratio(self) -> float | None:
        """How many times larger the largest class is than the smallest; None where one is empty."""
        return round(self.largest / self.smallest, 2) if self.smallest else None

    @property
    def few(self) -> tuple[str, ...]:
        """The classes with fewer than `FEW` training photos, the smallest first."""
        small = (name for name, n in self.training.items() if n < FEW)
        return tuple(sorted(small, key=lambda name: self.training[name]))


@dataclass(frozen=True, kw_only=True)
class Sizes(Record):
    """How large the photos of one split are.

    Attributes:
        width: pixels, as shown.
        height: pixels, as shown.
        aspect: width over height.
        kilobytes: of the files.
        formats: how many photos have each format, the commonest first.
    """

    width: Spread
    height: Spread
    aspect: Spread
    kilobytes: Spread
    formats: Mapping[str, int]


def sizes(dataset: Dataset) -> dict[str, Sizes]:
    """How large the photos are, by split."""
    return {split: _sizes(items) for split in SPLITS if (items := dataset.split(split))}


def _sizes(items: Sequence[Item]) -> Sizes:
    return Sizes(
        width=_spread([item.width for item in items]),
        height=_spread([item.height for item in items]),
        aspect=_spread([item.width / item.height for item in items]),
        kilobytes=_spread([item.n_bytes / 1000 for item in items]),
        formats=dict(Counter(item.format for item in items).most_common()),
    )


def _spread(values: Sequence[float]) -> Spread:
    least, middle, most = (round(float(value), 3) for value in np.quantile(values, (0, 0.5, 1)))
    return least, middle, most
