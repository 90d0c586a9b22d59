"""Makes the health report and keeps it beside the dataset as `health.json`.

`check` makes it, `read_report` gives it back. What it says in words is `core.health.words`' business.
"""

from __future__ import annotations

import errno
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from core import paths
from core.backbones import registry
from core.data.dataset import Dataset
from core.errors import GraftError, ProbeError
from core.features.extract import extract
from core.health.composition import Balance, sizes
from core.health.duplicates import Duplicates, find_pairs, groups_apart
from core.health.labels import check_labels
from core.health.leaks import find_leaks
from core.health.photo import photo_refs
from core.health.quality import Quality, find_flaws
from core.health.record import HealthReport
from core.health.shortcuts import audit
from core.progress import Report, part, silent
from core.versions import read_once

FILE = "health.json"

T = TypeVar("T")


def check(
    dataset: Dataset, *, backbone: str = "", seed: int = 0, report: Report = silent, spare: Path | None = None
) -> HealthReport:
    """Looks for everything that ruins models, and keeps the report beside the dataset.

    Args:
        dataset: the photos, as edited or as they came.
        backbone: whose features judge the labels; by default the best that comes with Graft.
        seed: of folds and draws.
        report: told of progress; raising `Cancelled` in it leaves an earlier report as it is.
        spare: a directory for the report where that of the dataset may not be written into.

    Raises:
        GraftError: the photos cannot be read or the backbone cannot be used.
    """
    started = time.perf_counter()
    notes: list[str] = []
    pairs = find_pairs(dataset, part(report, 0, 5, 100))
    flaws = find_flaws(dataset, part(report, 5, 20, 100))
    name = backbone or default_backbone()
    features = extract(dataset, name, report=part(report, 25, 40, 100))
    labels = _tried(notes, lambda: check_labels(features, photo_refs(dataset), seed, part(report, 65, 15, 100)))
    shortcuts = _tried(notes, lambda: audit(dataset, features.groups, seed, part(report, 80, 18, 100)))
    leaks = _tried(notes, lambda: find_leaks(features)) if dataset.given_splits else ()
    health = HealthReport(
        dataset=dataset.id,
        dataset_name=dataset.name,
        fingerprint=dataset.fingerprint,
        images=len(dataset.items),
        balance=Balance(counts=dataset.counts()),
        sizes=sizes(dataset),
        duplicates=Duplicates.of(pairs),
        groups_apart=groups_apart(dataset),
        quality=Quality.of(flaws),
        labels=labels,
        shortcuts=shortcuts or (),
        leaks=leaks or (),
        notes=tuple(dict.fromkeys(notes)),
        backbone=name,
        seed=seed,
        seconds=round(time.perf_counter() - started, 2),
    )
    try:
        write_report(dataset.root, health)
    except OSError as problem:
        if spare is None or problem.errno not in (errno.EROFS, errno.EACCES, errno.EPERM):
            raise
        write_report(spare, health)
    return health


def default_backbone() -> str:
    """The best of the backbones that come with Graft."""
    return next(b.name for b in registry.backbones() if b.embedded and not b.is_floor)


def write_report(root: Path, report: HealthReport) -> None:
    """Keeps a report in a dataset's directory, in place of an earlier one."""
    paths.write_json(root / FILE, report.to_json())


def read_report(root: Path) -> HealthReport | None:
    """The report kept in a dataset's directory; None where there is none, a damaged one, or one of another version."""
    try:
        return _report(root / FILE)
    except FileNotFoundError:
        return None


@read_once(most=8)
def _report(file: Path) -> HealthReport | None:
    try:
        return HealthReport.from_json(paths.read_json(file))
    except (GraftError, ValueError):
        return None


def _tried(notes: list[str], look: Callable[[], T]) -> T | None:
    """What `look` finds, or None with a note where the photos are too few for it."""
    try:
        return look()
    except ProbeError as problem:
        notes.append(str(problem))
        return None
