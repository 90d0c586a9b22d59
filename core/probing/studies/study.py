"""What a study of one backbone found, as one JSON file in the folder of its job."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar, Self

from core.errors import GraftError, ProbeError
from core.i18n import gettext as _
from core.paths import read_json, write_json


class Study(ABC):
    """The base of the studies' records.

    Attributes:
        FILE: what the file of its kind is called.
    """

    FILE: ClassVar[str]

    @abstractmethod
    def to_json(self) -> dict[str, Any]:
        """What is kept of it: its document without what can be computed from the rest."""

    @classmethod
    @abstractmethod
    def from_json(cls, content: Mapping[str, Any]) -> Self:
        """From what `to_json` gave, or from the document that older versions of Graft kept."""

    def save(self, folder: Path) -> None:
        """Replaces the file in a folder by this record, whole or not at all."""
        write_json(folder / self.FILE, self.to_json())

    @classmethod
    def load(cls, folder: Path) -> Self:
        """The record in a folder.

        Raises:
            ProbeError: it is not there, or damaged.
        """
        try:
            return cls.from_json(read_json(folder / cls.FILE))
        except (OSError, ValueError, KeyError, TypeError, AttributeError, IndexError, GraftError) as problem:
            raise ProbeError(
                _("What was measured, '{name}', cannot be read. Measure it again.").format(name=cls.FILE)
            ) from problem
