"""The same photos in other groups or classes, with splits made anew: a new dataset beside the old one."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from core import paths
from core.data.dataset import Dataset, Item, Skipped
from core.data.ingest import dataset_of
from core.data.instructions import Instructions
from core.data.intake.intake import Intake, ungrouped, with_group_ids
from core.data.intake.known import link_or_copy
from core.data.intake.phases import comparing, linking, writing
from core.data.intake.staging import explained, known_dataset, mark_of, settle, staging
from core.data.labels.grouping import CLASS, class_finder
from core.data.labels.tables.kept import keep_tables, kept_texts
from core.data.labels.vocabulary import split_word
from core.data.limits import Limits
from core.data.names import class_name, natural_key
from core.data.origin import read_origin, write_origin
from core.data.outline import PATTERN, Outline
from core.errors import DatasetError
from core.i18n import gettext as _
from core.progress import Plan, Progress, Report, silent

_OF_ENCODINGS = ("names_guessed:", "tables_guessed:")
_KEPT_WARNINGS = (
    *_OF_ENCODINGS, "case_colliding_classes", "nested_folders", "empty_class:", "several_",
    "comma_labels:", "ragged_rows:",
)  # fmt: skip
_DEEPEST = 4  # folders up from a photo that are offered as classes
_MOST_CLASSES = Limits.max_classes


def regroup(
    workspace_id: str,
    dataset: Dataset,
    pattern: str = "",
    seed: int = 0,
    report: Report = silent,
    *,
    class_pattern: str = "",
) -> Dataset:
    """Makes a dataset of the same photos whose groups, or whose classes, come from a pattern on their names.

    Splits that the data came with are kept; those that Graft made are made again, so that no group is on two sides.

    Args:
        workspace_id: the workspace of the new dataset.
        dataset: the photos; its edits, if it was opened with them, become part of the new one.
        pattern: where the group is in a photo's name, as in "{group}_*"; "" for the groups that there are.
        seed: of the splits that are made.
        report: told of photos.
        class_pattern: where the class is, as in "{class}/*/*"; "" for the classes that there are. Photos whose names it
            does not fit are left out.

    Raises:
        DatasetError: a pattern is wrong or fits no photo's name, fewer than two classes are left, or the disk is full.
    """
    instructions = Instructions(pattern, class_pattern)
    folder = paths.datasets(workspace_id)
    content = hashlib.sha256(f"{dataset.id}:{dataset.fingerprint}".encode()).hexdigest()
    digest = mark_of(content, seed, instructions)
    known = known_dataset(folder, digest)
    if known is not None:
        return known
    intake = _read_again(dataset, instructions)
    n = len(intake.items)
    plan = Plan(report, {"compare": comparing(n), "link": (linking(n),), "write": (writing(n),)})
    intake = replace(intake, items=with_group_ids(intake.items, dataset.root, plan.begin("compare")))
    with explained(), staging(folder) as stage:
        _link(dataset, intake.items, stage, plan.begin("link"))
        plan.begin("write")(Progress(0, 1, _("Writing the list of photos")))
        origin = read_origin(dataset.root)
        if origin is not None:
            by_group, by_class = pattern or origin.group_pattern, class_pattern or origin.class_pattern
            write_origin(stage, replace(origin, group_pattern=by_group, class_pattern=by_class, seed=seed))
        keep_tables(stage, kept_texts(dataset.root))
        return settle(dataset_of(intake, dataset.source, dataset.name, stage, seed), folder, digest)


@dataclass(frozen=True)
class ClassChoice:
    """Other folders that may be the classes: the pattern that takes them, and their names."""

    pattern: str
    classes: tuple[str, ...]


def class_choices(dataset: Dataset) -> tuple[ClassChoice, ...]:
    """The other folders that may be the classes, the innermost first: not splits, and with most of the photos."""
    photos = Counter(item.name.replace("\\", "/").rpartition("/")[0] for item in dataset.items)
    choices = []
    for depth in range(1, _DEEPEST + 1):
        pattern = CLASS + "/*" * depth
        find = class_finder(pattern)
        photos_of = Counter[str]()
        for folder, n in photos.items():
            photos_of[find(f"{folder}/x")] += n
        without = photos_of.pop("", 0)
        classes = tuple(sorted(photos_of, key=natural_key))
        fits = 1 < len(classes) <= _MOST_CLASSES and 2 * without <= len(dataset.items) and classes != dataset.classes
        if fits and not all(map(split_word, classes)):
            choices.append(ClassChoice(pattern, classes))
    return tuple(choices)


def _read_again(dataset: Dataset, instructions: Instructions) -> Intake:
    """What taking the photos in with these instructions would give, but for the numbers of groups."""
    items = tuple(replace(item, split=_given(dataset, item.split)) for item in dataset.items)
    kept = _KEPT_WARNINGS if instructions.class_of is None else _OF_ENCODINGS
    warnings = tuple(warning for warning in dataset.warnings if warning.startswith(kept))
    intake = Intake(
        dataset.classes,
        items,
        dataset.skipped,
        dataset.ignored,
        warnings,
        outline=dataset.outline,
        levels=dataset.levels,
    )
    if instructions.class_of is not None:
        intake = _in_classes(intake, instructions.class_of, instructions.class_pattern)
    if instructions.group_of is None:
        return intake
    items = tuple(replace(item, group=instructions.group_of(item.name) or item.group) for item in intake.items)
    return replace(intake, items=items, warnings=(*warnings, *ungrouped(items)))


def _in_classes(intake: Intake, class_of: Callable[[str], str], pattern: str) -> Intake:
    """The same photos in the classes that a pattern finds; those that it does not fit are skipped.

    A folder that said a split says none where it is a class.
    """
    labels = [class_of(item.name) for item in intake.items]
    classes = _classes(labels, intake.items)
    number = {name: n for n, name in enumerate(classes)}
    pairs = list(zip(intake.items, labels, strict=True))
    before = intake.outline
    split_folders = {class_name(name) for name in (*before.train, *before.val, *before.test)}
    items = [
        replace(item, label=number[label], split="" if label in split_folders else item.split)
        for item, label in pairs
        if label
    ]
    unfit = [Skipped(item.name, "no_class") for item, label in pairs if not label]
    return replace(
        intake,
        classes=classes,
        items=tuple(sorted(items, key=lambda item: (item.label, item.name, item.sha256, item.split))),
        skipped=(*intake.skipped, *unfit),
        outline=Outline(
            classes_from=PATTERN,
            pattern=pattern,
            train=_but(before.train, classes),
            val=_but(before.val, classes),
            test=_but(before.test, classes),
            groups=before.groups,
        ),
    )


def _but(split_folders: Sequence[str], classes: Sequence[str]) -> tuple[str, ...]:
    """The folders that still say a split."""
    return tuple(name for name in split_folders if class_name(name) not in classes)


def _classes(labels: Sequence[str], items: Sequence[Item]) -> tuple[str, ...]:
    """The classes that a pattern finds, as people count."""
    classes = tuple(sorted(set(labels) - {""}, key=natural_key))
    if len(classes) < 2:
        name = items[0].name if items else ""
        raise DatasetError(
            _(
                "The pattern for classes finds fewer than two classes in photos' names such as '{name}'. Change it."
            ).format(name=name)
        )
    return classes


def _given(dataset: Dataset, split: str) -> str:
    """The split that a photo came with, "" where it came with none."""
    if split not in dataset.made_splits:
        return split
    if not dataset.given_splits:
        return ""
    if "train" not in dataset.made_splits:
        return "train"
    return "val" if dataset.given_splits.get("val") else "test"


def _link(dataset: Dataset, items: Sequence[Item], stage: Path, report: Report) -> None:
    """Puts photos and thumbnails below `stage`: as hard links where the disk has them, else as copies."""
    unique = {item.sha256: item for item in items}
    for number, item in enumerate(unique.values()):
        if number % 64 == 0:
            report(Progress(number, len(unique), _("Taking over the photos")))
        for source in (dataset.path(item), dataset.thumbnail(item)):
            link_or_copy(source, stage / source.relative_to(dataset.root))
