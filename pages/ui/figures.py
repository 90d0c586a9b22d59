"""A figure on a page, with buttons to download it."""

from __future__ import annotations

from typing import Any

import plotly.graph_objects as go
import streamlit as st

from pages.ui import downloads


def shown(plot: go.Figure, key: str, alt: str, file_name: str, title: str = "", **options: Any) -> Any:
    """Draws a figure and the buttons that download it, and gives the user's selection on it.

    Args:
        plot: the figure.
        key: its key on the page.
        alt: what it shows, in words for those who do not see it.
        file_name: the name of its files, without a suffix.
        title: above it in the files; `alt` without one.
        options: for `st.plotly_chart`.
    """
    camera = {"toImageButtonOptions": {"format": "png", "filename": file_name, "scale": 2}}
    selection = st.plotly_chart(plot, key=key, alt=alt, config=camera, **options)
    downloads.figure(plot, title or alt, file_name, key)
    return selection
