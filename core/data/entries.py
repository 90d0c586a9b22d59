"""An entry of a source: a name, whether it is a folder, and how large it is."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Entry:
    """An entry's name, with "/" between folders, whether it is a folder, and its bytes (a claim; 0 if not known)."""

    name: str
    is_folder: bool = False
    size: int = 0
