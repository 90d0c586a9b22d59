"""A zip from a stranger: judged by what its directory claims, then read while counting.

A hostile structure or path refuses the whole archive (`RejectedError`); one broken entry is a `BadEntry` and is
skipped. Nothing is ever written under a name from the archive. What the entries hold is not known here; zips in a zip
are for `nested.py`.
"""

from __future__ import annotations

import stat
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import BinaryIO, Self

from core.data.encodings.deciding import Reading, decided, readable
from core.data.limits import Limits
from core.data.messages import rejected
from core.data.names import is_unsafe
from core.data.sources.source import BadEntry
from core.data.sources.zipdir import BadZip, ZipEntry, data_start, is_folder_name, read_directory
from core.paths import file_sha256

_CHUNK = 1 << 16
_PART = _CHUNK * 16
_MAX_DEFLATE_RATIO = 1032  # one bit of a deflate stream stands for at most 129 bytes
_OTHER_FORMATS = (
    (0, b"7z\xbc\xaf\x27\x1c", "7z"), (0, b"\x1f\x8b", "gzip (tar.gz)"), (0, b"Rar!", "RAR"), (0, b"BZh", "bzip2"),
    (0, b"\xfd7zXZ", "xz"), (0, b"\x28\xb5\x2f\xfd", "Zstandard"), (257, b"ustar", "tar"), (0, b"%PDF", "PDF"),
    (0, b"\xff\xd8\xff", "JPEG"), (0, b"\x89PNG", "PNG"), (0, b"\x89HDF", "HDF5"), (0, b"PAR1", "Parquet"),
)  # fmt: skip


class OpenZip:
    """A zip in an open file, whose structure has been judged.

    Args:
        file: the zip, which stays open.
        limits: what is accepted.
        encoding: that of names which do not say theirs; "" for what their letters say.

    Attributes:
        entries: everything in it, as its directory claims it to be; none of the names leads out of a folder.
        reading: how names were read that do not say their encoding.

    Raises:
        RejectedError: the file is no zip, or one that is not to be unpacked.
        DatasetError: the names are not in the given encoding.
    """

    def __init__(self, file: BinaryIO, limits: Limits, encoding: str = "") -> None:
        self.limits = limits
        self._file = file
        self.entries, self._starts, self.reading = _checked_entries(file, limits, encoding)

    def read(self, index: int) -> bytes:
        """The unpacked bytes of an entry, counted while they come.

        Raises:
            RejectedError: there are more or fewer bytes than were claimed.
            BadEntry: the stream is broken (`corrupt_entry`), its checksum is wrong (`bad_crc`), or it is too large to
                be read at once (`file_too_large`).
        """
        if self.entries[index].size > self.limits.max_entry_bytes:
            raise BadEntry("file_too_large")
        return b"".join(self.parts(index))

    def parts(self, index: int) -> Iterator[bytes]:
        """What `read` gives and raises, part by part; what is wrong is known at the end."""
        entry = self.entries[index]
        self._file.seek(self._starts[index])
        unpacked = crc = 0
        for part in self._stored(entry) if entry.method == 0 else self._inflated(entry):
            unpacked, crc = unpacked + len(part), zlib.crc32(part, crc)
            if unpacked > entry.size:
                raise rejected("size_mismatch", entry.name)
            yield part
        if unpacked != entry.size:
            raise rejected("size_mismatch", entry.name)
        if crc != entry.crc:
            raise BadEntry("bad_crc")

    def _stored(self, entry: ZipEntry) -> Iterator[bytes]:
        left = entry.packed
        while left and (part := self._file.read(min(_PART, left))):
            left -= len(part)
            yield part

    def _inflated(self, entry: ZipEntry) -> Iterator[bytes]:
        stream = zlib.decompressobj(-zlib.MAX_WBITS)
        left, pending = entry.packed, b""
        try:
            while not stream.eof:
                if not pending:
                    pending = self._file.read(min(_CHUNK, left))
                    left -= len(pending)
                    if not pending:
                        raise BadEntry("corrupt_entry")
                part = stream.decompress(pending, _PART)
                pending = stream.unconsumed_tail
                yield part
        except zlib.error:
            raise BadEntry("corrupt_entry") from None


