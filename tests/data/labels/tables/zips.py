"""Zips of photos with tables beside them, in two classes that take turns."""

from __future__ import annotations

import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tests.conftest import photo_bytes

N = 8


def shots(folder: str = "", n: int = N, first: int = 0) -> dict[str, bytes]:
    return {f"{folder}{i}.png": photo_bytes((90, 9 * i, 200), 500 + first + i, 24) for i in range(n)}


def zipped(path: Path, entries: Mapping[str, bytes | str]) -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in entries.items():
            archive.writestr(name, content)
    return path


def rows(header: str, row: str, n: int = N, sep: str = "\n") -> str:
    """A table; in `row`, {i} is a number and {c} its class."""
    return sep.join([header, *(row.format(i=i, c=("cat", "dog")[i % 2]) for i in range(n))]) + sep


def skips(inspection: dict[str, Any]) -> dict[str, str]:
    return {skip.entry: skip.reason for skip in inspection.skipped}
