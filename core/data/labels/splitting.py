"""Which folders are splits: those that are called so, and that hold what splits hold.

`Training/cat` and `Testing/cat`, `cat/train` and `cat/test`, `cats_train` and `cats_test` are splits, at any depth; a
folder "train" with photos of its own beside "car" and "plane" is a class.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field

from core.data.labels.tree import Folder, Parts
from core.data.labels.vocabulary import SplitName, is_container, is_side, split_name
from core.data.names import class_name

_LIKE_CLASSES = frozenset(("train", "trains", "test", "tests", "dev", "trial"))  # vehicles, for example
_Named = tuple[Folder, SplitName]


@dataclass
class Splits:
    """The folders that are splits.

    Attributes:
        of: the split that each stands for, by path.
        labels: the class that is part of a split folder's name, by path, as in "cats_train".
        levels: the folders whose folders are splits above the classes: what lies beside those is no class.
    """

    of: dict[Parts, str] = field(default_factory=dict)
    labels: dict[Parts, str] = field(default_factory=dict)
    levels: set[Parts] = field(default_factory=set)


def find_splits(root: Folder) -> Splits:
    """The split folders in a tree, above classes and below them."""
    splits = Splits()
    below: list[tuple[Folder, list[_Named]]] = []  # with photos of their own: splits of a class, or without classes
    left = [(root, False)]
    while left:
        folder, is_beside = left.pop()
        named = _level(folder, split_name(folder.name) if folder.path in splits.of else None)
        if not any(kid.nested for kid, _name in named):
            below += [(folder, named)] if named and not is_beside else []
            left += [] if named else [(kid, is_beside) for kid in folder.kids.values()]
            continue
        splits.levels.add(folder.path)
        splits.of |= {kid.path: name.split for kid, name in named}
        left += [(kid, is_beside or kid.path not in splits.of) for kid in folder.kids.values()]
    if 2 * sum(kid.total for _folder, named in below for kid, _name in named) >= root.total:
        for folder, named in below:
            _take(splits, folder, named)
    return splits


def _take(splits: Splits, folder: Folder, named: Sequence[_Named]) -> None:
    splits.of |= {kid.path: name.split for kid, name in named}
    if _with_classes(named):
        splits.labels |= {kid.path: class_name(name.title) for kid, name in named}
        splits.levels.add(folder.path)


def _level(folder: Folder, within: SplitName | None) -> list[_Named]:
    """The folders in `folder` that are splits; none where those called so are classes, or too few of the photos.

    Args:
        folder: where they lie.
        within: the name of `folder`, where it is a split itself.
    """
    called = [(kid, name) for kid in folder.kids.values() if (name := split_name(kid.name))]
    named = called if _with_classes(called) else _agreeing(called, within, _alone(folder, called))
    if not named:
        return []
    named = [*named, *_training_beside(folder, named)]
    paths = {kid.path for kid, _name in named}
    others = [kid for kid in folder.kids.values() if kid.path not in paths]
    inside, beside = sum(kid.total for kid, _name in named), sum(kid.total for kid in others)
    nested = [pair for pair in named if pair[0].nested]
    several = len({name.split for _kid, name in named}) > 1
    if not nested:
        fits = not others or (several and 2 * beside < inside)
    elif several:
        fits = inside >= beside or any(_hold_alike(a, b) for a in nested for b in nested)
    else:
        fits = inside >= beside and not _are_classes(others, inside)
    return named if fits else []


def _training_beside(folder: Folder, named: Sequence[_Named]) -> list[_Named]:
    """The only folder that holds the classes of a validation or a test beside it, whatever it is called."""
    if any(name.split == "train" for _kid, name in named):
        return []
    classes = {class_name(kid) for split, _name in named for kid in split.kids}
    paths = {kid.path for kid, _name in named}
    holders = [kid for kid in folder.kids.values() if kid.path not in paths and kid.kids]
    alike = [kid for kid in holders if kid.nested and classes <= {class_name(name) for name in kid.kids}]
    if len(classes) < 2 or len(holders) != 1 or len(alike) != 1:
        return []
    return [(alike[0], SplitName("train", "", alike[0].name))]


def _alone(folder: Folder, called: Sequence[_Named]) -> bool:
    """Whether one can only be a split, and nothing lies beside those called so but what may lie anywhere."""
    paths = {kid.path for kid, _name in called}
    clear = any(not name.rest and kid.name.casefold() not in _LIKE_CLASSES for kid, name in called)
    return clear and all(kid.path in paths or is_side(kid.name) for kid in folder.kids.values())


def _agreeing(called: Sequence[_Named], within: SplitName | None, alone: bool) -> list[_Named]:
    """Those whose other words say that they belong together.

    They have none, or the same for several splits, or those of the split that they lie in; or they hold the same
    folders as another split, or complete the others.

    Args:
        called: the folders that are called as splits.
        within: the name of the split that they lie in, if they do.
        alone: whether no other folders count.
    """
    splits: dict[str, set[str]] = defaultdict(set)
    for _kid, name in called:
        splits[name.rest].add(name.split)
    return [
        pair
        for pair in called
        if not pair[1].rest
        or (within is not None and (pair[1].split, pair[1].rest) == (within.split, within.rest))
        or len(splits[pair[1].rest]) > 1
        or len(splits[""] - {pair[1].split}) > (0 if alone else 1)
        or any(_hold_alike(pair, rival) for rival in called)
    ]


def _hold_alike(first: _Named, second: _Named) -> bool:
    """Whether two folders of different splits hold folders of the same name."""
    names = {class_name(name) for name in first[0].kids}
    return first[1].split != second[1].split and any(class_name(name) in names for name in second[0].kids)


def _are_classes(others: Sequence[Folder], inside: int) -> bool:
    """Whether what lies beside the only split folder looks like classes, so that this is one, too."""
    rivals = [kid for kid in others if not (is_side(kid.name) or is_container(kid.name)) and 10 * kid.total > inside]
    return any(kid.nested for kid in rivals) or len(rivals) > 1


def _with_classes(named: Sequence[_Named]) -> bool:
    """Whether the names are those of splits and classes at once: cats_train, cats_test, dogs_train, dogs_test."""
    splits: dict[str, set[str]] = defaultdict(set)
    for kid, name in named:
        if kid.nested or not (name.rest or name.title.isdecimal()):
            return False
        splits[name.title.casefold()].add(name.split)
    return len(splits) > 1 and 2 * sum(len(of) > 1 for of in splits.values()) > len(splits)
