"""The requests about a finished model: take it home, and classify images with it. This file never imports torch."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar

from core.bundle.contents import Contents
from core.data.images.viewing import check_views
from core.errors import BundleError, DatasetError
from core.i18n import gettext as _
from core.records import Record
from core.tasks.base import Request


@dataclass(frozen=True, kw_only=True)
class ExportRequest(Request):
    """Write a run as one zip.

    Attributes:
        run: its directory, as a path or relative to the workspace's jobs.
        out: the zip's path; "" for one in the job's directory.
        contents: what travels along with the model.
    """

    kind: ClassVar[str] = "export"
    run: str
    out: str = ""
    contents: Contents = field(default_factory=Contents)

    def __post_init__(self) -> None:
        super().__post_init__()
        if not self.run:
            raise BundleError(_("There is no run to export. Choose one."))


@dataclass(frozen=True, kw_only=True)
class StrangersRequest(Request):
    """Let a run learn to know photos that are none of its classes.

    Attributes:
        run: its directory, as in `ExportRequest`.
    """

    kind: ClassVar[str] = "strangers"
    run: str

    def __post_init__(self) -> None:
        super().__post_init__()
        if not self.run:
            raise BundleError(_("There is no run named. Choose one."))


@dataclass(frozen=True, kw_only=True)
class NamedFile(Record):
    """A file, and the user's name for it (the copy of an upload has another one)."""

    path: str
    name: str


@dataclass(frozen=True, kw_only=True)
class PredictRequest(Request):
    """Classify images.

    Attributes:
        model: a bundle, or a run as in `ExportRequest`.
        images: what to classify.
        previews: how many answers get a picture.
        tta: how the model looks at photos, as in `core.data.images.views`; "" as it was chosen for it.
        delete_source: whether the images are uploads, removed at the end.
    """

    kind: ClassVar[str] = "predict"
    model: str
    images: tuple[NamedFile, ...]
    previews: int = 0
    tta: str = ""
    delete_source: bool = False

    def __post_init__(self) -> None:
        super().__post_init__()
        if not self.model:
            raise BundleError(_("There is no model to predict with. Choose a run or a bundle."))
        if self.tta:
            check_views(self.tta)
        if not self.images:
            raise DatasetError(_("There is no photo to predict. Give at least one."))
