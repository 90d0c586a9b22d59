"""What photos come from: entries with names, which are read one by one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from core.data.limits import Limits


@dataclass(frozen=True, slots=True)
class Entry:
    """An entry of a source.

    Attributes:
        name: with "/" between folders, otherwise untouched.
        is_folder: whether it is a folder.
        size: its bytes, unpacked; a claim, and 0 where it is not known.
    """

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
