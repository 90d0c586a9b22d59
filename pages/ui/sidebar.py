"""The sidebar of a phone, which lies over the page: it closes when a way to a page is taken in it.

Streamlit does so for the links of the navigation alone, and on some devices only.
"""

from __future__ import annotations

from pathlib import Path

import streamlit as st

_component = st.components.v2.component("graft_sidebar", js=Path(__file__).with_name("sidebar.js").read_text("utf-8"))


def close_on_phones() -> None:
    """Has the ways to pages in the sidebar close it where it lies over the page."""
    _component(key="sidebar")
