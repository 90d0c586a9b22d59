"""Images in a grid that wraps at any width; a press on one shows the stored photo large, and those beside it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import streamlit as st

from core.errors import GraftError
from pages.ui import resources, state
from pages.ui.i18n import _, speak
from pages.ui.text import literal, one_line, shortened, unbroken


@dataclass(frozen=True)
class Picture:
    """One image and the words under it.

    Attributes:
        path: of the small image.
        caption: the words.
        name: what a screen reader says.
        photo: the stored photo, which is shown large.
    """

    path: Path
    caption: str
    name: str
    photo: Path


def grid(pictures: Sequence[Picture], key: str, page_size: int = 24, width_px: int = 132) -> None:
    """Draws `pictures`, a page of them at a time; `key` tells this gallery from others on the same page."""
    if not pictures:
        st.caption(_("No photos here."))
        return
    pages = -(-len(pictures) // page_size)
    number = st.pagination(pages, key=f"{key}-page") if pages > 1 else 1
    first = (number - 1) * page_size
    with st.container(horizontal=True, gap="medium", vertical_alignment="top", key=f"{key}-shown"):
        for at in range(first, min(first + page_size, len(pictures))):
            tile(pictures, at, key, width_px, caption=unbroken(literal(shortened(pictures[at].caption, 60))))


def tile(pictures: Sequence[Picture], at: int, key: str, width_px: int, caption: str | None = None) -> None:
    """Draws one of `pictures`, which shows it large, with the others before and behind it, when it is pressed.

    Args:
        pictures: all that are looked through one after the other.
        at: which of them is drawn.
        key: tells this gallery from others on the same page.
        width_px: how wide it is drawn.
        caption: the words under it, as Markdown.
    """
    picture = pictures[at]
    with st.container(width=width_px, gap=None, key=f"photo-{key}-{at}"):
        # the container gives the width, so that the server need not resize the thumbnail
        st.image(str(picture.path), caption=caption, width="stretch", alt=one_line(picture.name))
        label = _("Enlarge {name}").format(name=literal(shortened(picture.name, 60)))
        if st.button(label, key=f"enlarge-{key}-{at}", icon=":material/zoom_in:", type="tertiary"):
            state.remember(f"large-{key}", at)
            st.dialog(_("Photo"), width="large")(_large)(pictures, key)


def _large(pictures: Sequence[Picture], key: str) -> None:
    """One photo large; the arrow keys lead to the one before and the next, Escape back."""
    speak()
    at = min(state.remembered(f"large-{key}", 0), len(pictures) - 1)
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        _step(_("Previous"), ":material/arrow_back:", "Left", key, at - 1, len(pictures))
        _step(_("Next"), ":material/arrow_forward:", "Right", key, at + 1, len(pictures))
        st.caption(_("{n} of {all}").format(n=f"{at + 1:,}", all=f"{len(pictures):,}"), width="content")
    picture = pictures[at]
    with st.container(key="large-photo"):
        try:
            st.image(resources.enlarged(picture.photo), width="content", alt=one_line(picture.name))
        except (OSError, GraftError) as problem:
            st.image(str(picture.path), alt=one_line(picture.name))
            st.warning(literal(str(problem)))
    st.markdown(literal(one_line(picture.name)))
    if picture.caption != picture.name:
        st.caption(literal(one_line(picture.caption)))


def _step(label: str, icon: str, shortcut: str, key: str, to: int, n: int) -> None:
    st.button(
        label,
        key=f"large-{shortcut}",
        icon=icon,
        shortcut=shortcut,
        disabled=not 0 <= to < n,
        on_click=state.remember,
        args=(f"large-{key}", to),
    )
