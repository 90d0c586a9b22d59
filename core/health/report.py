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
from core.backbones import choice, registry
from core.data.dataset import Dataset
from core.data.intake.phases import comparing
from core.errors import GraftError, ProbeError
from core.features.extract import extract
from core.features.phases import extracting
from core.health.composition import Balance, sizes
from core.health.duplicates import Duplicates, find_pairs, groups_apart
from core.health.labels import check_labels
from core.health.leaks import find_leaks
from core.health.photo import photo_refs
from core.health.quality import Quality, find_flaws
from core.health.record import HealthReport
from core.health.shortcuts import audit, looking_for_shortcuts
from core.i18n import gettext as _
from core.probing.phases import Rows, cross_validating
from core.probing.probes.kinds import USUAL_C
from core.probing.probes.probe import ProbeConfig
from core.progress import Phase, Plan, Progress, Report, silent
from core.versions import read_once

FILE = "health.json"

T = TypeVar("T")


def check(
    dataset: Dataset, *, backbone: str = "", seed: int = 0, report: Report = silent, spare: Path | None = None
) -> HealthReport:
    """Looks for everything that ruins models, and keeps the report beside the dataset.

    Args:
        dataset: the photos, as edited or as they came.
        backbone: whose features judge the labels; by default the best of the quick ones that are ready.
        seed: of folds and draws.
        report: told of progress; raising `Cancelled` in it leaves an earlier report as it is.
        spare: a directory for the report where that of the dataset may not be written into.

    Raises:
        GraftError: the photos cannot be read or the backbone cannot be used.
    """
    started = time.perf_counter()
    notes: list[str] = []
    name = backbone or choice.best()
    plan = Plan(report, _parts(dataset, name))
    pairs = find_pairs(dataset, plan.begin("pairs"))
    flaws = find_flaws(dataset, plan.begin("flaws"))
    features = extract(dataset, name, report=plan.begin("features"))
    labels = _tried(notes, lambda: check_labels(features, photo_refs(dataset), seed, plan.begin("labels")))
    shortcuts = _tried(notes, lambda: audit(dataset, features.groups, seed, plan.begin("shortcuts")))
    plan.begin("write")(Progress(0, 1, _("Writing the report")))
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


def _parts(dataset: Dataset, backbone: str) -> dict[str, tuple[Phase, ...]]:
    """The parts of a check, each with what it takes."""
    n = len(dataset.items)
    rows = Rows(backbone, n, registry.info(backbone).feature_dim, len(dataset.classes))
    labels = cross_validating(ProbeConfig(c=USUAL_C, repeats=1), rows)
    return {
        "pairs": comparing(n // 10),  # few share a group with others
        "flaws": (Phase("health/flaws", 0.3 + 0.01 * n),),
        "features": extracting(dataset, backbone),
        "labels": (Phase("health/labels", labels.seconds),),
        "shortcuts": looking_for_shortcuts(n, len(dataset.classes)),
        "write": (Phase("health/write", 0.1 + 1e-5 * n),),
    }


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
