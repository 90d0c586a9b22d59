"""Which split and class an entry belongs to, from the folders it lies in.

Splits are found first (`splitting.py`) and looked through; of what remains, wrapping folders and folders that only say
where photos come from (folds, parts, sites) are stripped, and the class is the first folder after them. The majority of
the photos decides each step: what does not fit has no place. Only entries that may be photos decide about the layout,
so that annotations beside them change nothing.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from statistics import median

from core.data.labels.splitting import Splits, find_splits
from core.data.labels.tree import Folder, Parts, tree
from core.data.labels.vocabulary import is_container, is_fold, is_mask, is_number, is_piece, is_side, is_source
from core.data.names import class_name

FOLDS, SOURCES = "folds", "sources"
_FEW = 2  # photos that anyone may have left in the wrong place


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
    _places: dict[Parts, Place | None] = field(default_factory=dict)  # those that were asked for

    def split(self, folders: Sequence[str]) -> str:
        """The split that these folders say; "" where they say none."""
        return self._split(folders)[0]

    def split_folder(self, folders: Sequence[str]) -> str:
        """The name of the folder that says the split."""
        return self._split(folders)[1]

    def place(self, folders: Sequence[str]) -> Place | None:
        """The place of an entry in these folders, or None where it is in no class folder."""
        path = tuple(folders)
        if path not in self._places:
            self._places[path] = self._place(path)
        return self._places[path]

    def _place(self, path: Parts) -> Place | None:
        for depth in range(len(path)):
            folder = path[: depth + 1]
            if path[:depth] not in self._parents or folder in self._outside:
                continue
            label = self._splits.labels.get(folder, "")
            if folder in self._splits.of and not label:
                continue  # it is looked through
            label = label or class_name(folder[-1])
            deeper = sum(path[: n + 1] not in self._splits.of for n in range(depth + 1, len(path)))
            return Place(self.split(path), label, label if folder in self._splits.of else folder[-1], deeper > 0)
        return None

    def _split(self, folders: Sequence[str]) -> tuple[str, str]:
        path = tuple(folders)
        paths = (path[:depth] for depth in range(len(path), 0, -1)) if self._splits.of else ()
        return next(((self._splits.of[p], p[-1]) for p in paths if p in self._splits.of), ("", ""))


def recognise(folders: Iterable[Parts]) -> Layout:
    """The layout of an archive whose possible photos lie in `folders` (one an entry, () for the root)."""
    root = tree(folders)
    splits = find_splits(root)
    level, above, kind = [root], list[str](), ""
    while True:
        level = _through(level, splits)
        groups = _groups(level, splits)
        strays = _strays(groups, splits)
        core = [group for group in groups if group.name not in strays]
        sources = _sources(core)
        if len(core) == 1 and core[0].opens:
            level = core[0].folders
        elif sources:
            above += sorted({group.name for group in sources})
            kind = FOLDS if all(is_fold(group.name) for group in sources) else SOURCES
            level = [folder for group in sources for folder in group.folders]
        else:
            break
    telling = [name for group in core if not (is_container(name := group.name) or is_piece(name) or is_side(name))]
    most = 2 * sum(group.total for group in core) >= root.total
    if not telling and not most:
        return Layout(_splits=splits)  # what few folders there are lie beside the photos
    outside = [folder.path for group in groups if group.name in strays for folder in group.folders]
    outside += [kid.path for folder in level if folder.path in splits.levels for kid in folder.kids.values()]
    return Layout(
        tuple(group.name for group in core), tuple(above), kind, len(core) > 1 and bool(telling) and most, splits,
        frozenset(folder.path for folder in level), frozenset(path for path in outside if path not in splits.of),
    )  # fmt: skip


@dataclass(frozen=True)
class _Group:
    """Folders of one name at one level, as they lie in several splits or sources.

    Attributes:
        name: what a class would be called after them.
        folders: the folders, and the splits in them.
        direct: photos in them, or in splits in them.
        total: photos in them and below.
        below: the photos below them, by the name of the folder.
    """

    name: str
    folders: list[Folder]
    direct: int
    total: int
    below: Mapping[str, int]

    @property
    def nested(self) -> bool:
        """Whether most photos lie in folders below."""
        return 2 * self.direct < self.total

    @property
    def opens(self) -> bool:
        """Whether it may be a wrapper: most photos lie below, or several folders do."""
        return bool(self.below) and (2 * self.direct <= self.total or len(self.below) > 1)


def _through(level: Sequence[Folder], splits: Splits) -> list[Folder]:
    """The folders, and those that are splits in them."""
    folders = list(level)
    for folder in folders:
        folders += [kid for kid in folder.kids.values() if kid.path in splits.of and kid.path not in splits.labels]
    return folders


def _groups(level: Sequence[Folder], splits: Splits) -> list[_Group]:
    """The folders at a level by their names, with photos; what lies beside splits is left out."""
    by_name: dict[str, list[Folder]] = defaultdict(list)
    for folder in level:
        for kid in _kids(folder, splits):
            by_name[splits.labels.get(kid.path, "") or class_name(kid.name)].append(kid)
    return [_group(name, folders, splits) for name, folders in by_name.items() if name]


def _kids(folder: Folder, splits: Splits) -> list[Folder]:
    """The folders in a folder that may be classes: not those that are splits alone, nor what lies beside them."""
    if folder.path in splits.levels:
        return [kid for kid in folder.kids.values() if kid.path in splits.labels]
    return [kid for kid in folder.kids.values() if kid.path not in splits.of]


def _group(name: str, folders: Sequence[Folder], splits: Splits) -> _Group:
    inside = _through(folders, splits)
    below: Counter[str] = Counter()
    for folder in inside:
        for kid in _kids(folder, splits):
            below[class_name(kid.name)] += kid.total
    return _Group(
        name, list(folders), sum(folder.direct for folder in inside), sum(folder.total for folder in folders), below
    )


def _strays(groups: Sequence[_Group], splits: Splits) -> set[str]:
    """The groups that are no classes and no wrappers: beside one that holds the data, or with hardly a photo."""
    if len(groups) < 2:
        return set()
    largest = max(groups, key=lambda group: group.total)
    rest = [group for group in groups if group is not largest]
    if _holds_all(largest, rest, splits):
        return {group.name for group in rest}
    usual = median([group.total for group in groups if not is_side(group.name)] or [largest.total])
    plain = 2 * sum(not group.nested for group in groups) > len(groups)
    pictured = any(is_container(group.name) and not is_mask(group.name) for group in groups)
    return {
        group.name
        for group in groups
        if (pictured and is_mask(group.name))
        or (is_side(group.name) and 4 * group.total <= usual and (group.nested or group.total <= _FEW))
        or (plain and group.nested and 8 * group.total <= usual)
    }


def _holds_all(largest: _Group, rest: Sequence[_Group], splits: Splits) -> bool:
    """Whether one group holds the data, and what lies beside it is of no account."""
    beside = sum(group.total for group in rest)
    if not any(_branches(folder) for folder in largest.folders) or 2 * largest.direct > largest.total:
        return False
    if _has_levels(largest, splits) and not any(_has_levels(group, splits) for group in rest):
        return beside <= largest.total
    if all(is_side(group.name) or (is_container(group.name) and not is_source(group.name)) for group in rest):
        return 2 * beside <= largest.total
    few = 20 if is_container(largest.name) else 100
    return 8 * beside <= largest.total and (beside <= _FEW or few * beside <= largest.total)


def _branches(folder: Folder) -> bool:
    """Whether there are several folders in it, or in the only one that is in it."""
    while len(folder.kids) == 1 and folder.nested:
        folder = next(iter(folder.kids.values()))
    return len(folder.kids) > 1


def _has_levels(group: _Group, splits: Splits) -> bool:
    """Whether splits above classes lie in a group."""
    return any(level[: len(folder.path)] == folder.path for folder in group.folders for level in splits.levels)


def _sources(groups: Sequence[_Group]) -> list[_Group]:
    """The groups that say where photos come from, so that the folders in them are the classes; none where they do not.

    They hold the same folders, as `fold_1/cat` and `fold_2/cat` do, or count pieces of one set, as `part1` and `part2`.
    """
    nested = [group for group in groups if group.nested and group.below]
    holders = Counter(name for group in nested for name in group.below)
    if len(nested) < 2 or len(holders) < 2 or all(is_container(name) for name in holders):
        return []
    counted = all(is_source(group.name) or is_number(group.name) for group in nested)
    photos = sum(group.total for group in nested)
    if (2 if counted else 1.25) * photos < sum(group.total for group in groups):
        return []
    if all(is_piece(group.name) for group in nested):
        return nested
    if all(map(is_source, holders)) and not all(is_source(group.name) for group in nested):
        return []
    if all(name.startswith("0") and is_number(name) for name in holders) and not counted:
        return []
    shared = [name for name, times in holders.items() if times > 1 and 2 * times >= len(nested)]
    covered = sum(group.below.get(name, 0) for name in shared for group in nested)
    alike = len(shared) >= (1 if counted else 2) and covered >= (0.4 if counted else 0.7) * photos
    return nested if alike else []
