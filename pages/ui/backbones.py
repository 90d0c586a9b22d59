"""A backbone in a list, the same on every page."""

from __future__ import annotations

from core.backbones.registry import info
from pages.ui import text
from pages.ui.i18n import _

KEEP = "session"


def backbone_label(name: str) -> str:
    """A backbone in a list: its name and what matters first."""
    fact = info(name)
    if fact.is_floor:
        return _("{name} · the floor").format(name=name)
    size = text.megabytes(fact.size_mb)
    return f"{name} · {size}" if fact.ready else _("{name} · {size} to download").format(name=name, size=size)