class Archive(OpenZip):
    """A zip as a source of photos. Use as a context manager.

    Args:
        path: its file.
        limits: what is accepted.
        encoding: that of names which do not say theirs; "" for what their letters say.

    Raises:
        RejectedError: the file is no zip, or one that is not to be unpacked.
        DatasetError: the names are not in the given encoding.
    """

    kind = "upload"

    def __init__(self, path: Path, limits: Limits, encoding: str = "") -> None:
        self.n_bytes = path.stat().st_size
        if self.n_bytes > limits.max_upload_bytes:
            raise rejected("too_large", limits=limits)
        self.title = readable(path.stem)
        self._path = path
        file = path.open("rb")
        try:
            super().__init__(file, limits, encoding)
        except BaseException:
            file.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self._file.close()

    def digest(self) -> str:
        """The sha256 of the file."""
        return file_sha256(self._path)


def _checked_entries(file: BinaryIO, limits: Limits, encoding: str) -> tuple[list[ZipEntry], list[int], Reading]:
    """The entries, the offsets at which their packed bytes start, and how their names were read."""
    try:
        entries, directory_at = read_directory(file, limits.entries_of(file.seek(0, 2)))
        reading = decided((entry.raw for entry in entries if entry.raw), encoding)
        entries = [_named(entry, reading) if entry.raw else entry for entry in entries]
        _judge_one_by_one(entries, directory_at, limits)
        starts = [data_start(file, entry) for entry in entries]
    except BadZip as problem:
        raise _refusal(file, problem.code, limits) from None
    _judge_together(entries, starts, directory_at, limits)
    return entries, starts, reading


def _named(entry: ZipEntry, reading: Reading) -> ZipEntry:
    name = reading.text(entry.raw)
    return replace(entry, name=name, is_folder=entry.is_folder or is_folder_name(name))


def _refusal(file: BinaryIO, code: str, limits: Limits) -> Exception:
    """The refusal of something that cannot be followed as a zip, saying what it is instead where that can be told."""
    file.seek(0)
    head = file.read(512)
    if code != "corrupt_archive" or head.startswith(b"PK"):
        return rejected(code, limits=limits)
    format_name = next((name for at, magic, name in _OTHER_FORMATS if head[at:].startswith(magic)), "")
    return rejected("not_a_zip", format_name)


def _judge_one_by_one(entries: Sequence[ZipEntry], directory_at: int, limits: Limits) -> None:
    for entry in entries:
        kind = stat.S_IFMT(entry.mode)
        if is_unsafe(entry.name):
            raise rejected("unsafe_path", entry.name)
        if kind == stat.S_IFLNK:
            raise rejected("symlink", entry.name)
        if kind not in (0, stat.S_IFREG, stat.S_IFDIR):
            raise rejected("special_file", entry.name)
        if entry.flags & 0x2041:
            raise rejected("encrypted", entry.name)
        if entry.method not in limits.zip_methods:
            raise rejected("unsupported_compression", entry.name)
        if _impossible(entry, directory_at):
            raise rejected("size_mismatch", entry.name)
        if entry.size > limits.ratio_floor_bytes and entry.size > limits.max_ratio * entry.packed:
            raise rejected("zip_bomb", limits=limits)


def _impossible(entry: ZipEntry, directory_at: int) -> bool:
    if entry.offset + 30 + entry.packed > directory_at:
        return True
    if entry.method == 0:
        return entry.packed != entry.size
    return entry.size > _MAX_DEFLATE_RATIO * entry.packed


def _judge_together(entries: Sequence[ZipEntry], starts: Sequence[int], directory_at: int, limits: Limits) -> None:
    extents = sorted((e.offset, start + e.packed) for e, start in zip(entries, starts, strict=True))
    if any(end > following for (_, end), (following, _) in pairwise(extents)):
        raise rejected("zip_bomb")
    if extents and extents[-1][1] > directory_at:
        raise rejected("size_mismatch", entries[-1].name)
    total = sum(entry.size for entry in entries)
    if total > limits.ratio_floor_bytes and total > limits.max_ratio * directory_at:
        raise rejected("zip_bomb", limits=limits)
    if total > limits.max_total_bytes:
        raise rejected("too_large", limits=limits)
