"""What the colours of heat maps mean."""

from __future__ import annotations

import streamlit as st

from core.explaining.overlay import legend, png
from pages.ui.i18n import _


def colours(least: str) -> None:
    """Draws the colours between `least` and "most"."""
    with st.container(horizontal=True, vertical_alignment="center", gap="small", width="content"):
        st.caption(least, width="content")
        st.image(png(legend()), width=160, alt=_("Colours from dark purple over orange to light yellow"))
        st.caption(_("most"), width="content")
