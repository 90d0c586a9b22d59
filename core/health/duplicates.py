"""Photos that are there twice, exactly or nearly: in one split, across splits (a leak), in two classes (a conflict).

Which photos are alike is found by `core.data.images.near`; this file says what that means for a model.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from core.data.dataset import Dataset, Item
from core.data.images.near import near_pairs
from core.health.photo import PhotoRef, photo_refs
from core.progress import Report, silent
from core.records import Record

WITHIN, LEAK, CONFLICT = "within", "leak", "conflict"
KINDS = (CONFLICT, LEAK, WITHIN)
MOST_KEPT = 1000


@dataclass(frozen=True, kw_only=True)
class PhotoPair(Record):
    """Two photos that are alike.

    Attributes:
        a: the one that comes first in the dataset.
        b: the other.
        exact: whether their bytes are the same.
    """

    written: ClassVar[tuple[str, ...]] = ("a", "b", "kind", "exact", "conflict", "leak")

    a: PhotoRef
    b: PhotoRef
    exact: bool

    @property
    def conflict(self) -> bool:
        """Whether their classes differ."""
        return self.a.class_name != self.b.class_name

    @property
    def leak(self) -> bool:
        """Whether their splits differ."""
        return self.a.split != self.b.split

    @property
    def kind(self) -> str:
        """The worst that can be said of it: "conflict", "leak" or "within"."""
        return CONFLICT if self.conflict else LEAK if self.leak else WITHIN


@dataclass(frozen=True, kw_only=True)
class Duplicates(Record):
    """The pairs of alike photos that a report keeps, and how many there are in all.

    Attributes:
        exact: how many pairs have the same bytes.
        near: how many do not.
        conflicts: how many lie in two classes.
        leaks: how many lie in two splits.
        pairs: the worst of them, at most `MOST_KEPT`.
    """

    exact: int
    near: int
    conflicts: int
    leaks: int
    pairs: tuple[PhotoPair, ...]

    @classmethod
    def of(cls, pairs: Sequence[PhotoPair]) -> Duplicates:
        """What a report keeps of all pairs, given the worst first."""
        exact = sum(pair.exact for pair in pairs)
        return cls(
            exact=exact,
            near=len(pairs) - exact,
            conflicts=sum(pair.conflict for pair in pairs),
            leaks=sum(pair.leak for pair in pairs),
            pairs=tuple(pairs[:MOST_KEPT]),
        )


def find_pairs(dataset: Dataset, report: Report = silent) -> tuple[PhotoPair, ...]:
    """All pairs of alike photos: conflicts first, then leaks, then the others, exact before near.

    Of photos that are there many times, each is paired with the first one only.
    """
    copies: dict[str, list[PhotoRef]] = defaultdict(list)
    for photo in photo_refs(dataset):
        copies[photo.sha256].append(photo)
    pairs = [_pair(first, copy, exact=True) for first, *repeats in copies.values() for copy in repeats]
    distinct = _related([dataset.items[first.index] for first, *_others in copies.values()])
    near = near_pairs([item.phash for item in distinct], [dataset.thumbnail(item) for item in distinct], report)
    for a, b in near:
        pairs.append(_worst(copies[distinct[a].sha256], copies[distinct[b].sha256]))
    return tuple(sorted(pairs, key=lambda pair: (KINDS.index(pair.kind), not pair.exact, *_places(pair))))


def _related(distinct: list[Item]) -> list[Item]:
    """Those of distinct photos that may have a near duplicate: it would share their group, found when they came in."""
    members = Counter(item.group_id for item in distinct)
    return [item for item in distinct if item.group_id < 0 or members[item.group_id] > 1]


def _worst(copies: Sequence[PhotoRef], others: Sequence[PhotoRef]) -> PhotoPair:
    """Of all copies of two near duplicates, the pair that tells the worst: the others are told as exact copies."""
    pairs = (_pair(photo, alike, exact=False) for photo in copies for alike in others)
    return min(pairs, key=lambda pair: (KINDS.index(pair.kind), *_places(pair)))


def _pair(first: PhotoRef, second: PhotoRef, *, exact: bool) -> PhotoPair:
    a, b = sorted((first, second), key=lambda photo: photo.index)
    return PhotoPair(a=a, b=b, exact=exact)


def _places(pair: PhotoPair) -> tuple[int, int]:
    return pair.a.index, pair.b.index


def groups_apart(dataset: Dataset) -> tuple[str, ...]:
    """The user's groups that lie on both sides of the line between training and the other splits."""
    splits: dict[str, set[bool]] = defaultdict(set)
    for item in dataset.items:
        if item.group:
            splits[item.group].add(item.split == "train")
    return tuple(sorted(group for group, sides in splits.items() if len(sides) > 1))
