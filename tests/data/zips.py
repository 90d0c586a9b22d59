"""Builds zips byte by byte, so that they can lie in ways that `zipfile` refuses to."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path

from tests.conftest import photo_bytes

RED, BLUE = (200, 60, 50), (60, 80, 200)


@dataclass(frozen=True)
class Raw:
    """One entry: what is in the file, and what the directory claims where that differs."""

    name: bytes
    content: bytes = b""
    method: int = 8
    flags: int = 0
    mode: int = 0
    size: int | None = None
    packed_size: int | None = None
    crc: int | None = None
    payload: bytes | None = None  # the packed bytes, where they are not what packing gives
    offset: int | None = None
    extra: bytes = b""

    def packed(self) -> bytes:
        if self.payload is not None:
            return self.payload
        if self.method != 8:
            return self.content
        deflate = zlib.compressobj(9, zlib.DEFLATED, -15)
        return deflate.compress(self.content) + deflate.flush()


def good(classes: Iterable[str] = ("cat", "dog"), per_class: int = 3, prefix: str = "") -> list[Raw]:
    """Entries of different small photos in class folders."""
    entries = []
    for c, label in enumerate(classes):
        for i in range(per_class):
            content = photo_bytes((RED, BLUE)[c % 2], seed=1000 * c + i, size_px=16)
            entries.append(Raw(f"{prefix}{label}/{i}.png".encode(), content))
    return entries


def build(
    path: Path,
    entries: Iterable[Raw],
    *,
    prefix: bytes = b"",
    comment: bytes = b"",
    cut: int = 0,
    count: int | None = None,
) -> Path:
    """Writes the entries and their directory to `path`."""
    body, directory, n = bytearray(), bytearray(), 0
    for entry in entries:
        packed = entry.packed()
        crc = zlib.crc32(entry.content) if entry.crc is None else entry.crc
        size = len(entry.content) if entry.size is None else entry.size
        packed_size = len(packed) if entry.packed_size is None else entry.packed_size
        offset = len(body) if entry.offset is None else entry.offset
        sizes = struct.pack("<III", crc, packed_size, size)
        common = struct.pack("<HHHI", 20, entry.flags, entry.method, 0x21) + sizes
        body += b"PK\x03\x04" + common + struct.pack("<HH", len(entry.name), 0) + entry.name + packed
        directory += b"PK\x01\x02" + struct.pack("<H", 0x031E) + common
        directory += struct.pack("<HHHHHII", len(entry.name), len(entry.extra), 0, 0, 0, entry.mode << 16, offset)
        directory += entry.name + entry.extra
        n += 1
    n = n if count is None else count
    end = struct.pack("<HHHHIIH", 0, 0, n & 0xFFFF, n & 0xFFFF, len(directory), len(body), len(comment))
    content = prefix + bytes(body) + bytes(directory) + b"PK\x05\x06" + end + comment
    path.write_bytes(content[: len(content) - cut] if cut else content)
    return path


__all__ = ["BLUE", "RED", "Raw", "build", "good", "replace"]
