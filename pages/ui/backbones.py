"""A backbone in a list, the same on every page."""

from __future__ import annotations

from typing import Literal

from core.backbones.registry import info
from pages.ui import text
from pages.ui.i18n import _

KEEP: Literal["session"] = "session"
"""A widget with this as its `persist_state` keeps its value when the page is left."""


def backbone_label(name: str) -> str:
    """A backbone in a list: its name and what matters first."""
    fact = info(name)
    if fact.is_floor:
        return _("{name} · the floor").format(name=name)
    size = text.megabytes(fact.size_mb)
    return f"{name} · {size}" if fact.ready else _("{name} · {size} to download").format(name=name, size=size)
