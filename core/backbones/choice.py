"""Which backbones to begin with where nobody has chosen: the best of those that are ready here and quick.

How good one is, is known from what was published (`BackboneInfo.quality`), and how quick from what was measured
(`BackboneInfo.network_s`), so that a new source is weighed like all others.
"""

from __future__ import annotations

from collections.abc import Sequence

from core.backbones import registry
from core.backbones.spec import BackboneInfo

QUICK_S = 0.025
"""The longest that a quick one takes for a photo, on two cores."""

TOGETHER_S = 0.025
"""The longest that more than two take for a photo together."""


def usual() -> tuple[str, ...]:
    """The backbones to compare at first: the best two of the quick ones, more where they are quick together; the floor.

    They are taken in the order of their quality, and none is passed over for a quicker one that is worse.
    """
    chosen: list[BackboneInfo] = []
    for info in _quick():
        if len(chosen) >= 2 and sum(other.network_s for other in (*chosen, info)) > TOGETHER_S:
            break
        chosen.append(info)
    floor = [info for info in registry.backbones() if info.is_floor]
    return tuple(info.name for info in (*chosen, *floor))


def in_order(infos: Sequence[BackboneInfo]) -> list[BackboneInfo]:
    """Backbones as a picker lists them: those that are ready first, of them the best first and the floor last."""
    ready = sorted((info for info in infos if info.ready), key=lambda info: info.quality, reverse=True)
    names = {info.name for info in ready}
    return [*ready, *(info for info in infos if info.name not in names)]


def best() -> str:
    """The backbone to judge photos by: the best quick one."""
    return _quick()[0].name


def quickest() -> str:
    """The backbone to train where somebody waits for it: the quickest of those whose speed was measured."""
    return min((info for info in _quick() if info.images_per_s), key=lambda info: info.network_s).name


def _quick() -> list[BackboneInfo]:
    """The networks that are ready and quick and that anyone may use, the best first."""
    networks = (info for info in registry.backbones() if info.ready and info.commercial and not info.is_floor)
    return sorted((info for info in networks if info.network_s <= QUICK_S), key=lambda info: info.quality, reverse=True)
