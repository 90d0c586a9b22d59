"""How a dataset comes to its place: whole or not at all, and only once.

It grows in a staging directory beside the datasets, which is renamed at the end. An empty file in `sources/`, its mark,
says what it was made from and how, so that the same source again is answered at once.
"""

from __future__ import annotations

import errno
import hashlib
import secrets
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from core.data.dataset import Dataset, read_dataset, write_dataset
from core.data.instructions import Instructions
from core.errors import DatasetError
from core.i18n import gettext as _
from core.paths import FULL, is_public, made

VERSION = 5  # of what is found out about photos; a dataset that an older version made is made anew
READING = 2  # of how names and tables are read; a source that an older version read is read again
_STALE_S = 24 * 3600


@contextmanager
def staging(folder: Path) -> Iterator[Path]:
    """A new directory in `folder` that is gone when the block ends, unless it was renamed.

    Raises:
        HomeError: it cannot be made.
    """
    made(folder)
    for old in folder.glob(".*-*"):
        if old.name.startswith((".staging-", ".deleted-")) and time.time() - old.stat().st_mtime > _STALE_S:
            shutil.rmtree(old, ignore_errors=True)
    stage = made(folder / f".staging-{secrets.token_hex(8)}")
    try:
        yield stage
    finally:
        shutil.rmtree(stage, ignore_errors=True)


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


def known_dataset(folder: Path, digest: str) -> Dataset | None:
    """The dataset that was made from these very bytes, if it is there and whole."""
    try:
        marks = list(folder.glob(f"[0-9a-f]*/sources/{digest}"))
    except OSError:  # a folder that cannot be looked into holds none, and making a dataset there says what is wrong
        return None
    for mark in marks:
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


def mark_of(source_digest: str, seed: int, instructions: Instructions) -> str:
    """The name of the mark that a dataset was made from this source in this way.

    What an older version made of the source stays beside what this one does, unless that is the same.
    """
    text = instructions.as_text
    how = f"-{hashlib.sha256(text.encode()).hexdigest()[:16]}" if text else ""
    return f"{source_digest}-{seed}-{VERSION}-{READING}{how}"


def is_current(root: Path) -> bool:
    """Whether what the dataset in the directory `root` says of its photos is what this version finds out about them."""
    return any(mark.name.split("-")[2:3] == [str(VERSION)] for mark in (root / "sources").glob("*-*"))


@contextmanager
def explained() -> Iterator[None]:
    """Turns what the system says about a disk into a sentence."""
    try:
        yield
    except OSError as problem:
        if problem.errno in FULL:
            raise DatasetError(
                _("The disk is full. Free some space or delete datasets you no longer need, then try again.")
            ) from problem
        if problem.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
            raise DatasetError(_refused(problem)) from problem
        raise


def _refused(problem: OSError) -> str:
    """What the system would not do; a visitor of a public app does not learn the machine's paths."""
    if is_public() or problem.filename is None:
        return _("A file cannot be read or written. Check the permissions and try again.")
    return _("'{file}' cannot be read or written ({reason}). Check its permissions and try again.").format(
        file=problem.filename, reason=problem.strerror
    )
