"""What photos are taken from: entries with names, read one by one. A zip, a folder and a sample are such sources."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from core.data.encodings.deciding import Reading
from core.data.limits import Limits


@dataclass(frozen=True, slots=True)
class Entry:
    """An entry of a source.

    Attributes:
        name: with "/" between folders, otherwise untouched.
        is_folder: whether it is a folder.
        size: its bytes, unpacked; a claim, and 0 where it is not known.
        raw: its name's bytes where nothing says how they are to be read; else b"".
        problem: the skip code of one that is not to be read, such as "link"; "" for all others.
    """

    name: str
    is_folder: bool = False
    size: int = 0
    raw: bytes = b""
    problem: str = ""


class BadEntry(Exception):
    """One entry cannot be read; `reason` is a skip code."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class PhotoSource(Protocol):
    """Entries that can be read in any order."""

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
    def reading(self) -> Reading:
        """How those names were read that do not say it: all in one way."""

    @property
    def entries(self) -> Sequence[Entry]:
        """Everything in it; an entry's index here is what `read` takes."""

    def read(self, index: int) -> bytes:
        """The bytes of an entry.

        Raises:
            BadEntry: this one cannot be read; the others may be.
            RejectedError: the whole source is to be refused.
        """

    def digest(self) -> str:
        """A sha256 that is the same only for the same content."""
