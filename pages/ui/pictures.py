"""A figure as a picture: drawn by the browser, which has Plotly already, when one of two buttons is pressed."""

from __future__ import annotations

from pathlib import Path

import plotly.graph_objects as go
import streamlit as st

from pages.ui.charts import export
from pages.ui.i18n import _

_FOLDER = Path(__file__).parent
_component = st.components.v2.component(
    "graft_pictures",
    css=(_FOLDER / "pictures.css").read_text(encoding="utf-8"),
    js=(_FOLDER / "pictures.js").read_text(encoding="utf-8"),
)


def buttons(plot: go.Figure, title: str, file_name: str, key: str) -> None:
    """Two buttons, for a picture of pixels (PNG) and one of lines (SVG).

    Args:
        plot: the figure.
        title: above it in the picture.
        file_name: without a suffix.
        key: on the page.
    """
    picture = export.as_picture(plot, title)
    kinds = [
        {"format": "png", "label": _("Picture (PNG)"), "scale": 2},
        {"format": "svg", "label": _("Drawing (SVG)"), "scale": 1},
    ]
    _component(key=key, data={"figure": picture.to_json(), "name": file_name, "kinds": kinds})
