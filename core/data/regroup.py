"""The same photos in other groups, with splits made anew: a new dataset beside the old one."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from pathlib import Path

from core import paths
from core.data.dataset import Dataset
from core.data.ingest import dataset_of
from core.data.intake import Intake, ungrouped, with_group_ids
from core.data.known import link_or_copy
from core.data.labels.grouping import group_finder
from core.data.origin import read_origin, write_origin
from core.data.staging import explained, known_dataset, mark_of, settle, staging
from core.i18n import gettext as _
from core.progress import Progress, Report, silent

_KEPT_WARNINGS = ("names_guessed:", "tables_guessed:", "case_colliding_classes", "nested_folders", "empty_class:")


def regroup(workspace_id: str, dataset: Dataset, pattern: str, seed: int = 0, report: Report = silent) -> Dataset:
    """Makes a dataset of the same photos whose groups come from a pattern on their names.

    Splits that the data came with are kept; those that Graft made are made again, so that no group is on two sides.

    Args:
        workspace_id: the workspace of the new dataset.
        dataset: the photos; its edits, if it was opened with them, become part of the new one.
        pattern: where the group is in a photo's name, as in "{group}_*"; see `grouping.py`.
        seed: of the splits that are made.
        report: told of photos.

    Raises:
        DatasetError: the pattern is wrong or fits no photo's name, or the disk is full.
    """
    group_of = group_finder(pattern)
    folder = paths.datasets(workspace_id)
    content = hashlib.sha256(f"{dataset.id}:{dataset.fingerprint}".encode()).hexdigest()
    digest = mark_of(content, seed, pattern)
    known = known_dataset(folder, digest)
    if known is not None:
        return known
    grouped = [
        replace(item, split=_given(dataset, item.split), group=group_of(item.name) or item.group)
        for item in dataset.items
    ]
    warnings = (*(w for w in dataset.warnings if w.startswith(_KEPT_WARNINGS)), *ungrouped(grouped))
    items = with_group_ids(grouped, dataset.root, report)
    intake = Intake(dataset.classes, items, dataset.skipped, dataset.ignored, warnings)
    with explained(), staging(folder) as stage:
        _link(dataset, stage, report)
        origin = read_origin(dataset.root)
        if origin is not None:
            write_origin(stage, replace(origin, group_pattern=pattern, seed=seed))
        return settle(dataset_of(intake, dataset.source, dataset.name, stage, seed), folder, digest)


def _given(dataset: Dataset, split: str) -> str:
    """The split that a photo came with, "" where it came with none."""
    if split not in dataset.made_splits:
        return split
    if not dataset.given_splits:
        return ""
    if "train" not in dataset.made_splits:
        return "train"
    return "val" if dataset.given_splits.get("val") else "test"


def _link(dataset: Dataset, stage: Path, report: Report) -> None:
    """Puts photos and thumbnails below `stage`: as hard links where the disk has them, else as copies."""
    unique = {item.sha256: item for item in dataset.items}
    for number, item in enumerate(unique.values()):
        if number % 64 == 0:
            report(Progress(number, len(unique), _("Taking over the photos")))
        for source in (dataset.path(item), dataset.thumbnail(item)):
            link_or_copy(source, stage / source.relative_to(dataset.root))
