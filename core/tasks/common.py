"""Steps that verbs share: finding datasets and runs, and removing uploads."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from core import paths
from core.errors import BundleError, DatasetError
from core.i18n import gettext as _
from core.models.runs import load_run
from core.progress import TO_COME, Plan, Report
from core.runs import FILE, Run
from core.tasks.base import EditedRequest, PhotosRequest, Request

if TYPE_CHECKING:
    from core.data.dataset import Dataset
    from core.data.edits import Edit


class TakesUploads(Protocol):
    """A request that may be about uploads."""

    @property
    def workspace(self) -> str:
        """The id of the workspace."""

    @property
    def delete_source(self) -> bool:
        """Whether the files are uploads, removed at the end."""


def drop_uploads(request: TakesUploads, files: Iterable[str]) -> None:
    """Removes the copies of uploads where the request says so, and never a file outside the workspace."""
    if not request.delete_source:
        return
    workspace = paths.workspace(request.workspace).resolve()
    for file in map(Path, files):
        if file.resolve().is_relative_to(workspace):
            with contextlib.suppress(OSError):
                file.unlink()


def dataset_of(request: PhotosRequest, report: Report) -> Dataset:
    """The dataset that a request names by its id, as edited; a path or a sample is taken in first."""
    from core.data import library

    if library.is_dataset_id(request.dataset):
        return library.open_dataset(request.workspace, request.dataset)
    return original_of(request, report)


def original_of(request: PhotosRequest, report: Report) -> Dataset:
    """The same dataset as it came, without its edits."""
    from core.data import ingest, library

    if library.is_dataset_id(request.dataset):
        return library.original_dataset(request.workspace, request.dataset)
    return ingest.ingest(
        request.dataset,
        request.workspace,
        group_pattern=request.group_pattern,
        class_pattern=request.class_pattern,
        encoding=request.encoding,
        report=Plan(report, {"photos": (), "verb": (TO_COME,)}).begin("photos"),
    )


def edits_of(request: EditedRequest, original: Dataset) -> tuple[Edit, ...]:
    """The edits that a request names, or those that are kept with the dataset.

    Raises:
        DatasetError: the table is not there, is no text, or holds an edit of a photo that is not there.
    """
    from core.data.decisions import read_edits
    from core.data.edits import from_csv

    if not request.edits:
        return read_edits(original.root)
    table = Path(request.edits)
    try:
        return from_csv(original, table.read_text(encoding="utf-8-sig"))
    except FileNotFoundError:
        raise DatasetError(
            _("There is no list of edits '{name}'. Name a CSV file that is there.").format(name=request.edits)
        ) from None
    except UnicodeDecodeError:
        raise DatasetError(
            _("'{name}' is no text in UTF-8. Save the list as CSV in UTF-8.").format(name=request.edits)
        ) from None


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


def model_of(request: Request, name: str) -> Run | Path:
    """The model with a name: a run of the workspace, or the path of a bundle.

    Raises:
        BundleError, EvaluationError: as of `run_folder` and `load_run`.
    """
    folder = run_folder(request, name)
    return load_run(folder) if (folder / FILE).is_file() else Path(name)
