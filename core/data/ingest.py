"""Takes photos in: a zip, a folder or a sample becomes a dataset in the workspace.

A dataset's id derives from its content: the same photos, with the same remarks on what was left out, are the same
dataset. How it comes to be there whole or not at all is for `staging.py` to know.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from core import paths
from core.data.dataset import Dataset, Item
from core.data.instructions import Instructions
from core.data.intake.intake import Intake, take_in
from core.data.intake.phases import TYPICAL_BYTES, opening, taking_in, writing
from core.data.intake.staging import VERSION, explained, known_dataset, mark_of, settle, staging
from core.data.labels.tables.kept import keep_tables
from core.data.limits import Limits
from core.data.origin import Origin, moved, write_origin
from core.data.sources.open import open_source
from core.data.splits import assign, warnings_for
from core.i18n import gettext as _
from core.paths import DEFAULT_WORKSPACE
from core.progress import TO_COME, Phase, Plan, Progress, Report, silent


def ingest(
    source: str | Path,
    workspace_id: str = DEFAULT_WORKSPACE,
    *,
    name: str | None = None,
    limits: Limits | None = None,
    seed: int = 0,
    group_pattern: str = "",
    class_pattern: str = "",
    encoding: str = "",
    folder: Path | None = None,
    report: Report = silent,
) -> Dataset:
    """Takes photos into the workspace; the same bytes again are the same dataset, answered quickly.

    Args:
        source: a zip file, a folder, or "sample:NAME" (see `samples.SAMPLES`).
        workspace_id: the workspace to put it in.
        name: what to call it; the file's, folder's or sample's name where none is given.
        limits: what is accepted; by default `Limits.here()`.
        seed: of the splits that are made.
        group_pattern: where in a photo's name its group (patient, plant, video) is, as in "{group}_*"; see
            `grouping.py`. Photos of one group stay on one side of every split that is made.
        class_pattern: where in a photo's name its class is, as in "{class}/*"; "" for what folders and tables say.
        encoding: that of names and tables which do not say theirs, as in "cp866", or in "cp866,cp1251" where they
            differ; "" for what their letters say.
        folder: where the dataset is kept; by default the workspace's own folder of datasets, where all are listed.
        report: told of images; raising `Cancelled` in it stops the work and leaves nothing behind.

    Raises:
        RejectedError: the archive is refused whole; its `code` says why.
        DatasetError: there is no such file, sample or encoding, a download failed, or the disk is full.
    """
    folder = folder or paths.datasets(workspace_id)
    instructions = Instructions(group_pattern, class_pattern, encoding)
    plan, names = Plan(report, _parts(source)), instructions.encodings.names
    with explained(), open_source(source, limits or Limits.here(), plan.begin("open"), names) as opened:
        digest = mark_of(opened.digest(), seed, instructions)
        known = known_dataset(folder, digest)
        if known is not None:
            moved(known.root, str(source))
            return known
        with staging(folder) as stage:
            intake = take_in(opened, stage, folder, plan.begin("take in"), instructions)
            plan.begin("write")(Progress(0, 1, _("Writing the list of photos")))
            origin = Origin(
                source=str(source),
                group_pattern=group_pattern,
                class_pattern=class_pattern,
                seed=seed,
                names=intake.names_guess,
                tables=intake.tables_guess,
            )
            write_origin(stage, origin)
            keep_tables(stage, intake.texts)
            return settle(dataset_of(intake, opened.kind, name or opened.title, stage, seed), folder, digest)


def _parts(source: str | Path) -> dict[str, tuple[Phase, ...]]:
    """What taking a source in consists of, as far as can be said before it is opened."""
    with suppress(OSError):
        n_bytes = Path(source).stat().st_size
        n = n_bytes // TYPICAL_BYTES
        return {"open": (opening(n_bytes),), "take in": taking_in(n, n_bytes), "write": (writing(n),)}
    return {"open": (opening(0),), "take in": (TO_COME,), "write": (writing(0),)}


def fingerprint_of(classes: tuple[str, ...], items: tuple[Item, ...]) -> str:
    """The sha256 over classes, splits and images: equal for equal content, whatever the files are called."""
    digest = hashlib.sha256()
    for part in (len(classes), *classes):
        digest.update(f"{part}\0".encode("utf-8", "surrogatepass"))
    for line in sorted(f"{item.split}\0{item.label}\0{item.sha256}\0" for item in items):
        digest.update(line.encode())
    return digest.hexdigest()


def all_warnings(intake: Intake) -> tuple[str, ...]:
    """Everything doubtful about what was taken in, as code words."""
    return (*intake.warnings, *warnings_for(intake.items, intake.classes))


def dataset_of(intake: Intake, kind: str, name: str, root: Path, seed: int) -> Dataset:
    """The dataset, to be written to `root`, that comes of an intake: splits and id are made here."""
    assignment = assign(intake.items, seed)
    items = tuple(replace(item, split=split) for item, split in zip(intake.items, assignment.splits, strict=True))
    fingerprint = fingerprint_of(intake.classes, items)
    given = dict(Counter(item.split for item in intake.items if item.split))
    warnings = all_warnings(intake)
    groups = sorted({(item.sha256, item.group) for item in intake.items if item.group})
    skipped = [(skip.entry, skip.reason) for skip in intake.skipped]
    came = [sorted(given.items()), groups, intake.outline.to_json()]
    remarks = json.dumps([VERSION, fingerprint, skipped, intake.ignored, warnings, *came])
    return Dataset(
        id=hashlib.sha256(remarks.encode()).hexdigest()[:16],
        root=root,
        name=name,
        source=kind,
        classes=intake.classes,
        images=len(items),
        fingerprint=fingerprint,
        split_counts=dict(Counter(item.split for item in items)),
        given_splits=given,
        made_splits=assignment.made,
        ignored=intake.ignored,
        warnings=warnings,
        created=datetime.now(UTC).isoformat(timespec="microseconds"),
        seed=seed,
        outline=intake.outline,
        levels=intake.levels,
        items=items,
        skipped=intake.skipped,
    )
