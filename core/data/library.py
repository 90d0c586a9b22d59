"""The datasets of a workspace: opened as their user edited them, listed and deleted."""

from __future__ import annotations

import secrets
import shutil

from core import paths
from core.data.dataset import DATASET_ID, MANIFEST, Dataset, Summary, manifest_facts, missing, read_dataset
from core.errors import DatasetError
from core.i18n import gettext as _
from core.paths import DEFAULT_WORKSPACE


def open_dataset(workspace_id: str, dataset_id: str) -> Dataset:
    """Reads a dataset as its user edited it; an edit list that cannot be read counts as none.

    Raises:
        DatasetError: there is none with this id, or its record is damaged.
    """
    from core.data.edits import edited, read_edits

    original = original_dataset(workspace_id, dataset_id)
    try:
        return edited(original, read_edits(original.root))
    except DatasetError:
        return original


def original_dataset(workspace_id: str, dataset_id: str) -> Dataset:
    """Reads a dataset as it came, without its edits; see `open_dataset`."""
    if not DATASET_ID.fullmatch(dataset_id):
        raise DatasetError(missing())
    return read_dataset(paths.datasets(workspace_id) / dataset_id)


def list_datasets(workspace_id: str = DEFAULT_WORKSPACE) -> list[Summary]:
    """The workspace's datasets, newest first; damaged ones come last, marked, so that they can be deleted."""
    found: list[Summary] = []
    for manifest in paths.datasets(workspace_id).glob(f"*/{MANIFEST}"):
        root = manifest.parent
        if not DATASET_ID.fullmatch(root.name):
            continue
        try:
            found.append(Summary(root=root, **manifest_facts(root)))
        except (KeyError, TypeError, ValueError, OSError):
            found.append(Summary(id=root.name, root=root, name=root.name, damaged=True))
    return sorted(found, key=lambda s: (s.created, s.id), reverse=True)


def delete_dataset(workspace_id: str, dataset_id: str) -> None:
    """Removes a dataset; nothing happens where there is none. It is gone at once, and its files soon after."""
    if not DATASET_ID.fullmatch(dataset_id):
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
