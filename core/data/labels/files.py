"""The files of a source by their names: junk, those that are left out whatever is in them, and those that may count."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from core.data import names
from core.data.limits import Limits
from core.data.sources.source import Entry, PhotoSource


@dataclass(frozen=True, slots=True)
class File:
    """An entry that is no folder and no junk.

    Attributes:
        index: of the entry in the source.
        name: of the entry.
        parts: of its path.
        problem: the skip code where its name alone says that it is left out; "" for all others.
    """

    index: int
    name: str
    parts: tuple[str, ...]
    problem: str = ""

    @property
    def folders(self) -> tuple[str, ...]:
        """The folders it lies in."""
        return self.parts[:-1]


def files_of(source: PhotoSource) -> tuple[list[File], list[int]]:
    """The files that are no junk, with what is wrong with their names; and the indices of the junk."""
    listed = [(i, entry, names.parts_of(entry.name)) for i, entry in enumerate(source.entries) if not entry.is_folder]
    junk = {index for index, _entry, parts in listed if parts and names.is_junk(parts)}
    plain = [(index, entry, parts) for index, entry, parts in listed if parts and index not in junk]
    hidden = {index for index, _entry, parts in plain if names.is_hidden(parts[:-1])}
    if all(index in hidden for index, _entry, parts in plain if "." in parts[-1] and names.may_be_photo(parts)):
        hidden = set()  # all photos share a hidden folder, which is what is meant
    files = [
        File(index, entry.name, parts, _problem(entry, index in hidden, source.limits)) for index, entry, parts in plain
    ]
    return files, sorted(junk)


def misfit(parts: Sequence[str]) -> str:
    """The skip code of a file that is no photo by the ending of its name."""
    if names.is_camera_raw(parts):
        return "camera_raw"
    if names.is_placeholder(parts):
        return "not_downloaded"
    if names.is_other_archive(parts):
        return "archive_inside"
    return "zip_inside" if names.is_zip_name(parts[-1]) else "unsupported_format"


def _problem(entry: Entry, hidden: bool, limits: Limits) -> str:
    """The skip code of a file that is left out whatever is in it; "" for all others."""
    if len(entry.name.encode("utf-8", "surrogatepass")) > limits.max_name_bytes:
        return "name_too_long"
    return entry.problem or ("hidden_folder" if hidden else "")
