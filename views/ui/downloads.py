"""Buttons that give a result to take along. Tables leave by these alone, so that no cell in them is a formula."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from pathlib import Path

import streamlit as st

from core.tables import as_csv
from views.ui.text import megabytes


def document(label: str, content: object, file_name: str) -> None:
    """A button for a result as JSON."""
    written = json.dumps(content, ensure_ascii=False, indent=1)
    _button(label, written, file_name, "application/json")


def table(label: str, headings: Sequence[str], rows: Iterable[Sequence[object]], file_name: str) -> None:
    """A button for a table as CSV."""
    _button(label, as_csv(headings, rows), file_name, "text/csv")


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


def _button(label: str, content: str, file_name: str, mime: str) -> None:
    st.download_button(label, content, file_name, mime, icon=":material/download:", on_click="ignore")
