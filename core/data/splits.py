"""Train, validation and test: what the data came with is kept, what is missing is made.

Made splits are stratified and seeded: test first (15 %), then validation (15 %), each class on its own as far as can
be, and every class in every split where it has the images. Photos of one group (copies, near duplicates, one patient)
stay together, so that no made split leaks; a group may span classes. Which of them go depends on the seed and their
content alone: adding photos moves few of the others.
"""

from __future__ import annotations

import hashlib
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from core.data.dataset import SPLITS, Item

SHARE = 0.15


@dataclass(frozen=True)
class Assignment:
    """The split of each photo, in the order given, and which splits were made."""

    splits: tuple[str, ...]
    made: tuple[str, ...]


def assign(photos: Sequence[Item], seed: int = 0) -> Assignment:
    """The split of every photo, making those that are missing.

    Photos without a split are a pool for all three. Where there are splits but none for training, training is made out
    of validation, or out of test where that is all there is.
    """
    pool, missing, made = _plan(photos)
    free, settled = [p for p in photos if p.split in ("", pool)], [p for p in photos if p.split not in ("", pool)]
    moved = _Moves(free, settled, seed).made(missing)
    splits = tuple(moved.get(unit_of(p), "train") if p.split in ("", pool) else p.split for p in photos)
    return Assignment(splits, made)


def unit_of(photo: Item) -> str:
    """What a photo moves with: its group, or its copies where no group is known."""
    return f"#{photo.group_id}" if photo.group_id >= 0 else photo.sha256


def _plan(photos: Sequence[Item]) -> tuple[str, list[str], tuple[str, ...]]:
    """The split that others are made from, which are to be filled from it, and which count as made."""
    given = {p.split for p in photos if p.split}
    pool = "train"
    if given and "train" not in given:
        pool = "val" if "val" in given else "test"
    missing = [s for s in ("test", "val") if s not in given - ({pool} if pool != "train" else set())]
    made = ["train", *missing] if not given or pool != "train" else missing
    return pool, missing, tuple(s for s in SPLITS if s in made)


class _Moves:
    """Which units leave training. A unit is photos that stay together; one with relatives elsewhere stays put."""

    def __init__(self, free: Sequence[Item], settled: Sequence[Item], seed: int) -> None:
        kept = {unit_of(photo) for photo in settled}
        self._counts: dict[str, Counter[int]] = defaultdict(Counter)  # photos of each class in each free unit
        self._stays: Counter[int] = Counter()  # units of each class that are in training now
        self._totals = Counter(photo.label for photo in free)
        first: dict[str, str] = {}
        pinned: set[tuple[str, int]] = set()
        for photo in free:
            unit = unit_of(photo)
            if unit in kept:
                pinned.add((unit, photo.label))
            else:
                self._counts[unit][photo.label] += 1
                first[unit] = min(photo.sha256, first.get(unit, photo.sha256))
        self._stays.update(label for _unit, label in pinned)
        self._by_class: dict[int, list[str]] = defaultdict(list)
        for unit in sorted(self._counts, key=lambda u: _rank(first[u], seed)):
            for label in self._counts[unit]:
                self._stays[label] += 1
                self._by_class[label].append(unit)

    def made(self, missing: Sequence[str]) -> dict[str, str]:
        """The units that leave training, with the split they go to."""
        moves: dict[str, str] = {}
        taken: dict[str, Counter[int]] = {split: Counter() for split in missing}
        for label in sorted(self._by_class, key=lambda c: (len(self._by_class[c]), c)):  # those with least choice first
            for split in missing:
                for unit in self._chosen(label, taken[split], moves):
                    moves[unit] = split
        return moves

    def _chosen(self, label: int, taken: Counter[int], moves: dict[str, str]) -> list[str]:
        """The units of a class that bring a split closer to its share; where none does, the smallest, once."""
        chosen: list[str] = []
        free = [unit for unit in self._by_class[label] if unit not in moves]
        for unit in free:
            if taken[label] >= self._target(label):
                break
            if self._spare(unit) and self._gain(unit, taken) > 0:
                self._take(unit, taken)
                chosen.append(unit)
        if not taken[label]:
            smallest = min((u for u in free if self._spare(u)), key=lambda u: self._counts[u].total(), default=None)
            if smallest is not None:
                self._take(smallest, taken)
                chosen.append(smallest)
        return chosen

    def _target(self, label: int) -> int:
        return max(1, round(SHARE * self._totals[label]))

    def _spare(self, unit: str) -> bool:
        """Whether every class of the unit stays in training without it."""
        return all(self._stays[label] > 1 for label in self._counts[unit])

    def _gain(self, unit: str, taken: Counter[int]) -> float:
        """By how much taking the unit brings its classes closer to their targets, each class in its unit measure."""
        gain = 0.0
        for label, n in self._counts[unit].items():
            off = self._target(label) - taken[label]
            gain += (abs(off) - abs(off - n)) / self._target(label)
        return gain

    def _take(self, unit: str, taken: Counter[int]) -> None:
        taken.update(self._counts[unit])
        self._stays.subtract(dict.fromkeys(self._counts[unit], 1))


def _rank(sha256: str, seed: int) -> bytes:
    return hashlib.sha256(f"{seed}:{sha256}".encode()).digest()


def warnings_for(photos: Sequence[Item], classes: Sequence[str]) -> list[str]:
    """What is doubtful about labels and given splits, as code words (see `warnings.warning_text`).

    Args:
        photos: with the splits they came with.
        classes: the class names.
    """
    codes: list[str] = []
    totals = Counter(p.label for p in photos)
    codes += [f"class_too_small:{name}" for label, name in enumerate(classes) if totals[label] < 3]
    given = [s for s in SPLITS if any(p.split == s for p in photos)]
    for split in given:
        there = {p.label for p in photos if p.split == split}
        codes += [f"class_missing_in_{split}:{name}" for label, name in enumerate(classes) if label not in there]
    codes += _too_few_groups(photos, classes)
    labels: dict[str, set[int]] = defaultdict(set)
    places: dict[str, set[str]] = defaultdict(set)
    for photo in photos:
        labels[photo.sha256].add(photo.label)
        if photo.split:
            places[photo.sha256].add(photo.split)
    if any(len(there) > 1 for there in labels.values()):
        codes.append("conflicting_duplicate")
    for first, second in (("train", "val"), ("train", "test"), ("val", "test")):
        if any({first, second} <= there for there in places.values()):
            codes.append(f"{first}_{second}_leak")
    return codes


def _too_few_groups(photos: Sequence[Item], classes: Sequence[str]) -> list[str]:
    """Classes with photos enough for the splits that are made, all of them in one or two groups."""
    pool, missing, _made = _plan(photos)
    units: dict[int, set[str]] = defaultdict(set)
    images: dict[int, set[str]] = defaultdict(set)
    for photo in photos:
        if photo.split in ("", pool):
            units[photo.label].add(unit_of(photo))
            images[photo.label].add(photo.sha256)
    codes = []
    for label, name in enumerate(classes):
        if len(units[label]) <= len(missing) < len(images[label]):
            codes.append(f"{'one_group' if len(units[label]) == 1 else 'few_groups'}:{name}")
    return codes
