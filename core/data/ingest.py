"""Takes photos in: a zip, a folder or a sample becomes a dataset in the workspace.

Photos are written to a staging directory beside the datasets, under their sha256, and the directory is renamed at the
end, so a dataset is there whole or not at all. Its id derives from its content: the same photos, with the same remarks
on what was left out, are the same dataset.
"""

from __future__ import annotations

import errno
import hashlib
import json
import secrets
import shutil
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from core import paths
from core.data.dataset import Dataset, Item, read_dataset, write_dataset
from core.data.intake import Intake, take_in
from core.data.limits import Limits
from core.data.sources.open import open_source
from core.data.splits import assign, warnings_for
from core.errors import DatasetError
from core.i18n import gettext as _
from core.paths import DEFAULT_WORKSPACE
from core.progress import Report, silent

_STALE_S = 24 * 3600
_VERSION = 3  # what is found out about photos; a dataset that an older version made is made anew


def ingest(
    source: str | Path,
    workspace_id: str = DEFAULT_WORKSPACE,
    *,
    name: str | None = None,
    limits: Limits | None = None,
    seed: int = 0,
    group_pattern: str = "",
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
        report: told of images; raising `Cancelled` in it stops the work and leaves nothing behind.

    Raises:
        RejectedError: the archive is refused whole; its `code` says why.
        DatasetError: there is no such file or sample, a download failed, or the disk is full.
    """
    folder = paths.datasets(workspace_id)
    with explained(), open_source(source, limits or Limits.here(), report) as opened:
        digest = mark_of(opened.digest(), seed, group_pattern)
        known = known_dataset(folder, digest)
        if known is not None:
            return known
        with staging(folder) as stage:
            intake = take_in(opened, stage, folder, report, group_pattern)
            return settle(dataset_of(intake, opened.kind, name or opened.title, stage, seed), folder, digest)


def mark_of(source_digest: str, seed: int, group_pattern: str) -> str:
    """The name of the mark that a dataset was made from this source in this way."""
    pattern = f"-{hashlib.sha256(group_pattern.encode()).hexdigest()[:16]}" if group_pattern else ""
    return f"{source_digest}-{seed}-{_VERSION}{pattern}"


@contextmanager
def explained() -> Iterator[None]:
    """Turns what the system says about a disk into a sentence."""
    try:
        yield
    except OSError as problem:
        if problem.errno in (errno.ENOSPC, errno.EDQUOT):
            raise DatasetError(
                _("The disk is full. Free some space or delete datasets you no longer need, then try again.")
            ) from problem
        if problem.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
            raise DatasetError(_("A file cannot be read or written. Check the permissions and try again.")) from problem
        raise


@contextmanager
def staging(folder: Path) -> Iterator[Path]:
    """A new directory in `folder` that is gone when the block ends, unless it was renamed."""
    folder.mkdir(parents=True, exist_ok=True)
    for old in folder.glob(".*-*"):
        if old.name.startswith((".staging-", ".deleted-")) and time.time() - old.stat().st_mtime > _STALE_S:
            shutil.rmtree(old, ignore_errors=True)
    stage = folder / f".staging-{secrets.token_hex(8)}"
    stage.mkdir()
    try:
        yield stage
    finally:
        shutil.rmtree(stage, ignore_errors=True)


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
    remarks = json.dumps([_VERSION, fingerprint, skipped, intake.ignored, warnings, sorted(given.items()), groups])
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
        items=items,
        skipped=intake.skipped,
    )


def known_dataset(folder: Path, digest: str) -> Dataset | None:
    """The dataset that was made from these very bytes, if it is there and whole."""
    for mark in folder.glob(f"[0-9a-f]*/sources/{digest}"):
        root = mark.parents[1]
        try:
            return _whole(read_dataset(root))
        except DatasetError:
            continue
    return None


def _whole(dataset: Dataset) -> Dataset:
    if not all(dataset.path(item).is_file() and dataset.thumbnail(item).is_file() for item in dataset.items):
        raise DatasetError(_("Photos of this dataset are missing. Upload it again."))
    return dataset


def settle(dataset: Dataset, folder: Path, digest: str) -> Dataset:
    """Writes a staged dataset's records and renames it to its place; where the same is there already, that stays."""
    stage, root = dataset.root, folder / dataset.id
    write_dataset(dataset)
    (stage / "sources" / digest).touch()
    for _attempt in range(3):
        try:
            stage.rename(root)
            return read_dataset(root)
        except OSError as problem:
            if problem.errno not in (errno.ENOTEMPTY, errno.EEXIST, errno.EACCES) or not root.exists():
                raise
        try:
            dataset = _whole(read_dataset(root))
            (root / "sources").mkdir(exist_ok=True)
            (root / "sources" / digest).touch()
            return dataset
        except DatasetError:
            doomed = root.with_name(f".deleted-{secrets.token_hex(4)}")
            root.rename(doomed)
            shutil.rmtree(doomed, ignore_errors=True)
    raise DatasetError(_("The dataset could not be put in its place. Try again."))
