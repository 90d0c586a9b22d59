"""Which split and class an entry belongs to, from the folders it lies in.

Wrapping folders are stripped, then a train/val/test level becomes the split, and the class is the first folder that
remains. Only entries that may be photos decide about the layout, so that annotations beside them change nothing.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from core.data.names import class_name, split_of

Parts = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Place:
    """Where a photo belongs, as its folders or a table say; what class number that is shows when all are read.

    Attributes:
        split: "train", "val" or "test"; "" where the data has none.
        label: the class's name.
        folder: the name as it is written.
        nested: whether the photo lies in a folder below its class folder.
        group: the patient, plant or video that it belongs to; "" where it is not known.
    """

    split: str
    label: str
    folder: str
    nested: bool = False
    group: str = ""


@dataclass(frozen=True)
class Layout:
    """How an archive is built: `wrapper` folders to strip, and whether a split level follows."""

    wrapper: Parts
    has_splits: bool

    def place(self, folders: Sequence[str]) -> Place | None:
        """The place of an entry in these folders, or None where it is in no class folder."""
        rest = tuple(folders)
        if rest[: len(self.wrapper)] != self.wrapper:
            return None
        rest = rest[len(self.wrapper) :]
        split = ""
        if self.has_splits:
            split = split_of(rest[0]) if rest else ""
            if not split:
                return None
            rest = rest[1:]
        label = class_name(rest[0]) if rest else ""
        return Place(split, label, rest[0], len(rest) > 1) if label else None


def recognise(folders: Iterable[Parts]) -> Layout:
    """The layout of an archive whose possible photos lie in `folders` (one an entry, () for the root)."""
    counts = Counter(f for f in folders if f)
    wrapper: Parts = ()
    while counts:
        tops = {f[0] for f in counts}
        deeper = Counter({f[1:]: n for f, n in counts.items() if len(f) > 1})
        if len(tops) > 1 or not deeper or split_of(next(iter(tops))):
            break
        wrapper += (next(iter(tops)),)
        counts = deeper
    return Layout(wrapper, _has_splits(counts))


def _has_splits(counts: Counter[Parts]) -> bool:
    """Whether the top folders are splits: they hold most of the photos, in folders of their own."""
    if not counts:
        return False
    if all(split_of(f[0]) for f in counts):
        return True
    nested = [(f[0], n) for f, n in counts.items() if len(f) > 1]
    most = 2 * sum(n for _, n in nested) >= counts.total()
    return bool(nested) and most and all(split_of(top) for top, _ in nested)
