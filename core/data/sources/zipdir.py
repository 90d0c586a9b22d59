"""A zip's central directory, read with suspicion.

Python's `zipfile` believes what a directory says (3.11 does not notice overlapping entries) and allocates what it
claims. This reader yields plain facts and where the bytes are; `archive.py` judges them. Format: PKWARE's APPNOTE.TXT
6.3.10. It knows nothing of images, classes or limits other than a cap on entries.
"""

from __future__ import annotations

import stat
import struct
import zlib
from dataclasses import dataclass
from typing import BinaryIO

from core.data.sources.source import Entry

_END, _END64, _LOCATOR64, _CENTRAL, _LOCAL = b"PK\x05\x06", b"PK\x06\x06", b"PK\x06\x07", b"PK\x01\x02", b"PK\x03\x04"
_MAX_DIRECTORY_BYTES = 64 << 20
_UNICODE_PATH = 0x7075
_IN_UTF_8 = 0x800


class BadZip(Exception):
    """The structure cannot be followed; `code` is the reason as a reject code."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True, slots=True, kw_only=True)
class ZipEntry(Entry):
    """One entry as its directory claims it to be. Where its name is still to be read, it is "", and `raw` is not.

    Attributes:
        method: compression method.
        flags: general purpose bits.
        crc: claimed CRC-32 of the unpacked bytes.
        packed: claimed bytes in the archive.
        offset: where its local header starts in the file.
        mode: the Unix mode, 0 where there is none.
    """

    method: int
    flags: int
    crc: int
    packed: int
    offset: int
    mode: int


def read_directory(file: BinaryIO, max_entries: int) -> tuple[list[ZipEntry], int]:
    """The entries of the zip in `file`, and the offset at which its central directory starts.

    Raises:
        BadZip: there is no directory (`not_a_zip` is for the caller to tell from `corrupt_archive`), it does not hold
            together, or it has more than `max_entries` entries.
    """
    file_size = file.seek(0, 2)
    start, size, count, shift = _locate(file, file_size)
    if count > max_entries:
        raise BadZip("too_many_entries")
    if size > _MAX_DIRECTORY_BYTES:
        raise BadZip("too_many_entries")
    file.seek(start)
    content = file.read(size)
    entries: list[ZipEntry] = []
    at = 0
    while at < len(content):
        if len(entries) >= max_entries:
            raise BadZip("too_many_entries")
        entry, at = _entry(content, at, shift)
        entries.append(entry)
    # Writers without zip64 let the 16-bit count wrap around.
    if len(content) != size or len(entries) & 0xFFFF != count & 0xFFFF:
        raise BadZip("corrupt_archive")
    return entries, start


def data_start(file: BinaryIO, entry: ZipEntry) -> int:
    """The offset of an entry's packed bytes, from its local header."""
    file.seek(entry.offset)
    header = file.read(30)
    if len(header) < 30 or header[:4] != _LOCAL:
        raise BadZip("corrupt_archive")
    name_bytes, extra_bytes = struct.unpack_from("<HH", header, 26)
    return int(entry.offset + 30 + name_bytes + extra_bytes)


def _locate(file: BinaryIO, file_size: int) -> tuple[int, int, int, int]:
    """Start, size and count of the central directory, and by how much offsets are off (bytes put in front)."""
    tail_size = min(file_size, 22 + 0xFFFF + 20)
    file.seek(file_size - tail_size)
    tail = file.read(tail_size)
    at = _end_record(tail)
    if at < 0:
        raise BadZip("corrupt_archive")
    disk, cd_disk, _, count, size, offset = struct.unpack_from("<HHHHII", tail, at + 4)
    end = file_size - tail_size + at
    if at >= 20 and tail[at - 20 : at - 16] == _LOCATOR64:
        end, count, size, offset = _end64(file, end - 20, tail[at - 20 : at])
    elif disk or cd_disk:
        raise BadZip("corrupt_archive")
    start = end - size
    if start < 0 or offset > end:
        raise BadZip("corrupt_archive")
    if size and not _is_central(file, start) and _is_central(file, offset):
        return offset, size, count, 0  # something lies between the directory and its end record
    if start < offset:
        raise BadZip("corrupt_archive")
    return start, size, count, start - offset


