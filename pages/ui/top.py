"""The way back to the top of a page whose content has gone: the browser would stay where it was scrolled to."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from pages.ui import state

_component = st.components.v2.component("graft_top", js=Path(__file__).with_name("top.js").read_text("utf-8"))


def ask() -> None:
    """Has the next run of the page begin at its top."""
    state.remember("top", True)


def draw() -> None:
    """Scrolls to the top where that was asked for."""
    if state.remembered("top", False):
        state.remember("top", False)
        _component(key="top")
