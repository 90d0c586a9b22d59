"""Zips in a zip, opened one level deep: their entries take their places, in a folder of the zip's name.

They are opened where hardly a photo lies beside them, as where a data set was downloaded as train.zip and test.zip in
one. Each is judged as any other zip; all of them together are held to the limits of the one they came in.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import PurePosixPath
from tempfile import TemporaryFile

from core.data.encodings.deciding import Reading, decided
from core.data.limits import Limits
from core.data.messages import inside, rejected
from core.data.names import is_hidden, is_junk, is_unsafe, is_zip_name, may_be_photo, parts_of
from core.data.sources.archive import Archive, OpenZip
from core.data.sources.source import BadEntry, Entry, PhotoSource
from core.errors import RejectedError

_MOST = 100  # each takes an open file
_FEW = 2  # photos that anyone may have left beside them, such as a cover


@contextmanager
def with_zips_inside(archive: Archive, encoding: str = "") -> Iterator[PhotoSource]:
    """The archive with the zips in it opened, or as it is where there are none or where the photos lie beside them.

    Raises:
        RejectedError: none of the zips in it can be opened, or all together are more than the limits allow.
        DatasetError: names are not in the given encoding.
    """
    zips = [index for index, entry in enumerate(archive.entries) if _is_zip(entry)][:_MOST]
    if not zips or sum(map(_is_photo, archive.entries)) > _FEW:
        yield archive
        return
    with ExitStack() as files:
        opened: dict[int, OpenZip] = {}
        refused: dict[int, RejectedError] = {}
        for index in zips:
            try:
                opened[index] = files.enter_context(_opened(archive, index, encoding))
            except RejectedError as refusal:
                refused[index] = refusal
            except BadEntry:
                refused[index] = rejected("corrupt_archive")
        if not opened:
            raise inside(archive.entries[zips[0]].name, refused[zips[0]])
        _judge_together(archive, list(opened.values()))
        yield _ZipsInside(archive, opened, set(refused), encoding)


class _ZipsInside:
    """An archive whose entries are its own, and in the place of each opened zip the entries of that."""

    kind = Archive.kind

    def __init__(self, archive: Archive, opened: dict[int, OpenZip], refused: set[int], encoding: str) -> None:
        self.title, self.limits = archive.title, archive.limits
        self._archive = archive
        raws = [entry.raw for zip_file in (archive, *opened.values()) for entry in zip_file.entries if entry.raw]
        self.reading: Reading = decided(raws, encoding)
        self.entries: list[Entry] = []
        self._places: list[tuple[OpenZip, int]] = []
        for index, entry in enumerate(archive.entries):
            if index in opened:
                self._take(_named(entry, self.reading).name, opened[index])
            else:
                problem = "zip_refused" if index in refused else ""
                self._add(replace(_named(entry, self.reading), problem=problem), archive, index)

    def read(self, index: int) -> bytes:
        """The unpacked bytes of an entry; raises as `OpenZip.read` does."""
        zip_file, own_index = self._places[index]
        return zip_file.read(own_index)

    def digest(self) -> str:
        """The sha256 of the file."""
        return self._archive.digest()

    def _take(self, name: str, zip_file: OpenZip) -> None:
        """Puts the entries of a zip into a folder of its name, unless they lie in one already."""
        entries = [_named(entry, self.reading) for entry in zip_file.entries]
        stem = PurePosixPath(name.replace("\\", "/")).with_suffix("")
        tops = {parts[0].casefold() for entry in entries if (parts := parts_of(entry.name))}
        folder = stem.parent if tops == {stem.name.casefold()} else stem
        for index, entry in enumerate(entries):
            if is_unsafe(entry.name):
                raise rejected("unsafe_path", entry.name)
            self._add(replace(entry, name=f"{folder}/{entry.name}".removeprefix("./")), zip_file, index)

    def _add(self, entry: Entry, zip_file: OpenZip, index: int) -> None:
        self.entries.append(entry)
        self._places.append((zip_file, index))


@contextmanager
def _opened(archive: Archive, index: int, encoding: str) -> Iterator[OpenZip]:
    """One of the zips, unpacked into a file without a name and judged."""
    with TemporaryFile() as file:
        for part in archive.parts(index):
            file.write(part)
        yield OpenZip(file, archive.limits, encoding)


def _judge_together(archive: Archive, opened: Sequence[OpenZip]) -> None:
    """Holds all zips together to the limits of the one that they came in."""
    limits: Limits = archive.limits
    entries = [entry for zip_file in (archive, *opened) for entry in zip_file.entries]
    total = sum(entry.size for entry in entries)
    if len(entries) > limits.entries_of(archive.n_bytes):
        raise rejected("too_many_entries", limits=limits)
    if total > limits.ratio_floor_bytes and total > limits.max_ratio * archive.n_bytes:
        raise rejected("zip_bomb", limits=limits)
    if total > limits.max_total_bytes:
        raise rejected("too_large", limits=limits)


def _named(entry: Entry, reading: Reading) -> Entry:
    """An entry named as all names together are read."""
    return replace(entry, name=reading.text(entry.raw)) if entry.raw else entry


def _is_zip(entry: Entry) -> bool:
    return not entry.is_folder and is_zip_name(entry.name) and not _is_left_aside(entry)


def _is_photo(entry: Entry) -> bool:
    """Whether an entry is a photo by its ending; one without an ending may be anything."""
    file = PurePosixPath(entry.name).name
    return not entry.is_folder and "." in file and may_be_photo([file]) and not _is_left_aside(entry)


def _is_left_aside(entry: Entry) -> bool:
    parts = parts_of(entry.name)
    return not parts or is_junk(parts) or is_hidden(parts[:-1])
