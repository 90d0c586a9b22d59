"""What the verbs share: the kinds of their arguments, and how datasets and runs are found."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from core import paths
from core.errors import BundleError
from core.i18n import gettext as _
from core.paths import DEFAULT_WORKSPACE
from core.progress import Report

if TYPE_CHECKING:
    from core.data.dataset import Dataset

Params = Mapping[str, Any]
Result = dict[str, Any]

_DATASET_ID = re.compile(r"[0-9a-f]{16}")


def workspace_of(params: Params) -> str:
    """The id of the workspace that the params name."""
    return str(params.get("workspace") or DEFAULT_WORKSPACE)


def drop_uploads(params: Params, *files: str) -> None:
    """Removes the files that a page copied uploads to, where it was told to, and nothing outside the workspace."""
    if not params.get("delete_source"):
        return
    own = paths.workspace(workspace_of(params)).resolve()
    for file in map(Path, files):
        if file.resolve().is_relative_to(own):
            with contextlib.suppress(OSError):
                file.unlink()


def dataset_of(params: Params, report: Report) -> Dataset:
    """The dataset with an id, or what a path or sample becomes when it is taken in (with the param group_pattern)."""
    from core.data import ingest, library

    named = str(params["dataset"])
    if _DATASET_ID.fullmatch(named):
        return library.open_dataset(workspace_of(params), named)
    pattern = str(params.get("group_pattern") or "")
    return ingest.ingest(named, workspace_of(params), group_pattern=pattern, report=report)


def run_folder(params: Params, named: str) -> Path:
    """The directory of a run that is named by its path, or by its path below the workspace's jobs."""
    own = paths.jobs(workspace_of(params))
    folder = own / named  # an absolute path stays itself
    if paths.is_public() and not folder.resolve().is_relative_to(own.resolve()):
        raise BundleError(_("This run does not belong to this workspace."))
    return folder