def _end_record(tail: bytes) -> int:
    """Where the end record is in the file's tail: the one whose comment reaches the end exactly, else the last one."""
    last = at = tail.rfind(_END)
    while at >= 0:
        if at + 22 <= len(tail) and at + 22 + struct.unpack_from("<H", tail, at + 20)[0] == len(tail):
            return at
        at = tail.rfind(_END, 0, at)
    return last if last + 22 <= len(tail) else -1


def _end64(file: BinaryIO, locator_at: int, locator: bytes) -> tuple[int, int, int, int]:
    pointer = struct.unpack_from("<Q", locator, 8)[0]
    for at in (pointer, locator_at - 56):
        if not 0 <= at <= locator_at - 56:
            continue
        file.seek(at)
        record = file.read(56)
        if record[:4] == _END64:
            count, size, offset = struct.unpack_from("<QQQ", record, 32)
            return at, count, size, offset
    raise BadZip("corrupt_archive")


def _is_central(file: BinaryIO, at: int) -> bool:
    file.seek(at)
    return file.read(4) == _CENTRAL


def _entry(content: bytes, at: int, shift: int) -> tuple[ZipEntry, int]:
    if content[at : at + 4] != _CENTRAL or at + 46 > len(content):
        raise BadZip("corrupt_archive")
    flags, method = struct.unpack_from("<HH", content, at + 8)
    crc, packed, size, n_name, n_extra, n_comment = struct.unpack_from("<IIIHHH", content, at + 16)
    attributes, offset = struct.unpack_from("<II", content, at + 38)
    name_at = at + 46
    extra_at = name_at + n_name
    following = extra_at + n_extra + n_comment
    if following > len(content):
        raise BadZip("corrupt_archive")
    raw, extra = content[name_at:extra_at], content[extra_at : extra_at + n_extra]
    fields = _extra_fields(extra)
    packed, size, offset = _zip64(fields.get(1, b""), packed, size, offset)
    name = _unicode_path(fields.get(_UNICODE_PATH, b""), raw) or _stated_name(raw, flags)
    mode = attributes >> 16
    entry = ZipEntry(
        name or "", is_folder_name(name or "") or stat.S_ISDIR(mode), size, b"" if name is not None else raw,
        method=method, flags=flags, crc=crc, packed=packed, offset=offset + shift, mode=mode,
    )  # fmt: skip
    return entry, following


def _extra_fields(extra: bytes) -> dict[int, bytes]:
    fields: dict[int, bytes] = {}
    at = 0
    while at + 4 <= len(extra):
        kind, size = struct.unpack_from("<HH", extra, at)
        fields.setdefault(kind, extra[at + 4 : at + 4 + size])
        at += 4 + size
    return fields


def _zip64(field: bytes, packed: int, size: int, offset: int) -> tuple[int, int, int]:
    values = iter(struct.unpack(f"<{len(field) // 8}Q", field[: len(field) // 8 * 8]))
    size = next(values, size) if size == 0xFFFFFFFF else size
    packed = next(values, packed) if packed == 0xFFFFFFFF else packed
    offset = next(values, offset) if offset == 0xFFFFFFFF else offset
    return packed, size, offset


def _unicode_path(field: bytes, raw: bytes) -> str | None:
    """Info-ZIP's name in UTF-8, where it belongs to this very name."""
    if len(field) < 6 or field[0] != 1 or struct.unpack_from("<I", field, 1)[0] != zlib.crc32(raw):
        return None
    try:
        return field[5:].decode()
    except UnicodeDecodeError:
        return None


def _stated_name(raw: bytes, flags: int) -> str | None:
    """An entry's name where there is no doubt: in ASCII, or in the UTF-8 that it is said to be in; else None."""
    try:
        return raw.decode() if flags & _IN_UTF_8 or raw.isascii() else None
    except UnicodeDecodeError:
        return None


def is_folder_name(name: str) -> bool:
    """Whether a name is written as a folder's."""
    return name.endswith(("/", "\\"))
