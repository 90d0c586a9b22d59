"""Rows of numbers in a file that only grows, and survives that the program is killed.

    NAME.f16        the rows, one after the other, float16
    NAME.json       what they are of, how many are safe on the disk, and their checksum; written after them

Rows beyond those that are safe are cut off, and all are where they are of something else or do not match their
checksum. They are appended and not written through a map of the memory: where the disk is full, that is an error that
can be told, while a map would end the process. This file knows nothing of what is in a row, and no torch.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import zlib
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Self

import numpy as np
from numpy.typing import NDArray

from core.errors import GraftError
from core.paths import read_json, write_json
from core.records import Record

SAFE_EVERY = 512
"""So many rows are lost at most when the program is killed."""


@dataclass(frozen=True, kw_only=True)
class Contents(Record):
    """What is safe on the disk.

    Attributes:
        key: what the rows are of.
        maker: who computed them; "" where there are none.
        rows: how many there are.
        checksum: the CRC-32 of their bytes.
    """

    key: str
    maker: str = ""
    rows: int = 0
    checksum: int = 0


class RowFile:
    """Rows of one width, to append to within a `with`, and to read.

    Args:
        folder: where the file is; it is there.
        name: of the file.
        width: the numbers in a row.
        key: stands for what the rows are of: those of another key are thrown away.

    Attributes:
        contents: the rows that are there.
    """

    def __init__(self, folder: Path, name: str, *, width: int, key: str) -> None:
        self._file, self._about, self._width = folder / f"{name}.f16", folder / f"{name}.json", width
        self.contents = self._read(key)
        self._safe = self.contents.rows

    @property
    def row_bytes(self) -> int:
        """What a row takes of the disk."""
        return self._width * np.dtype(np.float16).itemsize

    def __enter__(self) -> Self:
        self._open = self._file.open("ab")
        self._open.truncate(self.contents.rows * self.row_bytes)
        return self

    def __exit__(self, *_problem: object) -> None:
        with self._open:
            self._secure()

    def append(self, rows: NDArray[np.float16], maker: str) -> None:
        """Appends (n, width) rows that `maker` computed."""
        content, before = rows.tobytes(), self.contents
        self._open.write(content)
        checksum = zlib.crc32(content, before.checksum)
        self.contents = replace(before, maker=maker, rows=before.rows + len(rows), checksum=checksum)
        if self.contents.rows - self._safe >= SAFE_EVERY:
            self._secure()

    def read(self) -> NDArray[np.float16]:
        """The rows (n, width), mapped into memory: only those that are looked at are read."""
        return np.memmap(self._file, np.float16, "r").reshape(-1, self._width)

    def remove(self) -> None:
        """Removes the rows."""
        remove_rows(self._file.parent, self._file.stem)
        self.contents, self._safe = Contents(key=self.contents.key), 0

    def _secure(self) -> None:
        self._open.flush()
        os.fsync(self._open.fileno())
        write_json(self._about, self.contents.to_json())
        self._safe = self.contents.rows

    def _read(self, key: str) -> Contents:
        with contextlib.suppress(OSError, ValueError, GraftError):
            contents = Contents.from_json(read_json(self._about))
            if contents.key == key and self._checksum(contents.rows * self.row_bytes) == contents.checksum:
                return contents
        return Contents(key=key)

    def _checksum(self, n_bytes: int) -> int:
        """The CRC-32 of the file's first bytes."""
        checksum = 0
        with self._file.open("rb") as file:
            while content := file.read(min(n_bytes, 1 << 24)):
                checksum, n_bytes = zlib.crc32(content, checksum), n_bytes - len(content)
        return checksum


def remove_rows(folder: Path, name: str) -> None:
    """Removes a file of rows, where there is one."""
    for ending in ("json", "f16"):
        (folder / f"{name}.{ending}").unlink(missing_ok=True)


def has_room(folder: Path, n_bytes: int, spare_bytes: int) -> bool:
    """Whether the disk takes so many bytes more and keeps others free."""
    return shutil.disk_usage(folder).free - n_bytes >= spare_bytes
