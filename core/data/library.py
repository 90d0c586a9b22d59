"""The datasets of a workspace: opened as their user edited them, or as they came; listed and deleted."""

from __future__ import annotations

import re
import secrets
import shutil

from core import paths
from core.data.dataset import MANIFEST, Dataset, NoSuchDataset, Summary, read_dataset, read_summary
from core.data.decisions import read_edits
from core.data.edits import edited
from core.errors import DatasetError
from core.i18n import gettext as _
from core.paths import DEFAULT_WORKSPACE

_ID = re.compile(r"[0-9a-f]{16}")


def is_dataset_id(text: str) -> bool:
    """Whether this has the form of a dataset's id, so that it may be part of a path."""
    return _ID.fullmatch(text) is not None


def open_dataset(workspace_id: str, dataset_id: str) -> Dataset:
    """Reads a dataset as its user edited it; edits that cannot be read or carried out count as none.

    Raises:
        DatasetError: there is none with this id, or its record is damaged.
    """
    original = original_dataset(workspace_id, dataset_id)
    try:
        return edited(original, read_edits(original.root))
    except DatasetError:
        return original


def original_dataset(workspace_id: str, dataset_id: str) -> Dataset:
    """Reads a dataset as it came, without its edits.

    Raises:
        DatasetError: there is none with this id, or its record is damaged.
    """
    if not is_dataset_id(dataset_id):
        raise NoSuchDataset
    return read_dataset(paths.datasets(workspace_id) / dataset_id)


def list_datasets(workspace_id: str = DEFAULT_WORKSPACE) -> list[Summary]:
    """The workspace's datasets, newest first; damaged ones come last, marked, so that they can be deleted."""
    roots = [manifest.parent for manifest in paths.datasets(workspace_id).glob(f"*/{MANIFEST}")]
    summaries = [read_summary(root) for root in roots if is_dataset_id(root.name)]
    return sorted(summaries, key=lambda summary: (summary.created, summary.id), reverse=True)


def delete_dataset(workspace_id: str, dataset_id: str) -> None:
    """Removes a dataset; nothing happens where there is none. It is gone at once, and its files soon after.

    Raises:
        DatasetError: it is in use.
    """
    if not is_dataset_id(dataset_id):
        return
    root = paths.datasets(workspace_id) / dataset_id
    doomed = root.with_name(f".deleted-{secrets.token_hex(4)}")
    try:
        root.rename(doomed)
    except FileNotFoundError:
        return
    except OSError as problem:
        raise DatasetError(
            _("The dataset is in use and cannot be deleted now. Try again when its jobs are done.")
        ) from problem
    shutil.rmtree(doomed, ignore_errors=True)
