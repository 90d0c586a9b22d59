"""The verb that makes a checkpoint a backbone of the workspace, and its request and result."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from core import paths
from core.backbones.sources.own import check_name
from core.errors import BackboneError
from core.i18n import gettext as _
from core.progress import Report
from core.records import Record
from core.tasks.base import Request
from core.tasks.using import NamedFile
from core.workspaces import check_quota


@dataclass(frozen=True, kw_only=True)
class AddBackboneRequest(Request):
    """Make a checkpoint a backbone of the workspace.

    Attributes:
        name: of the backbone, without "local:".
        files: the weights, and timm's `config.json` where there is one; or one folder with them.
        architecture: such as "resnet18"; "" for what the config says.
        delete_source: whether the files are uploads, removed at the end.
    """

    kind: ClassVar[str] = "add_backbone"
    name: str
    files: tuple[NamedFile, ...]
    architecture: str = ""
    delete_source: bool = False

    def __post_init__(self) -> None:
        super().__post_init__()
        check_name(self.name)
        if not self.files:
            raise BackboneError(_("There is no checkpoint named. Give a file of weights, or a folder with one."))


@dataclass(frozen=True, kw_only=True)
class BackboneAdded(Record):
    """A checkpoint that was made a backbone.

    Attributes:
        backbone: its name, such as "local:mine".
    """

    backbone: str


def add_backbone(job_dir: Path, request: AddBackboneRequest, report: Report) -> BackboneAdded:
    """Takes the checkpoint in, counted to the workspace's quota.

    On a public app only uploads of safetensors are taken: no file of the machine, and no pickle.
    """
    from core.backbones.adopt import adopt

    if paths.is_public() and not request.delete_source:
        raise BackboneError(_("This app takes uploads alone. Upload the checkpoint."))
    try:
        source = _together(job_dir / "checkpoint", request)
        weights = source.iterdir() if source.is_dir() else [source]
        size = sum(file.stat().st_size for file in weights if file.is_file())
        check_quota(request.workspace, more_bytes=size)
        added = adopt(
            source,
            request.name,
            paths.backbones(request.workspace),
            architecture=request.architecture,
            pickles=not paths.is_public(),
            report=report,
        )
    finally:
        shutil.rmtree(job_dir / "checkpoint", ignore_errors=True)
    return BackboneAdded(backbone=added.name)


def _together(folder: Path, request: AddBackboneRequest) -> Path:
    """Uploads, moved into one folder under the names that the user gave them; what is no upload stays where it is."""
    if not request.delete_source:
        (only,) = request.files
        return paths.expanded(only.path)
    folder.mkdir(parents=True, exist_ok=True)
    for file in request.files:
        shutil.move(file.path, folder / Path(file.name).name)
    return folder
