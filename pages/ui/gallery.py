"""Images in a grid that wraps at any width."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import streamlit as st

from pages.ui.i18n import _
from pages.ui.text import literal, one_line, shortened


@dataclass(frozen=True)
class Picture:
    """One image with its caption; `name` is read aloud by a screen reader."""

    path: Path
    caption: str
    name: str


def grid(pictures: Sequence[Picture], key: str, page_size: int = 24, width_px: int = 132) -> None:
    """Draws `pictures`, a page of them at a time; `key` tells this gallery from others on the same page."""
    if not pictures:
        st.caption(_("No images here."))
        return
    pages = -(-len(pictures) // page_size)
    number = st.pagination(pages, key=f"{key}-page") if pages > 1 else 1
    on_page = pictures[(number - 1) * page_size : number * page_size]
    with st.container(horizontal=True, gap="small", vertical_alignment="bottom", key=f"{key}-shown"):
        for picture in on_page:
            caption = literal(shortened(picture.caption, 60))
            st.image(str(picture.path), caption=caption, width=width_px, alt=one_line(picture.name))
