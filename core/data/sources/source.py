"""An entry of a source: a name, whether it is a folder, and how large it is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from core.data.limits import Limits


@dataclass(frozen=True, slots=True)
class Entry:
    """An entry's name, with "/" between folders, whether it is a folder, and its bytes (a claim; 0 if not known)."""

    name: str
    is_folder: bool = False
    size: int = 0


class Source(Protocol):
    """Named entries that can be read, in any order."""

    @property
    def kind(self) -> str:
        """ "upload", "folder" or "sample:NAME"."""

    @property
    def title(self) -> str:
        """What to call the dataset where the user does not say."""

    @property
    def limits(self) -> Limits:
        """The limits that hold for this source."""

    @property
    def entries(self) -> Sequence[Entry]:
        """Everything in it."""

    def read(self, index: int) -> bytes:
        """The bytes of an entry. Raises BadEntry for a broken one, RejectedError where the whole is to be refused."""

    def digest(self) -> str:
        """A sha256 that is the same only for the same source content."""
