"""What the verbs share: how datasets and runs are found, and how uploads go."""

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
    """Removes the files that a page copied uploads to, where the request says so, and nothing outside the workspace."""
    if not request.delete_source:
        return
    own = paths.workspace(request.workspace).resolve()
    for file in map(Path, files):
        if file.resolve().is_relative_to(own):
            with contextlib.suppress(OSError):
                file.unlink()


def dataset_of(request: PhotosRequest, report: Report) -> Dataset:
    """The dataset that a request names by its id, or what a path or a sample becomes when it is taken in."""
    from core.data import ingest, library

    if library.is_dataset_id(request.dataset):
        return library.open_dataset(request.workspace, request.dataset)
    return ingest.ingest(
        request.dataset,
        request.workspace,
        group_pattern=request.group_pattern,
        encoding=request.encoding,
        report=report,
    )


def run_folder(request: Request, named: str) -> Path:
    """The directory of a run that is named by its path, or by its path below the workspace's jobs.

    Raises:
        BundleError: a visitor names a run that is not in their workspace.
    """
    own = paths.jobs(request.workspace)
    folder = own / named  # an absolute path stays itself
    if paths.is_public() and not folder.resolve().is_relative_to(own.resolve()):
        raise BundleError(_("This run does not belong to this workspace."))
    return folder
