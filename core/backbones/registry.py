"""Which backbones there are: the embedded ones, the baseline, and torchvision's whole classification zoo.

This file never imports torch, so that a page can list every backbone at once.
"""

from __future__ import annotations

import difflib

from core.backbones.embedded import embedded
from core.backbones.spec import BackboneInfo, Preprocessing
from core.backbones.zoo import zoo
from core.errors import BackboneError
from core.i18n import gettext as _

__all__ = ["BackboneInfo", "Preprocessing", "backbones", "info", "ready_names"]


def backbones() -> tuple[BackboneInfo, ...]:
    """Every backbone, embedded ones first."""
    return (*embedded(), *zoo())


def info(name: str) -> BackboneInfo:
    """What is known of the backbone `name`.

    Raises:
        BackboneError: there is none of that name; the message gives those with a similar name.
    """
    table = {b.name: b for b in backbones()}
    if name in table:
        return table[name]
    near = difflib.get_close_matches(name.lower(), table, n=3, cutoff=0.4) or list(table)[:3]
    raise BackboneError(
        _("There is no backbone '{name}'. Did you mean {near}? `python -m core backbones` lists all.").format(
            name=name, near=_join(near)
        )
    )


def ready_names() -> tuple[str, ...]:
    """The pretrained backbones whose weights are on this machine."""
    return tuple(b.name for b in backbones() if b.ready and b.family != "baseline")


def _join(names: list[str]) -> str:
    return ", ".join(f"'{name}'" for name in names)
