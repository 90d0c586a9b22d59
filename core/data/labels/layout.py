"""Which split and class an entry belongs to, from the folders it lies in.

Splits are found first (`splitting.py`) and looked through; of what remains, wrapping folders and folders that only say
where photos come from (folds, parts, sites) are stripped, and the class is the first folder after them. The majority of
the photos decides each step: what does not fit has no place. Only entries that may be photos decide about the layout,
so that annotations beside them change nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from core.data.labels.levels import class_level, masks_in
from core.data.labels.splitting import Splits, find_splits
from core.data.labels.tree import Parts, tree
from core.data.labels.vocabulary import is_container, is_fold, is_mask, is_piece, is_side
from core.data.names import class_name, natural_key
from core.data.outline import FOLDS, SOURCES


@dataclass(frozen=True, slots=True)
class PhotoPlace:
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
    """How an archive is built.

    Attributes:
        classes: the names of the class folders.
        above: the folders above the class folders that hold the same ones, such as "fold_1" and "fold_2".
        above_kind: what those are: "folds", "sources", or "" where there are none.
        has_classes: whether the folders can be classes: there are several, not all are called as any folder might be,
            and they hold most of the photos.
    """

    classes: tuple[str, ...] = ()
    above: tuple[str, ...] = ()
    above_kind: str = ""
    has_classes: bool = False
    _splits: Splits = field(default_factory=Splits)
    _parents: frozenset[Parts] = frozenset()  # folders that hold class folders
    _outside: frozenset[Parts] = frozenset()  # folders in those that are no class folders
    _above: frozenset[Parts] = frozenset()  # those named in `above`
    _masks: frozenset[Parts] = frozenset()  # folders of drawings, beside folders of photos
    _places: dict[Parts, PhotoPlace | None] = field(default_factory=dict)  # those that were asked for

    def split(self, folders: Sequence[str]) -> str:
        """The split that these folders say; "" where they say none."""
        return self._split(folders)[0]

    def split_folder(self, folders: Sequence[str]) -> str:
        """The name of the folder that says the split."""
        return self._split(folders)[1]

    def above_depth(self, folders: Sequence[str]) -> int:
        """How many folders up from a photo in these folders one of those above the classes is; 0 where none is."""
        path = tuple(folders)
        return next((len(path) - depth + 1 for depth in range(len(path), 0, -1) if path[:depth] in self._above), 0)

    def is_mask(self, folders: Sequence[str]) -> bool:
        """Whether an entry in these folders is a drawing of what a photo shows, and no photo."""
        path = tuple(folders)
        return bool(self._masks) and any(path[:depth] in self._masks for depth in range(1, len(path) + 1))

    def place(self, folders: Sequence[str]) -> PhotoPlace | None:
        """The place of an entry in these folders, or None where it is in no class folder."""
        path = tuple(folders)
        if path not in self._places:
            self._places[path] = None if self.is_mask(path) else self._place(path)
        return self._places[path]

    def _place(self, path: Parts) -> PhotoPlace | None:
        for depth in range(len(path)):
            folder = path[: depth + 1]
            if path[:depth] not in self._parents or folder in self._outside:
                continue
            label = self._splits.labels.get(folder, "")
            if folder in self._splits.of and not label:
                continue  # it is looked through
            label = label or class_name(folder[-1])
            deeper = sum(path[: n + 1] not in self._splits.of for n in range(depth + 1, len(path)))
            return PhotoPlace(self.split(path), label, label if folder in self._splits.of else folder[-1], deeper > 0)
        return None

    def _split(self, folders: Sequence[str]) -> tuple[str, str]:
        path = tuple(folders)
        paths = (path[:depth] for depth in range(len(path), 0, -1)) if self._splits.of else ()
        return next(((self._splits.of[p], p[-1]) for p in paths if p in self._splits.of), ("", ""))


def recognise(folders: Iterable[Parts]) -> Layout:
    """The layout of an archive whose possible photos lie in `folders` (one an entry, () for the root)."""
    root = tree(folders)
    splits = find_splits(root)
    level = class_level(root, splits)
    names = [group.name for group in level.classes]
    telling = any(not (is_container(name) or is_piece(name) or is_side(name)) for name in names)
    to_predict = sum(f.direct for f in level.folders if f.path in splits.of and f.path[:-1] in splits.levels)
    most = 2 * sum(group.total for group in level.classes) >= root.total - to_predict
    if not telling and not most:
        return Layout(_splits=splits)  # what few folders there are lie beside the photos
    outside = [folder.path for group in level.strays for folder in group.folders]
    outside += [kid.path for folder in level.folders if folder.path in splits.levels for kid in folder.kids.values()]
    masks = [folder for group in level.strays if is_mask(group.name) for folder in group.folders]
    masks += [folder for group in level.classes for folder in masks_in(group.folders)]
    above = tuple(sorted({group.name for group in level.sources}, key=natural_key))
    return Layout(
        classes=tuple(names),
        above=above,
        above_kind=(FOLDS if all(map(is_fold, above)) else SOURCES) if above else "",
        has_classes=len(names) > 1 and telling and most,
        _splits=splits,
        _parents=frozenset(folder.path for folder in level.folders),
        _outside=frozenset(path for path in outside if path not in splits.of),
        _above=frozenset(folder.path for group in level.sources for folder in group.folders),
        _masks=frozenset(folder.path for folder in masks),
    )
