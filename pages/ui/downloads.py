"""Buttons that download a result. Every table is downloaded through them, so that no cell in it is a formula."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import plotly.graph_objects as go
import streamlit as st

from core.i18n import language, use_language
from core.tables import as_csv, flat
from pages.ui.charts import export
from pages.ui.i18n import _
from pages.ui.text import megabytes


def document(label: str, make: Callable[[], object], file_name: str) -> None:
    """A button for a result as JSON, in this session's language; `make` is called when the button is pressed."""
    language_code = language()

    def content() -> str:
        use_language(language_code)  # the download runs in a context of its own
        return json.dumps(make(), ensure_ascii=False, indent=1)

    _button(label, content, file_name, "application/json")


def table(label: str, headings: Sequence[str], rows: Iterable[Sequence[object]], file_name: str) -> None:
    """A button for a table as CSV."""
    _button(label, as_csv(headings, rows), file_name, "text/csv")


def records(label: str, rows: Sequence[Mapping[str, Any]], file_name: str) -> None:
    """A button for records of a JSON document as CSV, with both ends of every interval."""
    headings, cells = flat(rows)
    table(label, headings, cells, file_name)


def archive(label: str, path: Path, file_name: str, *, primary: bool = False) -> None:
    """A button for a zip on the disk, which is read only when it is pressed; `label` has a place for {size}."""
    st.download_button(
        label.format(size=megabytes(path.stat().st_size / 1e6)),
        path.read_bytes,
        file_name=file_name,
        mime="application/zip",
        type="primary" if primary else "secondary",
        icon=":material/download:",
        on_click="ignore",
    )


def figure(plot: go.Figure, title: str, file_name: str, key: str) -> None:
    """Small buttons for a figure as a page that works offline, and as a picture where this machine can draw one.

    Each file is made when its button is pressed.

    Args:
        plot: the figure.
        title: above it in the file.
        file_name: without a suffix.
        key: of the figure.
    """
    kinds: list[tuple[str, Callable[[go.Figure, str], str | bytes], str, str]]
    kinds = [(_("Figure as HTML"), export.as_html, "html", "text/html")]
    if export.draws_png():
        kinds.append((_("Figure as PNG"), export.as_png, "png", "image/png"))
    with st.container(horizontal=True, horizontal_alignment="right", gap="medium"):
        for label, export_as, suffix, mime in kinds:
            st.download_button(
                label,
                partial(export_as, plot, title),
                f"{file_name}.{suffix}",
                mime,
                key=f"{key}-{suffix}",
                type="tertiary",
                icon=":material/download:",
                on_click="ignore",
            )


def _button(label: str, content: str | Callable[[], str], file_name: str, mime: str) -> None:
    st.download_button(label, content, file_name, mime, icon=":material/download:", on_click="ignore")
