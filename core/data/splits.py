"""Train, validation and test: what the data came with is kept, what is missing is made.

Made splits are stratified and seeded: test first (15 %), then validation (15 %), each class on its own, and every class
in every split where it has the images. Copies of one image (same sha256) stay together, so that no made split leaks.
Which images go depends on the seed and each image's content alone: adding photos moves few of the others.
"""

from __future__ import annotations

import hashlib
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace

SHARE = 0.15


@dataclass(frozen=True, slots=True)
class Labelled:
    """One photo as far as splitting goes; `split` is None until there is one."""

    sha256: str
    label: int
    split: str | None


@dataclass(frozen=True)
class Assignment:
    """The split of each photo, in the order given, and which splits were made."""

    splits: tuple[str, ...]
    made: tuple[str, ...]


def assign(photos: Sequence[Labelled], seed: int = 0) -> Assignment:
    """Gives every photo a split, making those that are missing.

    Photos without a split are a pool for all three. Where there are splits but none for training, training is made out
    of validation, or out of test where that is all there is.
    """
    given = {p.split for p in photos if p.split}
    pool = "train"
    if given and "train" not in given:
        pool = "val" if "val" in given else "test"
    missing = [s for s in ("test", "val") if s not in given - ({pool} if pool != "train" else set())]
    made = ["train", *missing] if not given or pool != "train" else missing
    current = [replace(p, split="train") if p.split in (None, pool) else p for p in photos]
    moved = _moves(current, missing, seed)
    splits = tuple(moved.get(p.sha256, "train") if p.split == "train" else str(p.split) for p in current)
    return Assignment(splits, tuple(s for s in ("train", "val", "test") if s in made))


def _moves(photos: Sequence[Labelled], missing: Sequence[str], seed: int) -> dict[str, str]:
    """The sha256 of the images that leave training, with the split they go to."""
    copies = Counter(p.sha256 for p in photos if p.split == "train")
    kept = {p.sha256 for p in photos if p.split != "train"}  # their copies must stay in training: no new leaks
    by_class: dict[int, list[str]] = defaultdict(list)
    totals: Counter[int] = Counter()
    seen: set[str] = set()
    for photo in photos:
        if photo.split == "train":
            totals[photo.label] += 1
            if photo.sha256 not in seen:
                seen.add(photo.sha256)
                by_class[photo.label].append(photo.sha256)
    moves: dict[str, str] = {}
    for label, images in by_class.items():
        free = sorted((i for i in images if i not in kept and i not in moves), key=lambda image: _rank(image, seed))
        stays = 0 if kept.intersection(images) else 1
        for split in missing:
            for image in _chosen(free, copies, max(1, round(SHARE * totals[label])), len(free) - stays):
                moves[image] = split
                free.remove(image)
    return moves


def _chosen(free: Sequence[str], copies: Counter[str], target: int, at_most: int) -> list[str]:
    """The first images of `free` that together have up to `target` copies; if none has so few, the one with fewest."""
    chosen: list[str] = []
    taken = 0
    for image in free:
        if len(chosen) < at_most and taken + copies[image] <= target:
            chosen.append(image)
            taken += copies[image]
    if not chosen and at_most > 0:
        chosen = [min(free, key=lambda image: copies[image])]
    return chosen


def _rank(sha256: str, seed: int) -> bytes:
    return hashlib.sha256(f"{seed}:{sha256}".encode()).digest()


def warnings_for(photos: Sequence[Labelled], classes: Sequence[str]) -> list[str]:
    """What is doubtful about labels and given splits, as code words (see `messages.warning_text`).

    Args:
        photos: with the splits they came with.
        classes: the class names.
    """
    found: list[str] = []
    totals = Counter(p.label for p in photos)
    found += [f"class_too_small:{name}" for label, name in enumerate(classes) if totals[label] < 3]
    given = [s for s in ("train", "val", "test") if any(p.split == s for p in photos)]
    for split in given:
        there = {p.label for p in photos if p.split == split}
        found += [f"class_missing_in_{split}:{name}" for label, name in enumerate(classes) if label not in there]
    labels: dict[str, set[int]] = defaultdict(set)
    places: dict[str, set[str]] = defaultdict(set)
    for photo in photos:
        labels[photo.sha256].add(photo.label)
        if photo.split:
            places[photo.sha256].add(photo.split)
    if any(len(there) > 1 for there in labels.values()):
        found.append("conflicting_duplicate")
    for one, other in (("train", "val"), ("train", "test"), ("val", "test")):
        if any({one, other} <= there for there in places.values()):
            found.append(f"{one}_{other}_leak")
    return found
