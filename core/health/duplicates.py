"""Photos that are there twice, exactly or nearly: in one split, across splits (a leak), in two classes (a conflict).

Which photos are alike is found by `core.data.images.near`; this file says what that means for a model.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass

from core.data.dataset import Dataset, Item
from core.data.images.near import near_pairs
from core.progress import Report, silent

WITHIN, LEAK, CONFLICT = "within", "leak", "conflict"
KINDS = (CONFLICT, LEAK, WITHIN)


@dataclass(frozen=True, slots=True)
class Pair:
    """Two photos that are alike.

    Attributes:
        first: index into the dataset's items.
        second: index into the dataset's items, greater than `first`.
        exact: whether their bytes are the same.
        conflict: whether their classes differ.
        leak: whether their splits differ.
    """

    first: int
    second: int
    exact: bool
    conflict: bool
    leak: bool

    @property
    def kind(self) -> str:
        """The worst that can be said of it: "conflict", "leak" or "within"."""
        return CONFLICT if self.conflict else LEAK if self.leak else WITHIN


def find_pairs(dataset: Dataset, report: Report = silent) -> tuple[Pair, ...]:
    """All pairs of alike photos: conflicts first, then leaks, then the others, exact before near.

    Of photos that are there many times, each is paired with the first one only.
    """
    copies: dict[str, list[int]] = defaultdict(list)
    for index, item in enumerate(dataset.items):
        copies[item.sha256].append(index)
    pairs = [_pair(dataset.items, places[0], other, True) for places in copies.values() for other in places[1:]]
    distinct = _related([dataset.items[places[0]] for places in copies.values()])
    near = near_pairs([item.phash for item in distinct], [dataset.thumbnail(item) for item in distinct], report)
    for a, b in near:
        pairs += _telling(dataset.items, copies[distinct[a].sha256], copies[distinct[b].sha256])
    return tuple(sorted(pairs, key=lambda pair: (KINDS.index(pair.kind), not pair.exact, pair.first, pair.second)))


def _related(distinct: list[Item]) -> list[Item]:
    """Those of distinct photos that may have a near duplicate: it would share their group, found when they came in."""
    members = Counter(item.group_id for item in distinct)
    return [item for item in distinct if item.group_id < 0 or members[item.group_id] > 1]


def _telling(items: tuple[Item, ...], ones: list[int], others: list[int]) -> list[Pair]:
    """Of all copies of two near duplicates, the pair that tells the worst: the others are told as exact copies."""
    pairs = [_pair(items, one, other, False) for one in ones for other in others]
    return [min(pairs, key=lambda pair: (KINDS.index(pair.kind), pair.first, pair.second))]


def _pair(items: tuple[Item, ...], one: int, other: int, exact: bool) -> Pair:
    first, second = sorted((one, other))
    a, b = items[first], items[second]
    return Pair(first, second, exact, a.label != b.label, a.split != b.split)


def groups_apart(dataset: Dataset) -> tuple[str, ...]:
    """The user's groups that lie on both sides of the line between training and the other splits."""
    splits: dict[str, set[bool]] = defaultdict(set)
    for item in dataset.items:
        if item.group:
            splits[item.group].add(item.split == "train")
    return tuple(sorted(group for group, sides in splits.items() if len(sides) > 1))
