"""The bases of all requests: those about photos and those about one backbone, and how a request is checked and read."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Self

from core.backbones.registry import canonical
from core.data.instructions import Instructions
from core.errors import BackboneError, DatasetError, GraftError, JobError
from core.i18n import gettext as _
from core.jobs.spec import JobSpec
from core.paths import DEFAULT_WORKSPACE
from core.records import Record

_RANGES: Mapping[str, tuple[int, int]] = {
    "seed": (0, 2**31 - 1),
    "shortlist": (0, 1000),
    "more": (1, 10**9),
    "images": (1, 10**9),
    "draws": (1, 100),
    "previews": (0, 10**6),
    "alike": (0, 100),
}


@dataclass(frozen=True, kw_only=True)
class Request(Record):
    """The base of all requests.

    Attributes:
        workspace: the id of the workspace that the verb works in.
        tour: the token of the tour that the request is a step of, "" for none.
    """

    kind: ClassVar[str] = ""
    workspace: str = DEFAULT_WORKSPACE
    tour: str = ""

    def __post_init__(self) -> None:
        super().__post_init__()
        for name, (low, high) in _RANGES.items():
            value = getattr(self, name, None)
            for number in value if isinstance(value, tuple) else (value,):
                if isinstance(number, int) and not low <= number <= high:
                    raise JobError(
                        _("{name} is {value}. Choose a whole number from {low} to {high}.").format(
                            name=name, value=number, low=low, high=high
                        )
                    )

    @classmethod
    def from_json(cls, content: Mapping[str, Any]) -> Self:
        """The request in a JSON object; a value that is missing or null takes its default.

        Raises:
            GraftError: a key is unknown, or a value is missing or wrong; the message names it.
        """
        known = [field.name for field in dataclasses.fields(cls)]
        unknown = [name for name in content if name not in known]
        if unknown:
            raise JobError(
                _("'{kind}' has no setting '{name}'. There are: {known}.").format(
                    kind=cls.kind, name=unknown[0], known=", ".join(known)
                )
            )
        return super().from_json(content)

    @classmethod
    def of(cls, spec: JobSpec) -> Self:
        """The request of a job of this kind.

        Raises:
            JobError: another version of Graft made the request, and this one cannot read it.
        """
        try:
            return cls.from_json(spec.params)
        except GraftError as problem:
            raise JobError(
                _("This job was asked for by another version of Graft: {reason} Start it anew from its page.").format(
                    reason=problem
                )
            ) from problem


@dataclass(frozen=True, kw_only=True)
class ReadingRequest(Request):
    """A request that says how photos are read when they are taken in.

    Attributes:
        group_pattern: where the group is in a photo's name; "" for no groups.
        class_pattern: where the class is in a photo's name; "" for what folders and tables say.
        encoding: of names and tables that do not say theirs; "" for what their letters say.
    """

    group_pattern: str = ""
    class_pattern: str = ""
    encoding: str = ""

    def __post_init__(self) -> None:
        super().__post_init__()
        Instructions(self.group_pattern, self.class_pattern, self.encoding)


@dataclass(frozen=True, kw_only=True)
class PhotosRequest(ReadingRequest):
    """A request about photos.

    Attributes:
        dataset: the photos: a dataset's id; or a path or "sample:NAME", which is taken in first.
        fingerprint: that of the dataset as it is edited now, which tells apart jobs about different edits; "" where
            that does not matter.
    """

    dataset: str
    fingerprint: str = ""

    def __post_init__(self) -> None:
        super().__post_init__()
        if not self.dataset:
            raise DatasetError(_("There are no photos named. Choose a dataset, a folder, a zip or a sample."))


@dataclass(frozen=True, kw_only=True)
class EditedRequest(PhotosRequest):
    """A request about photos and what is decided about them.

    Attributes:
        edits: the path of a table of edits; "" for those that are kept with a dataset.
    """

    edits: str = ""


@dataclass(frozen=True, kw_only=True)
class BackboneRequest(PhotosRequest):
    """A request about one backbone's features of photos.

    Attributes:
        backbone: its registered name.
    """

    backbone: str

    def __post_init__(self) -> None:
        super().__post_init__()
        if not self.backbone:
            raise BackboneError(_("There is no backbone named. Choose one from the list of backbones."))
        object.__setattr__(self, "backbone", canonical(self.backbone))
