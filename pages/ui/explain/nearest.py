"""The training photos that a model finds most like a photo; a label that looks wrong is decided about at once."""

from __future__ import annotations

import streamlit as st

from core.explaining.alike import Neighbour, alike_in_words
from core.tasks.explained import Explanation
from pages.ui import gallery, text
from pages.ui.deciding import what_to_do
from pages.ui.desk import Desk
from pages.ui.i18n import _

WIDTH_PX = 112


def nearest(desk: Desk, explanation: Explanation, key: str) -> None:
    """Draws the neighbours of a photo with their labels.

    Args:
        desk: the photos as they came, and what is decided about them.
        explanation: of the photo.
        key: tells its widgets from those of other photos.
    """
    there = [n for n in explanation.alike if (n.sha256, n.name) in desk.items]
    if not there:
        return
    st.markdown(text.literal(alike_in_words(explanation.label, explanation.alike, text.shortened)))
    pictures = [_picture(desk, neighbour) for neighbour in there]
    # captions and buttons stand level, however high each picture is
    with st.container(horizontal=True, gap="small", vertical_alignment="bottom"):
        for number, neighbour in enumerate(there):
            with st.container(width=WIDTH_PX):
                caption = text.literal(text.shortened(pictures[number].caption, 30))
                gallery.tile(pictures, number, f"near-{key}", WIDTH_PX, caption)
                _label(desk, neighbour, f"near-{key}-{number}")


def _picture(desk: Desk, neighbour: Neighbour) -> gallery.Picture:
    item = desk.items[neighbour.sha256, neighbour.name]
    return gallery.Picture(desk.original.thumbnail(item), neighbour.label, item.name, desk.original.path(item))


def _label(desk: Desk, neighbour: Neighbour, place: str) -> None:
    """A choice between the label that a photo came with, the other classes and leaving it out, as on the Data page."""
    at = neighbour.sha256, neighbour.name
    own = desk.original.classes[desk.items[at].label]
    with st.popover(_("Wrong label?"), type="tertiary", key=f"{place}-wrong"):
        what_to_do(desk, at, [name for name in desk.original.classes if name != own], place, f"{place}-edit")
        st.caption(_("It is kept with the decisions of the Data page, and can be undone there."))
