"""An entry of a source: a name, and whether it is a folder."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Entry:
    """An entry's name, with "/" between folders, and whether it is a folder."""

    name: str
    is_folder: bool = False
