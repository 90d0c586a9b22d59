"""A figure on a page, with a small menu to take it along as a picture, a page or a table."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pandas  # noqa: F401 (plotly looks at it also while another session's thread is still importing it)
import plotly.graph_objects as go
import streamlit as st

from core.tables import Table
from pages.ui import downloads, pictures, state
from pages.ui.i18n import _, redrawn

CONFIG = {"displayModeBar": False}  # Plotly's own buttons would lie on the figure, on a touch screen for good


@dataclass(frozen=True)
class Files:
    """What a figure's files are called and hold.

    Attributes:
        name: what the figure shows, in short.
        table: gives the figure's numbers.
        title: above the figure in the files; what is said of it to those who do not see it without one.
        about: comes first in the files' names, such as the photos and the model; "" for the photos that are looked at.
    """

    name: str
    table: Callable[[], Table]
    title: str = ""
    about: str = ""


def drawn(plot: go.Figure, key: str, alt: str, **options: Any) -> Any:
    """Draws a figure, and gives the user's selection on it.

    Args:
        plot: the figure.
        key: its key on the page.
        alt: what it shows, in words for those who do not see it.
        options: for `st.plotly_chart`.
    """
    return st.plotly_chart(plot, key=key, alt=alt, config=CONFIG, **options)


def shown(plot: go.Figure, key: str, alt: str, files: Files, **options: Any) -> Any:
    """Draws a figure as `drawn` does, and under it the menu with its `files`."""
    selection = drawn(plot, key, alt, **options)
    _menu(plot, key, files.title or alt, files)
    return selection


@redrawn()
def _menu(plot: go.Figure, key: str, title: str, files: Files) -> None:
    """The menu: what is in it is made when it is opened, and each file when it is asked for."""
    label = _("Download this figure: {title}").format(title=title)
    with (
        st.container(horizontal=True, horizontal_alignment="right", key=f"figure-menu-{key}"),
        st.popover(label, icon=":material/download:", type="tertiary", key=f"menu-{key}", on_change="rerun") as menu,
    ):
        if not menu.open:
            return
        dataset = state.dataset()
        file_name = downloads.file_name(files.about or (dataset.name if dataset else ""), files.name)
        pictures.buttons(plot, title, file_name, f"pictures-{key}")
        downloads.page(_("Page (HTML)"), plot, title, f"{file_name}.html", f"html-{key}")
        downloads.numbers(_("Numbers (CSV)"), files.table, f"{file_name}.csv", f"csv-{key}")
