"""Steps that verbs share: finding datasets and runs, and removing uploads."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from core import paths
from core.errors import BundleError
from core.i18n import gettext as _
from core.progress import Report
from core.tasks.asking import PhotosRequest, Request
from core.tasks.requests import IngestRequest, PredictRequest

if TYPE_CHECKING:
    from core.data.dataset import Dataset


def drop_uploads(request: IngestRequest | PredictRequest, files: Iterable[str]) -> None:
    """Removes the copies of uploads where the request says so, and never a file outside the workspace."""
    if not request.delete_source:
        return
    workspace = paths.workspace(request.workspace).resolve()
    for file in map(Path, files):
        if file.resolve().is_relative_to(workspace):
            with contextlib.suppress(OSError):
                file.unlink()


def dataset_of(request: PhotosRequest, report: Report) -> Dataset:
    """The dataset that a request names by its id; a path or a sample is taken in first."""
    from core.data import ingest, library

    if library.is_dataset_id(request.dataset):
        return library.open_dataset(request.workspace, request.dataset)
    return ingest.ingest(
        request.dataset,
        request.workspace,
        group_pattern=request.group_pattern,
        class_pattern=request.class_pattern,
        encoding=request.encoding,
        report=report,
    )


def run_folder(request: Request, name: str) -> Path:
    """The directory of a run that is named by its path, or by its path below the workspace's jobs.

    Raises:
        BundleError: a visitor names a run that is not in their workspace.
    """
    if Path(name).is_absolute() and not paths.is_public():
        return Path(name)
    jobs = paths.jobs(request.workspace)
    folder = jobs / name  # an absolute path stays itself
    if paths.is_public() and not folder.resolve().is_relative_to(jobs.resolve()):
        raise BundleError(_("This run does not belong to this workspace."))
    return folder
