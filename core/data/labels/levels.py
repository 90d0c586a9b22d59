"""At which level of folders the classes are: below wrapping folders, and below those that say where photos come from.

Splits are looked through. The majority of the photos decides each step; what does not fit is a stray.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import median

from core.data.labels.splitting import Splits
from core.data.labels.tree import Folder
from core.data.labels.vocabulary import is_container, is_mask, is_number, is_piece, is_side, is_source
from core.data.names import class_name

_MOST = 0.7  # of a folder's photos
_FEW = 2  # photos that anyone may have left in the wrong place


@dataclass(frozen=True)
class Level:
    """The level at which the classes are.

    Attributes:
        folders: the folders that hold the class folders.
        classes: the class folders.
        strays: folders beside them that are no classes.
        sources: the folders above that hold the same class folders; none where there are no such.
    """

    folders: list[Folder]
    classes: list[Group]
    strays: list[Group]
    sources: list[Group]


def class_level(root: Folder, splits: Splits) -> Level:
    """Goes down from the root until folders remain that can only be classes."""
    level, sources = [root], list[Group]()
    while True:
        level = _through(level, splits)
        opened = _holding_the_others(level, splits)
        level += [folder for _group, holders in opened for folder in holders]
        around = [group for group, _holders in opened]
        groups = _groups(level, splits, around)
        stray_names = _strays(groups, splits)
        classes = [group for group in groups if group.name not in stray_names]
        inner_sources = _sources(classes)
        beside = _beside(inner_sources, level)
        if inner_sources:
            sources = inner_sources
        elif not (len(classes) == 1 and classes[0].opens):
            strays = [group for group in groups if group.name in stray_names]
            return Level(level, classes, strays + around, sources + around)
        level = beside + [folder for group in inner_sources or classes for folder in group.folders]


@dataclass(frozen=True)
class Group:
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


def _holding_the_others(level: Sequence[Folder], splits: Splits) -> list[tuple[Group, list[Folder]]]:
    """The groups that hold what lies beside them once more, as siteA/cat beside cat, with the folders that hold that.

    So do folders beside splits that hold the same splits, as where an archive was unpacked in its own folder.
    """
    groups = _groups(level, splits)
    names = {group.name for group in groups}
    twice = [
        _group(class_name(kid.name), [kid], splits)
        for folder in level
        if folder.path in splits.levels
        for kid in folder.kids.values()
        if kid.path not in splits.of and kid.path not in splits.labels
    ]
    opened = []
    for group in (*groups, *twice):
        holders = [holder for folder in group.folders for holder in _holders(folder, names - {group.name})]
        held = {class_name(kid.name): kid.total for holder in holders for kid in holder.kids.values()}
        again = sum(kid.total for holder in holders for kid in holder.kids.values() if class_name(kid.name) in names)
        split = group not in twice or all(holder.path in splits.of for holder in holders)
        if group.nested and split and len(names & set(held)) > 1 and _MOST * group.total <= again:
            opened.append((group, holders))
    return opened


def _holders(folder: Folder, names: set[str], depth: int = 4) -> list[Folder]:
    """The topmost folders in a folder, or itself, that hold folders of these names."""
    if any(class_name(name) in names for name in folder.kids):
        return [folder]
    kids = folder.kids.values() if depth else ()
    return [holder for kid in kids for holder in _holders(kid, names, depth - 1)]


def _beside(sources: Sequence[Group], level: Sequence[Folder]) -> list[Folder]:
    """The folders that hold the sources' classes themselves, as `test/cat` beside `train/fold_1/cat`."""
    source_paths = {folder.path for group in sources for folder in group.folders}
    class_names = {name for group in sources for name in group.below}
    return [
        folder
        for folder in level
        if not any(kid.path in source_paths for kid in folder.kids.values())
        and any(class_name(kid.name) in class_names for kid in folder.kids.values())
    ]


def _through(level: Sequence[Folder], splits: Splits) -> list[Folder]:
    """The folders, and those that are splits in them."""
    folders = list(level)
    for folder in folders:
        folders += [kid for kid in folder.kids.values() if kid.path in splits.of and kid.path not in splits.labels]
    return folders


def _groups(level: Sequence[Folder], splits: Splits, around: Sequence[Group] = ()) -> list[Group]:
    """The folders at a level by their names, with photos; what lies beside splits is left out, and what is `around`."""
    looked_through = {folder.path for group in around for folder in group.folders}
    by_name: dict[str, list[Folder]] = defaultdict(list)
    for folder in level:
        for kid in _kids(folder, splits):
            if kid.path in looked_through:
                continue
            by_name[splits.labels.get(kid.path, "") or class_name(kid.name)].append(kid)
    return [_group(name, folders, splits) for name, folders in by_name.items() if name]


def _kids(folder: Folder, splits: Splits) -> list[Folder]:
    """The folders in a folder that may be classes: not those that are splits alone, nor what lies beside them."""
    if folder.path in splits.levels:
        return [kid for kid in folder.kids.values() if kid.path in splits.labels]
    return [kid for kid in folder.kids.values() if kid.path not in splits.of]


def _group(name: str, folders: Sequence[Folder], splits: Splits) -> Group:
    inside = _through(folders, splits)
    below: Counter[str] = Counter()
    for folder in inside:
        for kid in _kids(folder, splits):
            below[class_name(kid.name)] += kid.total
    return Group(
        name, list(folders), sum(folder.direct for folder in inside), sum(folder.total for folder in folders), below
    )


def _strays(groups: Sequence[Group], splits: Splits) -> set[str]:
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
    masks = {group.name for group in groups if pictured and is_mask(group.name)}
    deep = {group.name for group in groups if plain and group.nested and 8 * group.total <= usual}
    return masks | deep | {group.name for group in groups if _lies_beside(group, usual)}


def _lies_beside(group: Group, usual: float) -> bool:
    """Whether a group is called as what lies beside photos, and has few itself, where classes have as many as usual."""
    few = group.total <= _FEW or (group.nested and 4 * group.total <= usual)
    return few and group.total < usual and is_side(group.name)


def masks_in(folders: Sequence[Folder]) -> list[Folder]:
    """The folders below these that hold drawings of what the photos in the folders beside them show."""
    masks: list[Folder] = []
    for folder in folders:
        kids = list(folder.kids.values())
        if any(is_container(kid.name) and not is_mask(kid.name) for kid in kids):
            masks += [kid for kid in kids if is_mask(kid.name)]
        masks += masks_in([kid for kid in kids if kid.kids])
    return masks


def _holds_all(largest: Group, rest: Sequence[Group], splits: Splits) -> bool:
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


def _has_levels(group: Group, splits: Splits) -> bool:
    """Whether splits above classes lie in a group."""
    return any(level[: len(folder.path)] == folder.path for folder in group.folders for level in splits.levels)


def _sources(groups: Sequence[Group]) -> list[Group]:
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
