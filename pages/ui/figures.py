"""A figure on a page, with a way to take it along."""

from __future__ import annotations

from typing import Any

import plotly.graph_objects as go
import streamlit as st

from pages.ui import downloads


def shown(drawn: go.Figure, key: str, alt: str, file_name: str, title: str = "", **more: Any) -> Any:
    """Draws a figure and what downloads it, and gives what was selected on it.

    Args:
        drawn: the figure.
        key: its key on the page.
        alt: what it shows, in words for those who do not see it.
        file_name: what it is called as a file, without an ending.
        title: its title as a file, where it stands alone; `alt` without one.
        more: for `st.plotly_chart`.
    """
    camera = {"toImageButtonOptions": {"format": "png", "filename": file_name, "scale": 2}}
    chosen = st.plotly_chart(drawn, key=key, alt=alt, config=camera, **more)
    downloads.figure(drawn, title or alt, file_name, key)
    return chosen
